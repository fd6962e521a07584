import CairnBasics

/// The server's answer to a proven hello.
///
///     0     type 0x82          1     version            2     cipher
///     3     client nonce (16)  19    server nonce (16)  35    X25519 key (32)
///     67    connection id (8)  75    epoch (8)          83    server id (8)
///     91    extensions: length (2), entries (at most 256)
///           confirmation (16)
///
/// The confirmation is keyed BLAKE2b, under a key of the new session, of everything before it: a
/// client that can check it knows that the server opened its token and holds the session's keys.
public struct ServerHello: Sendable {
    /// How many bytes it has at most.
    public static let longestBytes = 91 + 2 + HelloExtensions.longestAnswer + 16

    public let bytes: [UInt8]

    /// Answers a hello whose token was opened and whose sender proved to hold its secret.
    /// - Parameter offer: the hello's extensions.
    /// - Parameter extensions: what the server says of itself to a client that asks.
    /// - Returns: the answer and the session's keys; nil when the client's key is degenerate.
    public static func answer(
        to hello: borrowing ClientHello, token: TokenContents, serverID: UInt64, epoch: UInt64,
        connectionID: UInt64, version: UInt8, ciphers: UInt8 = Cipher.supported,
        offer: HelloExtensions, extensions: HelloExtensions = HelloExtensions(),
        entropy: inout SeededEntropy
    ) -> (hello: ServerHello, keys: SessionKeys)? {
        let secretKey = entropy.draw(32)
        let ownKey = publicKey(of: secretKey)
        guard let shared = sharedSecret(secretKey, hello.publicKey) else { return nil }
        let transcript = SessionKeys.Transcript(
            clientNonce: hello.nonce, serverNonce: Code128(entropy.word(), entropy.word()),
            serverID: serverID, epoch: epoch, connectionID: connectionID, version: version,
            cipher: Cipher.common(hello.ciphers, ciphers), offer: offer,
            answer: extensions.answering(offer))
        let keys = SessionKeys(
            tokenSecret: token.secret, shared: shared, clientKey: hello.publicKey,
            serverKey: ownKey.rawBytes, transcript: transcript)
        return (ServerHello(transcript, publicKey: ownKey, keys: keys), keys)
    }

    private init(_ transcript: SessionKeys.Transcript, publicKey: [UInt8], keys: SessionKeys) {
        do throws(CodecError) {
            let clear = try encodeBytes(capacity: Self.longestBytes) {
                (writer) throws(CodecError) in
                try writer.put(PacketType.serverHello.rawValue)
                try writer.put(transcript.version)
                try writer.put(transcript.cipher.rawValue)
                try writer.put(transcript.clientNonce)
                try writer.put(transcript.serverNonce)
                try writer.putBytes(publicKey.rawBytes)
                try writer.put(transcript.connectionID)
                try writer.put(transcript.epoch)
                try writer.put(transcript.serverID)
                try transcript.answer.encode(into: &writer)
            }
            let code = authenticationCode(key: keys.confirmation, clear.rawBytes)
            bytes =
                try clear
                + encodeBytes(capacity: 16) { (writer) throws(CodecError) in try writer.put(code) }
        } catch {
            preconditionFailure("a server's hello has a longest length")
        }
    }
}

extension ClientHandshake {
    /// What a client knows once a server's hello held.
    public struct Outcome: Sendable {
        public let keys: SessionKeys
        public let connectionID: UInt64
        public let version: UInt8
        /// What the server says of itself.
        public let extensions: HelloExtensions
    }

    /// Reads a server's hello; nil when it is not the answer to this handshake's hello.
    public func accept(_ datagram: RawSpan) -> Outcome? {
        var reader = ByteReader(datagram)
        do throws(CodecError) {
            guard try reader.get(UInt8.self) == PacketType.serverHello.rawValue else { return nil }
            let version = try reader.get(UInt8.self)
            guard let cipher = Cipher(rawValue: try reader.get(UInt8.self)),
                versions.contains(version), ciphers & (1 << cipher.rawValue) != 0,
                nonce.matches(try reader.getCode())
            else { return nil }
            let serverNonce = try reader.getCode()
            let serverKey = try reader.getBytes(32)
            let connectionID = try reader.get(UInt64.self)
            let epoch = try reader.get(UInt64.self)
            let serverID = try reader.get(UInt64.self)
            let answer = try HelloExtensions(
                decoding: &reader, atMost: HelloExtensions.longestAnswer)
            let clear = datagram.extracting(0..<datagram.byteCount &- reader.remaining)
            let confirmation = try reader.getCode()
            guard reader.remaining == 0, answer.answers(extensions) else { return nil }
            let transcript = SessionKeys.Transcript(
                clientNonce: nonce, serverNonce: serverNonce, serverID: serverID, epoch: epoch,
                connectionID: connectionID, version: version, cipher: cipher, offer: extensions,
                answer: answer)
            guard let shared = sharedSecret(secretKey, serverKey) else { return nil }
            let keys = SessionKeys(
                tokenSecret: token.secret, shared: shared, clientKey: publicKey.rawBytes,
                serverKey: serverKey, transcript: transcript)
            guard authenticationCode(key: keys.confirmation, clear).matches(confirmation) else {
                return nil
            }
            return Outcome(
                keys: keys, connectionID: connectionID, version: version, extensions: answer)
        } catch {
            return nil
        }
    }
}
