// The key of one direction in one phase, and the only calls of the ciphers.

internal import CSodium
import CairnBasics

/// A key made ready for its cipher: 512 bytes of expanded key for AES, the key itself else.
///
/// The key of the next phase is derived from this one (RFC 9001, section 6.1); wiped when the last
/// owner lets go, so that what was sealed under it stays sealed.
struct TrafficKey: Sendable {
    let cipher: Cipher
    private let key: SecretMemory
    private let schedule: SecretMemory
    /// A one-way name of the key, for ledgers that check that no nonce is used twice.
    let identifier: UInt64

    init(_ key: SecretMemory, cipher: Cipher) {
        precondition(key.byteCount == 32)
        self.cipher = cipher
        self.key = key
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

    /// The key of the next phase: about 2 µs and three allocations.
    func next() -> TrafficKey {
        TrafficKey(deriveKey(.nextPhase, from: key), cipher: cipher)
    }

    /// The key itself, hexadecimal, for a `KeyLog` and nothing else.
    func disclosedText() -> String {
        stride(from: 0, to: key.byteCount, by: 8)
            .map { hexadecimal(key.load(at: $0).byteSwapped) }.joined()
    }

    /// Asks the memory for what the next seal reads.
    func prefetch() {
        unsafe CairnBasics.prefetch(schedule.bytes, byteCount: schedule.byteCount)
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
        let status = unsafe nonce.withBytes { nonce in
            switch cipher {
            case .aes256GCM:
                return unsafe crypto_aead_aes256gcm_encrypt_detached_afternm(
                    body, body + count, nil, from, UInt64(count), base, UInt64(headerBytes), nil,
                    nonce, schedule.aesState)
            case .chaCha20Poly1305:
                return unsafe crypto_aead_chacha20poly1305_ietf_encrypt_detached(
                    body, body + count, nil, from, UInt64(count), base, UInt64(headerBytes), nil,
                    nonce, schedule.bytes)
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
        let status = unsafe nonce.withBytes { nonce in
            switch cipher {
            case .aes256GCM:
                return unsafe crypto_aead_aes256gcm_decrypt_detached_afternm(
                    body, nil, body, UInt64(count), body + count, base, UInt64(headerBytes), nonce,
                    schedule.aesState)
            case .chaCha20Poly1305:
                return unsafe crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                    body, nil, body, UInt64(count), body + count, base, UInt64(headerBytes), nonce,
                    schedule.bytes)
            }
        }
        return status == 0
    }
}

extension SecretMemory {
    fileprivate var aesState: UnsafeMutablePointer<crypto_aead_aes256gcm_state> {
        unsafe raw.assumingMemoryBound(to: crypto_aead_aes256gcm_state.self)
    }
}
