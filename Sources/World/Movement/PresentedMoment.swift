public import CairnBasics

/// What was on a client's screen when it acted: a moment of the world, as the client says.
///
/// A server believes it within bounds of its own (see `MotionHistory`).
public struct PresentedMoment: Hashable, Sendable {
    public var tick: Tick
    /// How far towards the next tick, in 256ths.
    public var part: UInt8

    /// Bytes that a moment takes on the wire, always.
    public static let encodedByteCount = 5

    public init(tick: Tick, part: UInt8 = 0) {
        self.tick = tick
        self.part = part
    }

    /// So many ticks after `origin`, cut off; nil for a moment before it.
    public init?(origin: Tick, ticks: Double) {
        guard ticks >= 0, ticks < 0x1p31 else { return nil }
        let units = Int64(ticks * 256)
        tick = origin + UInt32(truncatingIfNeeded: units >> 8)
        part = UInt8(truncatingIfNeeded: units)
    }

    /// Ticks since another tick; negative before it.
    public func ticks(since other: Tick) -> Double {
        Double(tick.steps(since: other)) + Double(part) / 256
    }

    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(tick.number)
        try writer.put(part)
    }

    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        tick = Tick(try reader.get(UInt32.self))
        part = try reader.get(UInt8.self)
    }
}
