public import CairnBasics
public import CairnGeometry
import CairnWorld

/// The frame that opens every packet of a server: which tick the blocks after it belong to, and
/// what the client needs to predict itself.
public struct TickFrame: Hashable, Sendable {
    /// The longest encoding in bytes.
    public static let maximumByteCount = 4 + 1 + 10 + 4 + 23 + 4

    public var tick: Tick
    /// The server's clock when the tick was built, in milliseconds since its own origin.
    public var serverMilliseconds: UInt64
    /// The newest steering input or pose claim of the client that the door has judged.
    public var steeringSequence: UInt32?
    /// The client's own entity in this tick; nil for a client without a body, or where it comes from
    /// the client's own inputs.
    public var ownMotion: Motion?
    /// The client's newest intent that the state of this tick contains; nil when there was none of
    /// late. Answers come on a stream and may be late; this comes with the state itself.
    public var performedIntent: UInt32?

    public init(
        tick: Tick, serverMilliseconds: UInt64, steeringSequence: UInt32? = nil,
        ownMotion: Motion? = nil, performedIntent: UInt32? = nil
    ) {
        self.tick = tick
        self.serverMilliseconds = serverMilliseconds
        self.steeringSequence = steeringSequence
        self.ownMotion = ownMotion
        self.performedIntent = performedIntent
    }

    private static let hasSteering: UInt8 = 1 << 0
    private static let hasMotion: UInt8 = 1 << 1
    private static let hasIntent: UInt8 = 1 << 2

    //     tick: 4 bytes, marks: 1 byte, server milliseconds: varint,
    //     [steering sequence: 4 bytes], [own motion: 23 bytes], [performed intent: 4 bytes]
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        var marks: UInt8 = 0
        if steeringSequence != nil { marks |= Self.hasSteering }
        if ownMotion != nil { marks |= Self.hasMotion }
        if performedIntent != nil { marks |= Self.hasIntent }
        try writer.put(tick.number)
        try writer.put(marks)
        try writer.putVarint(serverMilliseconds)
        if let steeringSequence { try writer.put(steeringSequence) }
        if let ownMotion { try ownMotion.encode(into: &writer) }
        if let performedIntent { try writer.put(performedIntent) }
    }

    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        tick = Tick(try reader.get(UInt32.self))
        let marks = try reader.get(UInt8.self)
        guard marks & ~(Self.hasSteering | Self.hasMotion | Self.hasIntent) == 0 else {
            throw .malformed
        }
        serverMilliseconds = try reader.getVarint()
        steeringSequence = marks & Self.hasSteering != 0 ? try reader.get(UInt32.self) : nil
        ownMotion = marks & Self.hasMotion != 0 ? try Motion(decoding: &reader) : nil
        performedIntent = marks & Self.hasIntent != 0 ? try reader.get(UInt32.self) : nil
    }
}
