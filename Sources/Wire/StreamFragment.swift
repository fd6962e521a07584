public import CairnBasics

/// The head of a stream fragment frame's body; the fragment's bytes follow.
///
///     stream in the low four bits, 0x80 when a message ends here (UInt8)   sequence (varint)
///
/// A message is the fragments up to and with one that ends it. There is neither a count nor an
/// offset that a sender could lie about.
public struct StreamFragmentHead: Hashable, Sendable {
    /// The largest head: one byte and a varint of at most `highestSequence`.
    public static let maximumBytes = 7
    public static let highestSequence: UInt64 = 1 << 40

    public var stream: UInt8
    public var endsMessage: Bool
    public var sequence: UInt64

    public init(stream: UInt8, endsMessage: Bool, sequence: UInt64) {
        self.stream = stream
        self.endsMessage = endsMessage
        self.sequence = sequence
    }

    /// How many bytes `encode` writes.
    public var byteCount: Int {
        var count = 2
        var rest = sequence >> 7
        while rest > 0 {
            count &+= 1
            rest >>= 7
        }
        return count
    }

    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(stream & 0x0f | (endsMessage ? 0x80 : 0))
        try writer.putVarint(sequence)
    }

    public init(decoding reader: inout ByteReader) throws(CodecError) {
        let first = try reader.get(UInt8.self)
        guard first & 0x70 == 0 else { throw .malformed }
        stream = first & 0x0f
        endsMessage = first & 0x80 != 0
        sequence = try reader.getVarint(atMost: Self.highestSequence)
    }
}
