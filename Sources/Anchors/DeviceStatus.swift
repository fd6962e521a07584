public import CairnBasics
public import CairnGeometry

/// Where a device's frame lies in the world: with its inverse the device draws what stands in the
/// world into its own picture.
public struct DevicePose: Hashable, Sendable {
    /// The tracking session whose frame this is about; of no use to any other.
    public var session: UInt32
    /// Counts the poses of a session from 1; the highest counts.
    public var epoch: UInt32
    /// Turns the device's coordinates into the world's, in metres.
    public var worldFromDevice: RigidTransform
    /// The standard deviations where the device was when it was solved: of the place along its
    /// worst direction in metres, of the rotation about its worst axis in radians. What stands `r`
    /// metres away is off by about `r` times the latter more.
    public var positionSigmaMetres: Double
    public var rotationSigmaRadians: Double
    public var grade: QualityGrade
    /// How many anchors agree, of how many seen.
    public var inlierCount: UInt8
    public var sightingCount: UInt8
    /// When it was solved, on the server's clock.
    public var solvedAt: Instant

    public init(
        session: UInt32, epoch: UInt32, worldFromDevice: RigidTransform,
        positionSigmaMetres: Double, rotationSigmaRadians: Double, grade: QualityGrade,
        inlierCount: UInt8, sightingCount: UInt8, solvedAt: Instant
    ) {
        self.session = session
        self.epoch = epoch
        self.worldFromDevice = worldFromDevice
        self.positionSigmaMetres = positionSigmaMetres
        self.rotationSigmaRadians = rotationSigmaRadians
        self.grade = grade
        self.inlierCount = inlierCount
        self.sightingCount = sightingCount
        self.solvedAt = solvedAt
    }
}

/// What the server tells a device about its place in the world.
public enum DeviceStatus: Hashable, Sendable {
    case placed(DevicePose)
    /// There is no pose, or no longer one, for this session, and why: so that the user can be told
    /// to look at more anchors, or at others.
    case searching(session: UInt32, reason: DeviceRegistration.Refusal)
}

// On the wire: 1, session and epoch (varints), translation (three zigzag varints, 1/8192 m),
// rotation (four Int32 in 2^-30, x y z w), both sigmas (varints, 1e-5, rounded up), grade, inlier
// and sighting counts (bytes), time (Int64 nanoseconds); or 2, session (varint), reason (byte).
extension DeviceStatus {
    /// - Throws: `.malformed` for values that do not fit.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .placed(let pose):
            try writer.put(UInt8(1))
            try pose.encode(into: &writer)
        case .searching(let session, let reason):
            try writer.put(UInt8(2))
            try writer.putVarint(UInt64(session))
            try writer.put(reason.rawValue)
        }
    }

    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        switch try reader.get(UInt8.self) {
        case 1: self = .placed(try DevicePose(decoding: &reader))
        case 2:
            let session = try reader.getVarint(atMost: UInt64(UInt32.max))
            let raw = try reader.get(UInt8.self)
            guard let reason = DeviceRegistration.Refusal(rawValue: raw) else { throw .malformed }
            self = .searching(session: UInt32(truncatingIfNeeded: session), reason: reason)
        default: throw .malformed
        }
    }
}

extension DevicePose {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(session))
        try writer.putVarint(UInt64(epoch))
        try writer.putPoint(worldFromDevice.translation)
        try writer.putRotation(worldFromDevice.rotation)
        try writer.putSigma(positionSigmaMetres)
        try writer.putSigma(rotationSigmaRadians)
        try writer.put(grade.rawValue)
        try writer.put(inlierCount)
        try writer.put(sightingCount)
        try writer.put(solvedAt.nanoseconds)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let session = try reader.getVarint(atMost: UInt64(UInt32.max))
        let epoch = try reader.getVarint(atMost: UInt64(UInt32.max))
        let translation = try reader.getPoint()
        let rotation = try reader.getRotation()
        let positionSigma = try reader.getSigma()
        let rotationSigma = try reader.getSigma()
        guard let grade = QualityGrade(rawValue: try reader.get(UInt8.self)) else {
            throw .malformed
        }
        let inlierCount = try reader.get(UInt8.self)
        let sightingCount = try reader.get(UInt8.self)
        self.init(
            session: UInt32(truncatingIfNeeded: session),
            epoch: UInt32(truncatingIfNeeded: epoch),
            worldFromDevice: RigidTransform(rotation: rotation, translation: translation),
            positionSigmaMetres: positionSigma, rotationSigmaRadians: rotationSigma, grade: grade,
            inlierCount: inlierCount, sightingCount: sightingCount,
            solvedAt: Instant(nanoseconds: try reader.get(Int64.self)))
    }
}
