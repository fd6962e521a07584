/// A pose on the Earth as OGC GeoPose 1.0 (21-056r11) has it: a place, and the rotation that turns
/// the body's axes into East, North and up at that very place.
///
/// Body axes are x forward, y left, z up, so the identity looks East.
public struct GeoPose: Hashable, Sendable {
    public var position: GeodeticPosition
    /// Body to local ENU, of unit length.
    public var rotation: Quaternion

    public init(position: GeodeticPosition, rotation: Quaternion) {
        self.position = position
        self.rotation = rotation
    }

    /// The Basic-YPR form.
    public init(position: GeodeticPosition, angles: YawPitchRoll) {
        self.init(position: position, rotation: angles.rotation)
    }

    /// Reads a pose off an ECEF transform; nil where it is not finite or out of range.
    public init?(ecefFromBody: RigidTransform) {
        guard let position = GeodeticPosition(ecef: ecefFromBody.translation),
            let rotation = ecefFromBody.rotation.normalised
        else { return nil }
        self.init(position: position, ecefRotation: rotation)
    }

    init(position: GeodeticPosition, ecefRotation: Quaternion) {
        let local = TangentFrame(at: position).ecefFromENU.rotation
        self.init(position: position, rotation: local.conjugate * ecefRotation)
    }

    /// The pose of the body in ECEF, in metres.
    public var ecefFromBody: RigidTransform {
        let frame = TangentFrame(at: position).ecefFromENU
        return RigidTransform(
            rotation: frame.rotation * rotation, translation: frame.translation)
    }

    /// The rotation as GeoPose's angles.
    public var angles: YawPitchRoll { YawPitchRoll(rotation) }
}

/// GeoPose's angles in degrees, signed, without range: about z, then the turned y, then the turned
/// x axis (R = Rz(yaw) Ry(pitch) Rx(roll)).
///
/// Not what most people expect: yaw 0 faces East and grows counter-clockwise, and a positive
/// pitch points the nose down.
public struct YawPitchRoll: Hashable, Sendable {
    public var yawDegrees: Double
    public var pitchDegrees: Double
    public var rollDegrees: Double

    public init(yawDegrees: Double, pitchDegrees: Double = 0, rollDegrees: Double = 0) {
        self.yawDegrees = yawDegrees
        self.pitchDegrees = pitchDegrees
        self.rollDegrees = rollDegrees
    }

    /// The angles of a unit quaternion; straight up or down, where yaw and roll are one, roll is 0.
    public init(_ rotation: Quaternion) {
        let matrix = Matrix3(rotation)
        let cosinePitch = hypotenuse(matrix.row0.x, matrix.row1.x)
        let isUpright = cosinePitch > 1e-9
        let yaw =
            isUpright
            ? arcTangent(matrix.row1.x, matrix.row0.x)
            : arcTangent(-matrix.row0.y, matrix.row1.y)
        self.init(
            yawDegrees: degrees(radians: yaw),
            pitchDegrees: degrees(radians: arcTangent(-matrix.row2.x, cosinePitch)),
            rollDegrees: isUpright
                ? degrees(radians: arcTangent(matrix.row2.y, matrix.row2.z)) : 0)
    }

    /// The unit quaternion of these angles.
    public var rotation: Quaternion {
        Quaternion(yaw: radians(degrees: yawDegrees))
            * Quaternion(axis: Vector3(0, 1, 0), angle: radians(degrees: pitchDegrees))
            * Quaternion(axis: Vector3(1, 0, 0), angle: radians(degrees: rollDegrees))
    }

    /// The compass heading of the nose, clockwise from North, in 0..<360 degrees.
    public var headingDegrees: Double {
        let heading = wrappedDegrees(90 - yawDegrees)
        // The sum rounds to 360 for the smallest negative headings; that is North.
        let turned = heading < 0 ? heading + 360 : heading
        return turned < 360 ? turned : 0
    }
}
