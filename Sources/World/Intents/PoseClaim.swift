public import CairnBasics
public import CairnGeometry

/// Where a device says that it is; devices move in the real world, so nobody can steer them.
public struct PoseClaim: Hashable, Sendable {
    /// Counts up by one a claim; wraps.
    public var sequence: UInt32
    public var motion: Motion

    /// Bytes that a claim takes on the wire, always.
    public static let encodedByteCount = 27

    public init(sequence: UInt32, motion: Motion) {
        self.sequence = sequence
        self.motion = motion
    }

    /// Writes `encodedByteCount` bytes.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        guard writer.room >= Self.encodedByteCount else { throw .overflow }
        try writer.put(sequence)
        try motion.encode(into: &writer)
    }

    /// Refuses an orientation that is none; the tally judges the rest.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        sequence = try reader.get(UInt32.self)
        motion = try Motion(decoding: &reader)
    }
}
