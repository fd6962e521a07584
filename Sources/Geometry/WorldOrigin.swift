/// Where a world is pinned to the Earth, and the way between its coordinates and GeoPoses.
///
/// Every conversion goes through ECEF, so a world may be as wide as its coordinates reach: what
/// is 100 km from the origin and at height zero lies 800 m below the world's ground plane, and so
/// its GeoPose says. To and fro costs less than 10 nm.
public struct WorldOrigin: Hashable, Sendable {
    /// The pose of the world's frame; the identity rotation means x East, y North, z up.
    public let geoPose: GeoPose
    /// Turns world coordinates into ECEF, both in metres.
    public let ecefFromWorld: RigidTransform
    private let worldFromECEF: RigidTransform

    /// A world is about the ground: with its origin in this range of heights in metres, each
    /// `Position` (±2,097 km an axis) has a GeoPose that is in range.
    public static let heightRange = -100_000.0...1_000_000.0

    /// A world with its origin at a pose; nil where it is too high or too deep.
    public init?(_ geoPose: GeoPose) {
        guard Self.heightRange.contains(geoPose.position.heightMetres) else { return nil }
        self.geoPose = geoPose
        ecefFromWorld = geoPose.ecefFromBody
        worldFromECEF = ecefFromWorld.inverse
    }

    /// A world that lies East, North and up at its origin; nil where a value is out of range.
    public init?(latitudeDegrees: Double, longitudeDegrees: Double, heightMetres: Double) {
        guard
            let position = GeodeticPosition(
                latitudeDegrees: latitudeDegrees, longitudeDegrees: longitudeDegrees,
                heightMetres: heightMetres)
        else { return nil }
        self.init(GeoPose(position: position, rotation: .identity))
    }

    /// The GeoPose of a pose in world metres; nil where it is not finite or out of range.
    public func geoPose(of worldFromBody: RigidTransform) -> GeoPose? {
        GeoPose(ecefFromBody: ecefFromWorld * worldFromBody)
    }

    /// The GeoPose of what stands in the world.
    public func geoPose(position: Position, orientation: Orientation) -> GeoPose {
        // Safe: `heightRange` keeps every position 2,600 km or more from the Earth's centre.
        let pose = ecefFromWorld * RigidTransform(position: position, orientation: orientation)
        return GeoPose(
            position: GeodeticPosition(closedForm: pose.translation), ecefRotation: pose.rotation)
    }

    /// The pose in world metres of something on the Earth.
    public func worldFromBody(of geoPose: GeoPose) -> RigidTransform {
        let ecefFromBody = geoPose.ecefFromBody
        return RigidTransform(
            rotation: worldFromECEF.rotation * ecefFromBody.rotation,
            translation: worldFromECEF.rotation.rotate(
                ecefFromBody.translation - ecefFromWorld.translation))
    }

    /// The fixed-point place and orientation of something on the Earth; nil beyond the world.
    public func place(of geoPose: GeoPose) -> (position: Position, orientation: Orientation)? {
        let pose = worldFromBody(of: geoPose)
        guard let position = Position(pose.translation),
            let orientation = Orientation(pose.rotation)
        else { return nil }
        return (position, orientation)
    }
}
