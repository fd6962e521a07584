internal import CSodium
// The only doors to libsodium besides the seals: keyed BLAKE2b, key derivation, X25519 and SipHash,
// each pure (RFC 7693, RFC 7748). Nothing here reads randomness; key material comes in.
import CairnBasics

/// True once libsodium has chosen its code for this processor; call before any thread starts.
///
/// The first call initialises the library, later ones cost a load.
@discardableResult public func sodiumReady() -> Bool { isSodiumReady }

private let isSodiumReady = sodium_init() >= 0

/// True when this processor does AES-256-GCM in hardware; libsodium has no other implementation.
public func hasHardwareAES() -> Bool {
    isSodiumReady && crypto_aead_aes256gcm_is_available() == 1
}

/// Keyed BLAKE2b of `input`; the digest is as long as `output`, 16 to 64 bytes.
func blake2b(into output: SecretMemory, key: SecretMemory, _ input: RawSpan) {
    precondition(output.byteCount >= 16 && output.byteCount <= 64 && key.byteCount <= 64)
    let status = unsafe input.withUnsafeBytes { input in
        unsafe crypto_generichash(
            output.bytes, output.byteCount, input.bindMemory(to: UInt8.self).baseAddress,
            UInt64(input.count), key.bytes, key.byteCount)
    }
    precondition(status == 0)
}

/// The first 16 bytes of keyed BLAKE2b, as two words: an authentication code.
func authenticationCode(key: SecretMemory, _ input: RawSpan) -> Code128 {
    let output = SecretMemory(byteCount: 16)
    blake2b(into: output, key: key, input)
    return Code128(output.load(at: 0), output.load(at: 8))
}

/// What a derived key is for; two purposes never share a key.
enum KeyPurpose: UInt64 {
    case helloProof = 1
    case refusal = 2
    case sessionMaster = 3
    case clientTraffic = 4
    case serverTraffic = 5
    case confirmation = 6
    case skipping = 7
    case name = 8
    case nextPhase = 9
}

/// A key of `byteCount` (16 to 64) bytes for one purpose, from a 32-byte key.
func deriveKey(_ purpose: KeyPurpose, from key: SecretMemory, byteCount: Int = 32) -> SecretMemory {
    precondition(key.byteCount == 32 && isSodiumReady)
    let derived = SecretMemory(byteCount: byteCount)
    let context: StaticString = "cairn v1"
    let status = context.withUTF8Buffer { context in
        unsafe context.withMemoryRebound(to: CChar.self) { context in
            unsafe crypto_kdf_derive_from_key(
                derived.bytes, byteCount, purpose.rawValue, context.baseAddress!, key.bytes)
        }
    }
    precondition(status == 0)
    return derived
}

/// How deep the ladder's copies of a secret may lie on the stack, which libsodium leaves there.
private let leftoverBytes = 4_096

/// The X25519 public key of a secret key.
func publicKey(of secret: SecretMemory) -> [UInt8] {
    precondition(secret.byteCount == 32)
    var output = [UInt8](repeating: 0, count: 32)
    let status = unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe crypto_scalarmult_curve25519_base(output.baseAddress!, secret.bytes)
    }
    sodium_stackzero(leftoverBytes)
    precondition(status == 0)
    return output
}

/// The X25519 shared secret; nil when the peer's key is of low order.
func sharedSecret(_ secret: SecretMemory, _ peer: RawSpan) -> SecretMemory? {
    guard secret.byteCount == 32, peer.byteCount == 32 else { return nil }
    let shared = SecretMemory(byteCount: 32)
    let status = unsafe peer.withUnsafeBytes { peer in
        unsafe crypto_scalarmult_curve25519(
            shared.bytes, secret.bytes, peer.bindMemory(to: UInt8.self).baseAddress!)
    }
    sodium_stackzero(leftoverBytes)
    return status == 0 ? shared : nil
}
