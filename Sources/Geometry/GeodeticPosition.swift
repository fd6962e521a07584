/// A place on, above or below the Earth: WGS 84 latitude and longitude in degrees and the height
/// above the ellipsoid in metres (EPSG:4979).
///
/// The height is ellipsoidal, not above mean sea level; the two differ by -106...+85 m. A value
/// of this type is always within its ranges, so that what is computed from it is finite.
public struct GeodeticPosition: Hashable, Sendable {
    /// North is positive, -90...90.
    public let latitudeDegrees: Double
    /// East is positive, -180...180.
    public let longitudeDegrees: Double
    /// Above the ellipsoid, `heightRange`.
    public let heightMetres: Double

    /// Within about 43 km of the Earth's centre geodetic coordinates are no longer unique, so
    /// nothing below -6000 km is a place; above 40,000 km nothing is tied to the ground.
    public static let heightRange = -6_000_000.0...40_000_000.0

    /// A place from values from outside; nil where one is NaN or out of its range.
    public init?(latitudeDegrees: Double, longitudeDegrees: Double, heightMetres: Double) {
        guard (-90.0...90.0).contains(latitudeDegrees), (-180.0...180.0).contains(longitudeDegrees),
            Self.heightRange.contains(heightMetres)
        else { return nil }
        self.init(
            latitude: latitudeDegrees, longitude: longitudeDegrees, height: heightMetres)
    }

    /// The place of a point that is known to lie in range.
    init(latitude: Double, longitude: Double, height: Double) {
        latitudeDegrees = latitude
        longitudeDegrees = longitude
        heightMetres = height
    }
}

/// The ellipsoid of the World Geodetic System 1984.
public enum WGS84 {
    /// The equatorial radius in metres.
    public static let equatorialRadiusMetres = 6_378_137.0
    /// The flattening.
    public static let flattening = 1 / 298.257_223_563
    /// The square of the first eccentricity.
    public static let squaredEccentricity = flattening * (2 - flattening)
}
