public import CairnBasics

/// Asks for the peer's time: the sender's own clock in nanoseconds (UInt64), echoed as it is.
public struct Ping: Hashable, Sendable {
    public static let byteCount = 8
    public var sent: UInt64

    public init(sent: UInt64) { self.sent = sent }

    public func encode(into writer: inout ByteWriter) throws(CodecError) { try writer.put(sent) }
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        sent = try reader.get(UInt64.self)
    }
}

/// Answers a ping: its time, and when it came and when this left by the answerer's clock, in
/// nanoseconds (three UInt64; the four timestamps of RFC 5905, section 8).
public struct Pong: Hashable, Sendable {
    public static let byteCount = 24
    public var echoed: UInt64
    public var received: UInt64
    public var answered: UInt64

    public init(echoed: UInt64, received: UInt64, answered: UInt64) {
        self.echoed = echoed
        self.received = received
        self.answered = answered
    }

    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(echoed)
        try writer.put(received)
        try writer.put(answered)
    }
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        echoed = try reader.get(UInt64.self)
        received = try reader.get(UInt64.self)
        answered = try reader.get(UInt64.self)
    }
}
