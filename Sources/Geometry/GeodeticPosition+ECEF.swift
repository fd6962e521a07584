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
        // Beyond twice the range no height is in range, and the squares below stay finite.
        let limit = 2 * Self.heightRange.upperBound
        guard abs(point.x) < limit, abs(point.y) < limit, abs(point.z) < limit else { return nil }
        self.init(closedForm: point)
        guard Self.heightRange.contains(heightMetres) else { return nil }
    }

    /// The place of any finite point within some Earth radii.
    ///
    /// Near the centre, where several places answer, this gives the one nearest to the surface.
    init(closedForm point: Vector3) {
        let fromAxis = hypotenuse(point.x, point.y)
        let meridian = Self.meridianSolution(fromAxis: fromAxis, z: point.z)
        self.init(
            latitude: degrees(radians: arcTangent(meridian.sine, meridian.cosine)),
            longitude: fromAxis == 0 ? 0 : degrees(radians: arcTangent(point.y, point.x)),
            height: meridian.height)
    }

    /// The latitude's sine and cosine (up to a common factor) and the height of a point of the
    /// meridian plane. Names as in Vermeille's paper.
    private static func meridianSolution(
        fromAxis: Double, z: Double
    ) -> (sine: Double, cosine: Double, height: Double) {
        let a = WGS84.equatorialRadiusMetres
        let e2 = WGS84.squaredEccentricity
        let e4 = e2 * e2
        let p = (fromAxis / a) * (fromAxis / a)
        let q = (1 - e2) * (z / a) * (z / a)
        let r = (p + q - e4) / 6
        guard e4 * q != 0 || r > 0 else {
            // The disc in the equatorial plane around the centre, where the formulas give 0/0.
            let zz = ((e4 - p) / (1 - e2)).squareRoot()
            let height = -a * (1 - e2) * hypotenuse(zz, p.squareRoot()) / e2
            return (z < 0 ? -zz : zz, p.squareRoot(), height)
        }
        let u = resolvent(r: r, s: e4 * p * q / 4)
        let v = (u * u + e4 * q).squareRoot()
        // Each form avoids the cancellation that the other has.
        let uv = u < 0 ? e4 * q / (v - u) : u + v
        let w = max(0, e2 * (uv - q) / (2 * v))
        let k = uv / ((uv + w * w).squareRoot() + w)
        let d = k * fromAxis / (k + e2)
        return (z / k, fromAxis / (k + e2), (1 - (1 - e2) / k) * hypotenuse(d, z))
    }

    /// The root of the resolvent cubic that loses the fewest digits.
    private static func resolvent(r: Double, s: Double) -> Double {
        let cube = r * r * r
        let discriminant = s * (2 * cube + s)
        guard discriminant >= 0 else {
            let angle = arcTangent((-discriminant).squareRoot(), -(s + cube))
            return r + 2 * r * cosine(angle / 3)
        }
        let sum = s + cube
        let root = discriminant.squareRoot()
        let t = cubeRoot(sum < 0 ? sum - root : sum + root)
        return r + t + (t != 0 ? r * r / t : 0)
    }
}
