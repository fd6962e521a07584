internal import CSodium
import CairnBasics

/// Why a server does not honour a token; counted, never told to whoever sent it.
public enum TokenError: Error, Hashable, Sendable, CaseIterable {
    /// Not laid out as a token.
    case malformed
    /// Sealed under a key that this server does not have.
    case unknownKey
    /// Made for another server.
    case wrongServer
    /// Its time has passed.
    case expired
    /// Taken back before its time, or whoever it speaks for was.
    case revoked
    /// The seal does not hold.
    case forged
}

/// What the sealed part of a token says, once its seal held.
public struct TokenContents: Sendable {
    /// Names this token among all others; random.
    public let id: UInt64
    public let identity: ClientIdentity
    /// The servers that it is for, 1 to `ConnectToken.maximumServers`.
    public let servers: [UInt64]
    public let issuedMilliseconds: UInt64
    public let expiryMilliseconds: UInt64
    let secret: SecretMemory
}

extension ConnectToken {
    /// What the seal vouches for and anyone may read.
    struct ClearPart {
        let keyIdentifier: UInt32
        let tokenID: UInt64
        let expiryMilliseconds: UInt64

        init?(_ bytes: RawSpan) {
            var reader = ByteReader(bytes)
            do throws(CodecError) {
                guard try reader.get(UInt8.self) == ConnectToken.format else { return nil }
                keyIdentifier = try reader.get(UInt32.self)
                tokenID = try reader.get(UInt64.self)
                expiryMilliseconds = try reader.get(UInt64.self)
            } catch {
                return nil
            }
        }
    }

    /// Opens the sealed part of a token, cheapest checks first.
    ///
    /// A token with no matching key costs a comparison; a forged one 0.5 µs; a good one 1.5 µs.
    /// - Parameter serverID: The server that asks; nil to read a token for any.
    public static func inspect(
        _ sealed: RawSpan, keys: [TokenKey], serverID: UInt64?,
        revoked: RevocationList = RevocationList(), wallMilliseconds: UInt64
    ) throws(TokenError) -> TokenContents {
        guard sealed.byteCount == sealedBytes, let clear = ClearPart(sealed) else {
            throw .malformed
        }
        guard let key = keys.first(where: { $0.identifier == clear.keyIdentifier }) else {
            throw .unknownKey
        }
        guard wallMilliseconds < clear.expiryMilliseconds else { throw .expired }
        guard !revoked.revokes(token: clear.tokenID, wallMilliseconds: wallMilliseconds) else {
            throw .revoked
        }
        guard let opened = open(sealed, key: key) else { throw .forged }
        var reader = ByteReader(opened.span.extracting(secretBytes..<privateBytes))
        guard let read = try? PrivatePart(decoding: &reader) else { throw .malformed }
        guard serverID.map(read.servers.contains) ?? true else { throw .wrongServer }
        let account = read.identity.identity
        guard !revoked.revokes(identity: account, wallMilliseconds: wallMilliseconds) else {
            throw .revoked
        }
        return TokenContents(
            id: clear.tokenID, identity: read.identity, servers: read.servers,
            issuedMilliseconds: read.issuedMilliseconds,
            expiryMilliseconds: clear.expiryMilliseconds, secret: opened.slice(0..<secretBytes))
    }

    /// The private part in the clear, in memory that is wiped; nil when the seal does not hold.
    /// The tag is checked first, so that a forged token allocates nothing.
    private static func open(_ sealed: RawSpan, key: TokenKey) -> SecretMemory? {
        guard unsafe decrypt(sealed, key: key, into: nil) else { return nil }
        let opened = SecretMemory(byteCount: privateBytes)
        return unsafe decrypt(sealed, key: key, into: opened.bytes) ? opened : nil
    }

    /// Checks the seal, and decrypts where there is something to decrypt into.
    private static func decrypt(
        _ sealed: RawSpan, key: TokenKey, into opened: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        let start = clearBytes + nonceBytes
        return unsafe sealed.withUnsafeBytes { sealed in
            // Safe: the caller has checked that the token is `sealedBytes` long.
            let base = unsafe sealed.bindMemory(to: UInt8.self).baseAddress!
            return unsafe crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
                opened, nil, base + start, UInt64(privateBytes),
                base + (start + privateBytes), base, UInt64(clearBytes), base + clearBytes,
                key.memory.bytes) == 0
        }
    }
}
