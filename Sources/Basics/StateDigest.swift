/// A running 64-bit digest of state, the same on every machine: for finding divergence between
/// replicas and for naming a simulation's trace. Not a defence against an adversary.
@frozen public struct StateDigest: Hashable, Sendable {
    /// The digest of everything combined so far.
    public var value: UInt64

    @inlinable public init(seed: UInt64 = 0) { value = mix64(seed ^ 0x63_6169_726e) }

    /// Takes in one word; order matters.
    @inlinable public mutating func combine(_ word: UInt64) {
        value = mix64((value << 23 | value >> 41) ^ word) &+ 0x9E37_79B9_7F4A_7C15
    }

    /// Takes in a run of bytes and its length.
    public mutating func combine(_ bytes: RawSpan) {
        combine(UInt64(bytes.byteCount))
        var word: UInt64 = 0
        for index in 0..<bytes.byteCount {
            word =
                word << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
            if index & 7 == 7 {
                combine(word)
                word = 0
            }
        }
        combine(word)
    }
}

// MARK: - Bytes that end in their digest

extension StateDigest {
    /// How long the digest is that `seal` appends.
    public static let sealByteCount = 8

    /// Appends the digest of all bytes so far, little-endian.
    /// - Parameter seed: tells one sort of bytes from another.
    public static func seal(_ bytes: inout [UInt8], seed: UInt64 = 0) {
        let digest = digest(of: bytes.rawBytes, seed: seed)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: digest >> UInt64(shift)))
        }
    }

    /// The bytes in front of the digest that they end in.
    /// - Throws: When they are too few, or not those that were sealed.
    @_lifetime(copy bytes)
    public static func unsealed(
        _ bytes: RawSpan, seed: UInt64 = 0
    ) throws(CodecError) -> RawSpan {
        guard bytes.byteCount >= sealByteCount else { throw .truncated }
        let end = bytes.byteCount - sealByteCount
        let content = bytes.extracting(0..<end)
        var tail = ByteReader(bytes.extracting(end..<bytes.byteCount))
        guard try tail.get(UInt64.self) == digest(of: content, seed: seed) else {
            throw .malformed
        }
        return content
    }

    private static func digest(of bytes: RawSpan, seed: UInt64) -> UInt64 {
        var digest = StateDigest(seed: seed)
        digest.combine(bytes)
        return digest.value
    }
}
