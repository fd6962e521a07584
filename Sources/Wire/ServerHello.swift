import CairnBasics

/// The server's answer to a proven hello, `byteCount` long.
///
///     0     type 0x82          1     version            2     cipher
///     3     client nonce (16)  19    server nonce (16)  35    X25519 key (32)
///     67    connection id (8)  75    epoch (8)          83    server id (8)
///     91    confirmation (16)
///
/// The confirmation is keyed BLAKE2b, under a key of the new session, of everything before it: a
/// client that can check it knows that the server opened its token and holds the session's keys.
public struct ServerHello: Sendable {
    public static let byteCount = 107
    static let confirmationOffset = byteCount - 16

    public let bytes: [UInt8]

    /// Answers a hello whose token was opened and whose sender proved to hold its secret.
    /// - Returns: the answer and the session's keys; nil when the client's key is degenerate.
    public static func answer(
        to hello: borrowing ClientHello, token: TokenContents, serverID: UInt64, epoch: UInt64,
        connectionID: UInt64, version: UInt8, ciphers: UInt8 = Cipher.supported,
        entropy: inout SeededEntropy
    ) -> (hello: ServerHello, keys: SessionKeys)? {
        let secretKey = entropy.draw(32)
        let ownKey = publicKey(of: secretKey)
        guard let shared = sharedSecret(secretKey, hello.publicKey) else { return nil }
        let transcript = SessionKeys.Transcript(
            clientNonce: hello.nonce, serverNonce: Code128(entropy.word(), entropy.word()),
            serverID: serverID, epoch: epoch, connectionID: connectionID, version: version,
            cipher: Cipher.common(hello.ciphers, ciphers))
        let keys = SessionKeys(
            tokenSecret: token.secret, shared: shared, clientKey: hello.publicKey,
            serverKey: ownKey.rawBytes, transcript: transcript)
        return (ServerHello(transcript, publicKey: ownKey, keys: keys), keys)
    }

    private init(_ transcript: SessionKeys.Transcript, publicKey: [UInt8], keys: SessionKeys) {
        do throws(CodecError) {
            let clear = try encodeBytes(capacity: Self.byteCount) { (writer) throws(CodecError) in
                try writer.put(PacketType.serverHello.rawValue)
                try writer.put(transcript.version)
                try writer.put(transcript.cipher.rawValue)
                try writer.put(transcript.clientNonce)
                try writer.put(transcript.serverNonce)
                try writer.putBytes(publicKey.rawBytes)
                try writer.put(transcript.connectionID)
                try writer.put(transcript.epoch)
                try writer.put(transcript.serverID)
            }
            let code = authenticationCode(key: keys.confirmation, clear.rawBytes)
            bytes =
                try clear
                + encodeBytes(capacity: 16) { (writer) throws(CodecError) in try writer.put(code) }
        } catch {
            preconditionFailure("a server's hello has a fixed length")
        }
    }
}

extension ClientHandshake {
    /// What a client knows once a server's hello held.
    public struct Outcome: Sendable {
        public let keys: SessionKeys
        public let connectionID: UInt64
        public let version: UInt8
    }

    /// Reads a server's hello; nil when it is not the answer to this handshake's hello.
    public func accept(_ datagram: RawSpan) -> Outcome? {
        guard datagram.byteCount == ServerHello.byteCount else { return nil }
        var reader = ByteReader(datagram)
        do throws(CodecError) {
            guard try reader.get(UInt8.self) == PacketType.serverHello.rawValue else { return nil }
            let version = try reader.get(UInt8.self)
            guard let cipher = Cipher(rawValue: try reader.get(UInt8.self)),
                version >= ProtocolVersion.lowest, version <= ProtocolVersion.highest,
                ciphers & (1 << cipher.rawValue) != 0,
                nonce.matches(try reader.getCode())
            else { return nil }
            let serverNonce = try reader.getCode()
            let serverKey = try reader.getBytes(32)
            let connectionID = try reader.get(UInt64.self)
            let epoch = try reader.get(UInt64.self)
            let transcript = SessionKeys.Transcript(
                clientNonce: nonce, serverNonce: serverNonce,
                serverID: try reader.get(UInt64.self), epoch: epoch, connectionID: connectionID,
                version: version, cipher: cipher)
            guard let shared = sharedSecret(secretKey, serverKey) else { return nil }
            let keys = SessionKeys(
                tokenSecret: token.secret, shared: shared, clientKey: publicKey.rawBytes,
                serverKey: serverKey, transcript: transcript)
            let clear = datagram.extracting(0..<ServerHello.confirmationOffset)
            let expected = authenticationCode(key: keys.confirmation, clear)
            guard expected.matches(try reader.getCode()) else { return nil }
            return Outcome(keys: keys, connectionID: connectionID, version: version)
        } catch {
            return nil
        }
    }
}
