internal import CSodium
import CairnBasics

/// Unpredictable bytes for keys, nonces and ids, from a seed that the shell drew from the system.
///
/// ChaCha20 with fast key erasure (Bernstein, 2017): each request replaces the key first, so that
/// memory read later tells nothing about what was given before. The same seed gives the same
/// bytes, which lets a simulation run real handshakes; a server must never start twice from one.
public struct SeededEntropy: Sendable {
    /// The seed's length.
    public static let seedBytes = 32
    private var key: SecretMemory

    /// - Precondition: `seed` has `seedBytes` bytes.
    public init(seed: [UInt8]) {
        precondition(seed.count == Self.seedBytes && sodiumReady())
        key = SecretMemory(seed.rawBytes)
    }

    /// `count` fresh bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        let drawn = draw(count)
        return drawn.copied(0..<count)
    }

    /// A fresh word.
    public mutating func word() -> UInt64 { draw(8).load(at: 0) }

    /// Fresh bytes that are wiped after use.
    mutating func draw(_ count: Int) -> SecretMemory {
        precondition(count > 0 && count <= 1 << 20)
        let stream = SecretMemory(byteCount: Self.seedBytes &+ count)
        let zeroNonce: (UInt64, UInt64) = (0, 0)
        let status = unsafe withUnsafeBytes(of: zeroNonce) { nonce in
            unsafe crypto_stream_chacha20(
                stream.bytes, UInt64(stream.byteCount),
                nonce.bindMemory(to: UInt8.self).baseAddress!, key.bytes)
        }
        precondition(status == 0)
        key = stream.slice(0..<Self.seedBytes)
        return stream.slice(Self.seedBytes..<stream.byteCount)
    }
}

extension SecretMemory {
    /// A copy of some of the bytes that is wiped in its turn.
    func slice(_ range: Range<Int>) -> SecretMemory {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        let part = SecretMemory(byteCount: range.count)
        unsafe part.raw.copyMemory(
            from: raw.advanced(by: range.lowerBound), byteCount: range.count)
        return part
    }
}
