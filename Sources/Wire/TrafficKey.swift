// The key of one direction in one phase, and the only calls of the ciphers.

internal import CCiphers
internal import CSodium
import CairnBasics

/// A key made ready for its cipher: the key itself for ChaCha20, the expanded key for AES and what else
/// its library works out ahead, at most 1,024 bytes.
///
/// The key of the next phase is derived from this one (RFC 9001, section 6.1); wiped when the last
/// owner lets go, so that what was sealed under it stays sealed.
@safe struct TrafficKey: Sendable {
    /// Whose code seals: see `CCiphers` for why AES has two.
    enum Engine: UInt8 { case chaCha20, sodiumAES, multiBufferAES }

    let cipher: Cipher
    private let engine: Engine
    private let readyBytes: UInt16
    private let key: SecretMemory
    private let schedule: SecretMemory
    /// The schedule's bytes, so that a packet does not ask its owner where they are.
    private nonisolated(unsafe) let ready: UnsafeMutablePointer<UInt8>
    /// A one-way name of the key, for ledgers that check that no nonce is used twice.
    let identifier: UInt64

    init(_ key: SecretMemory, cipher: Cipher) {
        self.init(key, Self.engine(of: cipher))
    }

    init(_ key: SecretMemory, _ engine: Engine) {
        precondition(key.byteCount == 32)
        cipher = engine == .chaCha20 ? .chaCha20Poly1305 : .aes256GCM
        self.engine = engine
        self.key = key
        identifier = deriveKey(.name, from: key, byteCount: 16).load(at: 0)
        switch engine {
        case .chaCha20:
            schedule = key
        case .sodiumAES:
            schedule = SecretMemory(byteCount: crypto_aead_aes256gcm_statebytes())
            let status = unsafe crypto_aead_aes256gcm_beforenm(
                sodiumState(schedule.bytes), key.bytes)
            precondition(status == 0)
        case .multiBufferAES:
            schedule = SecretMemory(byteCount: cciphers_key_bytes())
            unsafe cciphers_prepare(key.bytes, schedule.raw)
        }
        unsafe ready = schedule.bytes
        readyBytes = UInt16(schedule.byteCount)
    }

    /// The fastest code that this processor has for a cipher.
    static func engine(of cipher: Cipher) -> Engine {
        switch cipher {
        case .chaCha20Poly1305: .chaCha20
        case .aes256GCM: isMultiBufferReady ? .multiBufferAES : .sodiumAES
        }
    }

    /// Starts fetching what a packet of `byteCount` bytes will want of the key.
    func prefetch(byteCount: Int) {
        // The round keys, and a power of the hash key for each block, up to all there are.
        unsafe CairnBasics.prefetch(ready, count: min(240 &+ byteCount, Int(readyBytes)))
    }

    /// The key of the next phase: about 2 µs and three allocations.
    func next() -> TrafficKey {
        TrafficKey(deriveKey(.nextPhase, from: key), cipher: cipher)
    }

    /// The key itself, hexadecimal, for a `KeyLog` and nothing else.
    func disclosedText() -> String {
        stride(from: 0, to: key.byteCount, by: 8)
            .map { hexadecimal(key.load(at: $0).byteSwapped) }.joined()
    }

    /// Encrypts `clear` behind the header that stands in `sealed` already, and adds the tag; `clear`
    /// may be where it will be encrypted.
    /// - Precondition: `sealed` has room for header, `clear` and tag.
    func encrypt(
        _ clear: UnsafeRawBufferPointer, into sealed: UnsafeMutableRawBufferPointer,
        headerBytes: Int, nonce: PacketNonce
    ) {
        let base = unsafe sealed.assumingMemoryBound(to: UInt8.self).baseAddress!
        let body = unsafe base + headerBytes
        let from = unsafe clear.assumingMemoryBound(to: UInt8.self).baseAddress
        let count = clear.count
        let status: Int32 = unsafe nonce.withBytes { nonce in
            switch engine {
            case .multiBufferAES:
                unsafe cciphers_seal(
                    ready, nonce, base, headerBytes, from, count, body, body + count)
                return 0
            case .sodiumAES:
                return unsafe crypto_aead_aes256gcm_encrypt_detached_afternm(
                    body, body + count, nil, from, UInt64(count), base, UInt64(headerBytes), nil,
                    nonce, sodiumState(ready))
            case .chaCha20:
                return unsafe crypto_aead_chacha20poly1305_ietf_encrypt_detached(
                    body, body + count, nil, from, UInt64(count), base, UInt64(headerBytes), nil,
                    nonce, ready)
            }
        }
        precondition(status == 0)
    }

    /// Decrypts a packet in place; false when the seal does not hold, and then its bytes are worth
    /// nothing.
    func decrypt(
        _ packet: UnsafeMutableRawBufferPointer, headerBytes: Int, nonce: PacketNonce
    ) -> Bool {
        let base = unsafe packet.assumingMemoryBound(to: UInt8.self).baseAddress!
        let body = unsafe base + headerBytes
        let count = packet.count &- headerBytes &- SealLimits.tagBytes
        let status: Int32 = unsafe nonce.withBytes { nonce in
            switch engine {
            case .multiBufferAES:
                return unsafe cciphers_open(
                    ready, nonce, base, headerBytes, body, count, body + count)
            case .sodiumAES:
                return unsafe crypto_aead_aes256gcm_decrypt_detached_afternm(
                    body, nil, body, UInt64(count), body + count, base, UInt64(headerBytes), nonce,
                    sodiumState(ready))
            case .chaCha20:
                return unsafe crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                    body, nil, body, UInt64(count), body + count, base, UInt64(headerBytes), nonce,
                    ready)
            }
        }
        return status == 0
    }
}

/// True once the library has chosen its code for this processor.
private let isMultiBufferReady = cciphers_begin() == 1

/// libsodium's own type for what it expanded.
private typealias SodiumState = UnsafeMutablePointer<crypto_aead_aes256gcm_state>

private func sodiumState(_ bytes: UnsafeMutablePointer<UInt8>) -> SodiumState {
    unsafe UnsafeMutableRawPointer(bytes).assumingMemoryBound(
        to: crypto_aead_aes256gcm_state.self)
}
