// A connect token says who may join which server until when. It has three parts: a clear part that
// the seal vouches for, a part sealed for the servers, and a secret that the sealed part repeats.
// The client shows the first two and proves that it holds the third, which never travels: a token
// seen on the network is worth nothing without it. The text form carries all three and is a bearer
// credential: keep it as one would a password, and let it expire within a minute.

internal import CSodium
import CairnBasics

/// Leave to join one server, made by whoever holds a `TokenKey`.
public struct ConnectToken: Sendable, CustomStringConvertible {
    /// Bytes that go into a hello: clear part, nonce, sealed part with its tag.
    public static let sealedBytes = clearBytes + nonceBytes + privateBytes + SealLimits.tagBytes
    static let clearBytes = 21
    static let nonceBytes = 24
    static let privateBytes = 90
    static let secretBytes = 32
    static let format: UInt8 = 1
    static let textPrefix = "cairn1."

    /// Which server it is for.
    public let serverID: UInt64
    /// When it stops being worth anything, in milliseconds of Unix time.
    public let expiryMilliseconds: UInt64
    let sealed: [UInt8]
    let secret: SecretMemory

    /// Makes a token for `identity`, valid from now for `lifetimeMilliseconds`.
    ///
    /// Sealed with XChaCha20-Poly1305, whose nonce is long enough to be drawn at random.
    public static func issue(
        for identity: ClientIdentity, serverID: UInt64, key: TokenKey,
        wallMilliseconds: UInt64, lifetimeMilliseconds: UInt64, entropy: inout SeededEntropy
    ) -> ConnectToken {
        let secret = entropy.draw(secretBytes)
        let nonce = entropy.bytes(nonceBytes)
        // Safe: a lifetime that wraps past the end of time makes an expired token, not a trap.
        let expiry = wallMilliseconds &+ lifetimeMilliseconds
        var bytes = encoded(
            clear: (key.identifier, serverID, expiry), nonce: nonce, secret: secret,
            issuedAt: wallMilliseconds, identity: identity)
        seal(&bytes, nonce: nonce, key: key)
        return ConnectToken(
            serverID: serverID, expiryMilliseconds: expiry, sealed: bytes, secret: secret)
    }

    private init(
        serverID: UInt64, expiryMilliseconds: UInt64, sealed: [UInt8], secret: SecretMemory
    ) {
        self.serverID = serverID
        self.expiryMilliseconds = expiryMilliseconds
        self.sealed = sealed
        self.secret = secret
    }

    /// Reads the text form; nil when it is not one. Whether a server honours it, only that server
    /// can tell.
    public init?(text: String) {
        guard text.hasPrefix(Self.textPrefix), sodiumReady(),
            let bytes = decodeBase64URL(
                String(text.dropFirst(Self.textPrefix.count)),
                byteCount: Self.sealedBytes + Self.secretBytes)
        else { return nil }
        let sealed = Array(bytes[0..<Self.sealedBytes])
        guard let clear = ClearPart(sealed.rawBytes) else { return nil }
        self.init(
            serverID: clear.serverID, expiryMilliseconds: clear.expiryMilliseconds, sealed: sealed,
            secret: SecretMemory(Array(bytes[Self.sealedBytes...]).rawBytes))
    }

    /// The whole token as text, the secret included: `cairn1.` and base64url.
    public var text: String {
        Self.textPrefix + encodeBase64URL(sealed + secret.copied(0..<Self.secretBytes))
    }

    /// What a hello carries: everything but the secret.
    public var sealedPart: [UInt8] { sealed }

    public var description: String {
        "connect token for server \(serverID) until \(expiryMilliseconds)"
    }
}

extension ConnectToken {
    private static func encoded(
        clear: (key: UInt32, serverID: UInt64, expiry: UInt64), nonce: [UInt8],
        secret: SecretMemory, issuedAt: UInt64, identity: ClientIdentity
    ) -> [UInt8] {
        do throws(CodecError) {
            return try encodeBytes(capacity: sealedBytes) { (writer) throws(CodecError) in
                try writer.put(format)
                try writer.put(clear.key)
                try writer.put(clear.serverID)
                try writer.put(clear.expiry)
                try writer.putBytes(nonce.rawBytes)
                try writer.putBytes(secret.copied(0..<secretBytes).rawBytes)
                try writer.put(issuedAt)
                try identity.encode(into: &writer)
                try writer.put(Code128(0, 0))
            }
        } catch {
            preconditionFailure("the parts of a token add up to its length")
        }
    }

    /// Encrypts the private part where it stands and writes the tag behind it.
    private static func seal(_ bytes: inout [UInt8], nonce: [UInt8], key: TokenKey) {
        let start = clearBytes + nonceBytes
        let status = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            let base = bytes.baseAddress!
            return unsafe crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
                base + start, base + (start + privateBytes), nil, base + start,
                UInt64(privateBytes), base, UInt64(clearBytes), nil, nonce, key.memory.bytes)
        }
        precondition(status == 0)
    }
}
