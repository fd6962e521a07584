// Packet protection: AES-256-GCM where both ends have it in hardware, else ChaCha20-Poly1305
// (RFC 5116, RFC 8439), in place, with no allocation. Each direction of each connection has its own
// chain of keys (`TrafficKey`), one for each key phase, and packet numbers go on through all of
// them, so that the number alone is the nonce. `Sealer` refuses to go back, `Opener` may be asked
// for any number, and the endpoint's replay window decides which.

/// What packets are made of and how much one key may protect.
public enum SealLimits {
    /// The authentication tag, in bytes.
    public static let tagBytes = 16
    /// The bit of a sealed packet's first byte that is set while the sender's key phase is odd.
    public static let phaseBit: UInt8 = 0x40
    /// Packets sealed under one key at most: the confidentiality limit of AES-GCM (RFC 9001,
    /// section 6.6).
    public static let packetsPerKey: UInt64 = 1 << 23
    /// Forgeries refused before the connection ends: the integrity limit of ChaCha20-Poly1305,
    /// below that of AES-GCM (RFC 9001, section 6.6).
    public static let forgeries: UInt64 = 1 << 36
    /// The largest packet number: one more must still be a number.
    public static let lastNumber = UInt64.max - 1
}

/// The cipher of a session.
public enum Cipher: UInt8, CaseIterable, Sendable {
    case chaCha20Poly1305 = 0
    case aes256GCM = 1

    /// The ciphers this processor can do, as a bit set: bit n is the cipher of raw value n.
    public static var supported: UInt8 { hasHardwareAES() ? 0b11 : 0b01 }

    /// The fastest cipher in both sets. ChaCha20-Poly1305 is in every set.
    public static func common(_ one: UInt8, _ other: UInt8) -> Cipher {
        one & other & 0b10 != 0 ? .aes256GCM : .chaCha20Poly1305
    }
}

/// The 96 bits that are never used twice with one key: the packet number, then four zero bytes.
struct PacketNonce {
    let number: UInt64

    init(_ packetNumber: UInt64) { number = packetNumber }

    /// Runs `body` on the nonce's 12 bytes.
    func withBytes<Answer>(_ body: (UnsafePointer<UInt8>) -> Answer) -> Answer {
        let words = (number.littleEndian, UInt32(0))
        return unsafe withUnsafeBytes(of: words) {
            unsafe body($0.assumingMemoryBound(to: UInt8.self).baseAddress!)
        }
    }
}
