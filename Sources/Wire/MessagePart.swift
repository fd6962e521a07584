public import CairnBasics

/// The head of a reliable message frame's body (ordered or unordered); the message's bytes follow.
///
///     lane in the low four bits, 0x80 when this is a part of a message (UInt8)   number (varint)
///     of a part, further:   the message's length in bytes (varint)   first chunk (varint)
///
/// A message is cut at multiples of `chunkBytes`, which both ends know, so its length alone says how
/// many chunks there are and a bitmap says which came. A part is any run of them: the sender cuts by
/// the room it has, and cuts again where the path has become narrower. There is no count that could
/// change between parts and no offset that could lie outside.
public struct MessagePartHead: Hashable, Sendable {
    /// Where messages may be cut: small enough that a datagram is packed to 98 %, large enough that
    /// the largest message has a bitmap of 256 bytes.
    public static let chunkBytes = 128
    /// The largest head: one byte, a varint of at most `highestNumber`, a length and a chunk.
    public static let maximumBytes = 13
    public static let highestNumber: UInt64 = 1 << 40
    /// The longest message that can be told of; ends agree on less.
    public static let highestLength: UInt64 = 1 << 20

    /// Which of the streams, or of the unordered lanes.
    public var lane: UInt8
    /// Counts the messages of its lane.
    public var number: UInt64
    /// Where these bytes belong; nil when they are the whole message.
    public var part: Part?

    public struct Part: Hashable, Sendable {
        /// The bytes of the whole message, at least 1.
        public var length: Int
        public var firstChunk: Int

        public init(length: Int, firstChunk: Int) {
            self.length = length
            self.firstChunk = firstChunk
        }
    }

    public init(lane: UInt8, number: UInt64, part: Part? = nil) {
        self.lane = lane
        self.number = number
        self.part = part
    }

    /// How many chunks a message of so many bytes has; one without bytes has one.
    @inlinable public static func chunkCount(_ length: Int) -> Int {
        max(1, (length &+ chunkBytes &- 1) / chunkBytes)
    }

    /// How many bytes `encode` writes.
    public var byteCount: Int {
        var count = 1 &+ ByteWriter.varintBytes(number)
        if let part {
            count &+= ByteWriter.varintBytes(UInt64(part.length))
            count &+= ByteWriter.varintBytes(UInt64(part.firstChunk))
        }
        return count
    }

    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(lane & 0x0f | (part == nil ? 0 : 0x80))
        try writer.putVarint(number)
        if let part {
            try writer.putVarint(UInt64(part.length))
            try writer.putVarint(UInt64(part.firstChunk))
        }
    }

    /// Total: a first chunk beyond the message's end is malformed.
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        let first = try reader.get(UInt8.self)
        guard first & 0x70 == 0 else { throw .malformed }
        lane = first & 0x0f
        number = try reader.getVarint(atMost: Self.highestNumber)
        guard first & 0x80 != 0 else { return }
        let length = Int(truncatingIfNeeded: try reader.getVarint(atMost: Self.highestLength))
        let chunk = try reader.getVarint(atMost: Self.highestLength)
        let firstChunk = Int(truncatingIfNeeded: chunk)
        guard length > 0, firstChunk < Self.chunkCount(length) else { throw .malformed }
        part = Part(length: length, firstChunk: firstChunk)
    }
}

/// The head of a sequenced message frame's body; the message's bytes follow.
///
///     channel (UInt8)   sequence (varint)
public struct SequencedHead: Hashable, Sendable {
    public static let maximumBytes = 7
    public static let highestSequence: UInt64 = 1 << 40

    public var channel: UInt8
    public var sequence: UInt64

    public init(channel: UInt8, sequence: UInt64) {
        self.channel = channel
        self.sequence = sequence
    }

    public var byteCount: Int { 1 &+ ByteWriter.varintBytes(sequence) }

    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(channel)
        try writer.putVarint(sequence)
    }

    public init(decoding reader: inout ByteReader) throws(CodecError) {
        channel = try reader.get(UInt8.self)
        sequence = try reader.getVarint(atMost: Self.highestSequence)
    }
}
