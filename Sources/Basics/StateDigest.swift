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
