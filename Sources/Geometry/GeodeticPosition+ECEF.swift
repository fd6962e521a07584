// Between geodetic coordinates and ECEF, the right-handed frame that turns with the Earth: origin
// in its centre, x through (0° N, 0° E), z through the North pole.
//
// The way back is the closed form of Vermeille (2002) as C. F. F. Karney made it robust
// (GeographicLib, Geocentric::IntReverse): no iteration, poles and equator included, 23 nm at worst
// up to 40,000 km. Bowring's single step, which is common, is off by 27 cm up there.

extension GeodeticPosition {
    /// The place in ECEF metres.
    public var ecef: Vector3 {
        let latitude = radians(degrees: latitudeDegrees)
        let longitude = radians(degrees: longitudeDegrees)
        let (sinLatitude, cosLatitude) = (sine(latitude), cosine(latitude))
        // The radius of curvature in the prime vertical.
        let normal =
            WGS84.equatorialRadiusMetres
            / (1 - WGS84.squaredEccentricity * sinLatitude * sinLatitude).squareRoot()
        let fromAxis = (normal + heightMetres) * cosLatitude
        return Vector3(
            fromAxis * cosine(longitude), fromAxis * sine(longitude),
            (normal * (1 - WGS84.squaredEccentricity) + heightMetres) * sinLatitude)
    }

    /// The place of an ECEF point in metres; nil where it is not finite or beyond `heightRange`.
    public init?(ecef point: Vector3) {
        // Outside of these distances no height is in range; inside, the closed form holds.
        guard (300_000.0...100_000_000.0).contains(point.length) else { return nil }
        self.init(closedForm: point)
        guard Self.heightRange.contains(heightMetres) else { return nil }
    }

    /// The place of a point that is more than 43 km from the Earth's centre, where Karney's several
    /// cases for the inside of the evolute do not arise. Names as in Vermeille's paper.
    init(closedForm point: Vector3) {
        let a = WGS84.equatorialRadiusMetres
        let e2 = WGS84.squaredEccentricity
        let e4 = e2 * e2
        let fromAxis = hypotenuse(point.x, point.y)
        let p = (fromAxis / a) * (fromAxis / a)
        let q = (1 - e2) * (point.z / a) * (point.z / a)
        // The root u of the resolvent cubic; positive, as r is.
        let r = (p + q - e4) / 6
        let s = e4 * p * q / 4
        let cube = r * r * r
        let t = cubeRoot(s + cube + (s * (2 * cube + s)).squareRoot())
        let u = r + t + r * r / t
        let v = (u * u + e4 * q).squareRoot()
        // Rounding must not make w negative.
        let w = max(0, e2 * (u + v - q) / (2 * v))
        let k = (u + v) / ((u + v + w * w).squareRoot() + w)
        let d = k * fromAxis / (k + e2)
        self.init(
            latitude: degrees(radians: arcTangent(point.z / k, fromAxis / (k + e2))),
            longitude: fromAxis == 0 ? 0 : degrees(radians: arcTangent(point.y, point.x)),
            height: (1 - (1 - e2) / k) * hypotenuse(d, point.z))
    }
}
