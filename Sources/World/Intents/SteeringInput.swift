// A client does not say where its avatar is, but how it steered and for how long; both ends then
// compute the same step (see Movement), and the tally (see MotionTally) holds the claimed time
// against the server's. Every packet repeats the newest few inputs, so losing one costs nothing.

public import CairnBasics
public import CairnGeometry

/// How a player steered for a short while.
public struct SteeringInput: Hashable, Sendable {
    /// Counts up by one an input; wraps.
    public var sequence: UInt32
    /// How long the input held, in `durations`.
    public var durationMilliseconds: UInt8
    /// The velocity wished for; the step limits it.
    public var velocity: Velocity
    public var orientation: Orientation
    public var animation: UInt8

    /// Longer inputs would make a player's path coarser than a tick of the slowest world.
    public static let durations: ClosedRange<UInt8> = 1...100
    /// Bytes that an input takes on the wire, always.
    public static let encodedByteCount = 16

    public init(
        sequence: UInt32, durationMilliseconds: UInt8, velocity: Velocity,
        orientation: Orientation = .identity, animation: UInt8 = 0
    ) {
        self.sequence = sequence
        self.durationMilliseconds = durationMilliseconds
        self.velocity = velocity
        self.orientation = orientation
        self.animation = animation
    }

    /// Writes `encodedByteCount` bytes.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        guard writer.room >= Self.encodedByteCount else { throw .overflow }
        try writer.put(sequence)
        try writer.put(durationMilliseconds)
        try velocity.encode(into: &writer)
        try writer.put(orientation.bits)
        try writer.put(animation)
    }

    /// Refuses a duration out of range and an orientation that is none.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        sequence = try reader.get(UInt32.self)
        durationMilliseconds = try reader.get(UInt8.self)
        guard Self.durations.contains(durationMilliseconds) else { throw .malformed }
        velocity = try Velocity(decoding: &reader)
        orientation = try Orientation(decoding: &reader)
        animation = try reader.get(UInt8.self)
    }
}
