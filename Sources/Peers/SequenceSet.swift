// Which of a sender's numbered deltas have been joined: all through one, and some of the next 1,024.
// Deltas may be joined in any order, so nothing waits for a gap to close.

import CairnBasics

public struct SequenceSet: Hashable, Sendable {
    /// Every sequence up to here is in the set; 0 when none is.
    public private(set) var through: UInt64 = 0
    /// Bit n of word w is sequence `through + 1 + 64 w + n`; the last word is not 0, the first bit
    /// is.
    private(set) var words: [UInt64] = []

    /// How far above `through` sequences are kept: as many as a sender keeps deltas.
    static let reach = UInt64(PeerLimits.recentDeltas)

    public init() {}

    public func contains(_ sequence: UInt64) -> Bool {
        if sequence <= through { return true }
        // Safe: larger than `through`.
        let offset = sequence &- through &- 1
        guard offset < Self.reach else { return false }
        let word = Int(truncatingIfNeeded: offset >> 6)
        return word < words.count && words[word] >> (offset & 63) & 1 == 1
    }

    /// True when the sequence can be added.
    public func reaches(_ sequence: UInt64) -> Bool {
        sequence <= through || sequence &- through &- 1 < Self.reach
    }

    /// Adds a sequence; one beyond reach changes nothing.
    public mutating func insert(_ sequence: UInt64) {
        guard sequence > through, reaches(sequence) else { return }
        let offset = sequence &- through &- 1
        let word = Int(truncatingIfNeeded: offset >> 6)
        while words.count <= word { words.append(0) }
        words[word] |= 1 << (offset & 63)
        settle()
    }

    /// Adds everything up to `sequence`, because it will not come any more.
    /// - Returns: True when that was news.
    @discardableResult public mutating func advance(to sequence: UInt64) -> Bool {
        guard sequence > through else { return false }
        let steps = sequence &- through
        if steps >= Self.reach {
            words = []
        } else {
            for _ in 0..<steps { shift() }
        }
        through = sequence
        settle()
        return true
    }

    /// Adds what another set has.
    /// - Returns: True when that was news.
    mutating func join(_ other: SequenceSet) -> Bool {
        var grew = advance(to: other.through)
        for (index, word) in other.words.enumerated() {
            var rest = word
            while rest != 0 {
                let bit = UInt64(index * 64 + rest.trailingZeroBitCount)
                rest &= rest &- 1  // Safe: not zero, so it clears the lowest bit.
                // Safe: a set that was read has its last sequence within 64 bits.
                let sequence = other.through &+ 1 &+ bit
                if contains(sequence) { continue }
                insert(sequence)
                grew = true
            }
        }
        return grew
    }

    /// The largest sequence in the set.
    var last: UInt64 {
        guard let word = words.last else { return through }
        let bit = UInt64(words.count * 64 - 1 - word.leadingZeroBitCount)
        return through &+ 1 &+ bit
    }

    /// Moves `through` over what is there already.
    private mutating func settle() {
        while let first = words.first, first & 1 == 1 {
            shift()
            through &+= 1
        }
        while words.last == 0 { words.removeLast() }
    }

    /// Drops the first bit.
    private mutating func shift() {
        for index in words.indices {
            let next = index + 1 < words.count ? words[index + 1] : 0
            words[index] = words[index] >> 1 | next << 63
        }
    }
}

extension SequenceSet {
    //     varint(through), varint(words), each word 8 bytes
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(through)
        try writer.putVarint(UInt64(words.count))
        for word in words { try writer.put(word) }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        // No boot makes 2^63 deltas, and so nothing here wraps.
        through = try reader.getVarint(atMost: UInt64(Int64.max))
        let count = try reader.getVarint(atMost: Self.reach / 64)
        for _ in 0..<count { words.append(try reader.get(UInt64.self)) }
        guard words.last != 0, (words.first ?? 0) & 1 == 0 else { throw .malformed }
    }
}
