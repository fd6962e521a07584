// Packet protection: AES-256-GCM where both ends have it in hardware, else ChaCha20-Poly1305
// (RFC 5116, RFC 8439), in place, with no allocation. Each direction of each connection has its own
// key, so the packet number alone is the nonce; `Sealer` refuses to go back, `Opener` may be asked
// for any number, and the endpoint's replay window decides which.

internal import CSodium
import CairnBasics

/// How many packets one key may protect.
public enum SealLimits {
    /// The authentication tag, in bytes.
    public static let tagBytes = 16
    /// Packets sealed under one key: below the 2^28 that RFC 9001, appendix B.1, derives for
    /// AES-GCM with packets of at most 2^11 bytes. 48 days at 64 Hz; then the client joins anew.
    public static let packets: UInt64 = 1 << 28
    /// Forgeries refused under one key before the connection ends (RFC 9001, section 6.6).
    public static let forgeries: UInt64 = 1 << 36
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

/// A key made ready for its cipher: 512 bytes of expanded key for AES, the key itself else.
struct TrafficKey: Sendable {
    let cipher: Cipher
    let schedule: SecretMemory
    /// A one-way name of the key, for ledgers that check that no nonce is used twice.
    let identifier: UInt64

    init(_ key: SecretMemory, cipher: Cipher) {
        precondition(key.byteCount == 32)
        self.cipher = cipher
        identifier = deriveKey(.name, from: key, byteCount: 16).load(at: 0)
        switch cipher {
        case .chaCha20Poly1305:
            schedule = key
        case .aes256GCM:
            schedule = SecretMemory(byteCount: crypto_aead_aes256gcm_statebytes())
            let status = unsafe crypto_aead_aes256gcm_beforenm(schedule.aesState, key.bytes)
            precondition(status == 0)
        }
    }
}

extension SecretMemory {
    fileprivate var aesState: UnsafeMutablePointer<crypto_aead_aes256gcm_state> {
        unsafe raw.assumingMemoryBound(to: crypto_aead_aes256gcm_state.self)
    }
}

/// Protects one direction's packets; the only place that uses a nonce up.
///
/// Noncopyable, since two copies would use the same nonces.
public struct Sealer: ~Copyable, Sendable {
    private let key: TrafficKey
    /// The lowest packet number that was not passed yet.
    public private(set) var nextNumber: UInt64 = 0

    init(_ key: TrafficKey) { self.key = key }

    /// A one-way name of the key, the same at both ends.
    public var keyIdentifier: UInt64 { key.identifier }
    /// True when the key has done its work and the connection must end.
    public var isExhausted: Bool { nextNumber >= SealLimits.packets }

    /// Encrypts everything between the header and the last 16 bytes, where the tag goes.
    /// - Precondition: `number` was not passed yet and is under `SealLimits.packets`.
    public mutating func seal(
        _ packet: inout MutableRawSpan, headerBytes: Int, number: UInt64
    ) {
        precondition(number >= nextNumber && number < SealLimits.packets)
        precondition(headerBytes > 0 && packet.byteCount >= headerBytes + SealLimits.tagBytes)
        nextNumber = number &+ 1
        unsafe packet.withUnsafeMutableBytes { packet in
            unsafe encrypt(packet, headerBytes: headerBytes, number: number)
        }
    }

    private func encrypt(
        _ packet: UnsafeMutableRawBufferPointer, headerBytes: Int, number: UInt64
    ) {
        let base = unsafe packet.assumingMemoryBound(to: UInt8.self).baseAddress!
        let body = unsafe base + headerBytes
        let count = packet.count &- headerBytes &- SealLimits.tagBytes
        let nonce = (number.littleEndian, UInt32(0))
        let status = unsafe withUnsafeBytes(of: nonce) { nonce in
            let nonce = unsafe nonce.assumingMemoryBound(to: UInt8.self).baseAddress!
            switch key.cipher {
            case .aes256GCM:
                return unsafe crypto_aead_aes256gcm_encrypt_detached_afternm(
                    body, body + count, nil, body, UInt64(count), base, UInt64(headerBytes), nil,
                    nonce, key.schedule.aesState)
            case .chaCha20Poly1305:
                return unsafe crypto_aead_chacha20poly1305_ietf_encrypt_detached(
                    body, body + count, nil, body, UInt64(count), base, UInt64(headerBytes), nil,
                    nonce, key.schedule.bytes)
            }
        }
        precondition(status == 0)
    }
}

/// Opens one direction's packets.
public struct Opener: Sendable {
    private let key: TrafficKey

    init(_ key: TrafficKey) { self.key = key }

    /// A one-way name of the key, the same at both ends.
    public var keyIdentifier: UInt64 { key.identifier }

    /// Decrypts a packet where it stands; nil when the seal does not hold, and then the packet's
    /// bytes are worth nothing.
    public func open(
        _ packet: inout MutableRawSpan, headerBytes: Int, number: UInt64
    ) -> Range<Int>? {
        guard headerBytes > 0, packet.byteCount >= headerBytes &+ SealLimits.tagBytes else {
            return nil
        }
        let end = packet.byteCount &- SealLimits.tagBytes
        let isGenuine = unsafe packet.withUnsafeMutableBytes { packet in
            unsafe decrypt(packet, headerBytes: headerBytes, number: number)
        }
        return isGenuine ? headerBytes..<end : nil
    }

    private func decrypt(
        _ packet: UnsafeMutableRawBufferPointer, headerBytes: Int, number: UInt64
    ) -> Bool {
        let base = unsafe packet.assumingMemoryBound(to: UInt8.self).baseAddress!
        let body = unsafe base + headerBytes
        let count = packet.count &- headerBytes &- SealLimits.tagBytes
        let nonce = (number.littleEndian, UInt32(0))
        let status = unsafe withUnsafeBytes(of: nonce) { nonce in
            let nonce = unsafe nonce.assumingMemoryBound(to: UInt8.self).baseAddress!
            switch key.cipher {
            case .aes256GCM:
                return unsafe crypto_aead_aes256gcm_decrypt_detached_afternm(
                    body, nil, body, UInt64(count), body + count, base, UInt64(headerBytes), nonce,
                    key.schedule.aesState)
            case .chaCha20Poly1305:
                return unsafe crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                    body, nil, body, UInt64(count), body + count, base, UInt64(headerBytes), nonce,
                    key.schedule.bytes)
            }
        }
        return status == 0
    }
}
