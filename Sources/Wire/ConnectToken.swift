// A connect token says who may join which servers until when. It has three parts: a clear part that
// the seal vouches for, a part sealed for the servers, and a secret that the sealed part repeats.
// The client shows the first two and proves that it holds the third, which never travels: a token
// seen on the network is worth nothing without it. The text form carries all three and is a bearer
// credential: keep it as one would a password, and let it expire within a minute.

internal import CSodium
import CairnBasics

/// Leave to join some servers, made by whoever holds a `TokenKey`.
///
///     0     format 1           1     key identifier (4)  5     token id (8)   13    expiry, ms (8)
///     21    nonce (24)         45    private part, encrypted (195)            240   tag (16)
///
/// Every token has the same length, so that its length tells nothing about who it is for.
public struct ConnectToken: Sendable, CustomStringConvertible {
    /// Bytes that go into a hello: clear part, nonce, sealed part with its tag.
    public static let sealedBytes = clearBytes + nonceBytes + privateBytes + SealLimits.tagBytes
    /// Servers that one token may be for: a world's neighbours, at a fixed length.
    public static let maximumServers = 8
    static let clearBytes = 21
    static let nonceBytes = 24
    static let privateBytes = 195
    static let secretBytes = 32
    static let format: UInt8 = 1
    static let textPrefix = "cairn1."

    /// Names this token among all others; random.
    public let id: UInt64
    /// Names the key that it was sealed under: `TokenKey.identifier`.
    public let keyIdentifier: UInt32
    /// When it stops being worth anything, in milliseconds of Unix time.
    public let expiryMilliseconds: UInt64
    let sealed: [UInt8]
    let secret: SecretMemory

    /// Makes a token for `identity`, valid from now for `lifetimeMilliseconds`.
    ///
    /// Sealed with XChaCha20-Poly1305, whose nonce is long enough to be drawn at random.
    /// - Precondition: there are 1 to `maximumServers` servers.
    public static func issue(
        for identity: ClientIdentity, servers: [UInt64], key: TokenKey,
        wallMilliseconds: UInt64, lifetimeMilliseconds: UInt64, entropy: inout SeededEntropy
    ) -> ConnectToken {
        let secret = entropy.draw(secretBytes)
        let id = entropy.word()
        let nonce = entropy.bytes(nonceBytes)
        // Safe: a lifetime that wraps past the end of time makes an expired token, not a trap.
        let expiry = wallMilliseconds &+ lifetimeMilliseconds
        let privatePart = PrivatePart(
            identity: identity, servers: servers, issuedMilliseconds: wallMilliseconds)
        let sealed = sealed(
            privatePart.encoded(with: secret), behind: clearPart(key.identifier, id, expiry),
            nonce: nonce, key: key)
        return ConnectToken(
            id: id, keyIdentifier: key.identifier, expiryMilliseconds: expiry, sealed: sealed,
            secret: secret)
    }

    /// Makes a token for one server.
    public static func issue(
        for identity: ClientIdentity, serverID: UInt64, key: TokenKey,
        wallMilliseconds: UInt64, lifetimeMilliseconds: UInt64, entropy: inout SeededEntropy
    ) -> ConnectToken {
        issue(
            for: identity, servers: [serverID], key: key, wallMilliseconds: wallMilliseconds,
            lifetimeMilliseconds: lifetimeMilliseconds, entropy: &entropy)
    }

    private init(
        id: UInt64, keyIdentifier: UInt32, expiryMilliseconds: UInt64, sealed: [UInt8],
        secret: SecretMemory
    ) {
        self.id = id
        self.keyIdentifier = keyIdentifier
        self.expiryMilliseconds = expiryMilliseconds
        self.sealed = sealed
        self.secret = secret
    }

    /// Reads the text form; nil when it is not one. Whether a server honours it, only that server
    /// can tell.
    public init?(text: String) {
        guard text.hasPrefix(Self.textPrefix), sodiumReady() else { return nil }
        var encoded = Array(text.utf8.dropFirst(Self.textPrefix.utf8.count))
        defer { wipe(&encoded) }
        let whole = Self.sealedBytes + Self.secretBytes
        guard let bytes = decodeBase64URL(encoded.rawBytes, byteCount: whole) else { return nil }
        let sealed = bytes.copied(0..<Self.sealedBytes)
        guard let clear = ClearPart(sealed.rawBytes) else { return nil }
        self.init(
            id: clear.tokenID, keyIdentifier: clear.keyIdentifier,
            expiryMilliseconds: clear.expiryMilliseconds, sealed: sealed,
            secret: bytes.slice(Self.sealedBytes..<whole))
    }

    /// The whole token as text, the secret included: `cairn1.` and base64url.
    public var text: String {
        var bytes = sealed + secret.copied(0..<Self.secretBytes)
        defer { wipe(&bytes) }
        return Self.textPrefix + encodeBase64URL(bytes.rawBytes)
    }

    /// What a hello carries: everything but the secret.
    public var sealedPart: [UInt8] { sealed }

    public var description: String {
        "connect token \(hexadecimal(id)) until \(expiryMilliseconds)"
    }
}

extension ConnectToken {
    private static func clearPart(_ key: UInt32, _ id: UInt64, _ expiry: UInt64) -> [UInt8] {
        do throws(CodecError) {
            return try encodeBytes(capacity: clearBytes) { (writer) throws(CodecError) in
                try writer.put(format)
                try writer.put(key)
                try writer.put(id)
                try writer.put(expiry)
            }
        } catch {
            preconditionFailure("the parts of a token add up to its length")
        }
    }

    /// Clear part, nonce, what is private encrypted, tag.
    private static func sealed(
        _ privatePart: SecretMemory, behind clear: [UInt8], nonce: [UInt8], key: TokenKey
    ) -> [UInt8] {
        precondition(privatePart.byteCount == privateBytes)
        let start = clearBytes + nonceBytes
        var bytes = clear + nonce + [UInt8](repeating: 0, count: sealedBytes - start)
        let status = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            let base = bytes.baseAddress!
            return unsafe crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
                base + start, base + (start + privateBytes), nil, privatePart.bytes,
                UInt64(privateBytes), base, UInt64(clearBytes), nil, nonce, key.memory.bytes)
        }
        precondition(status == 0)
        return bytes
    }
}
