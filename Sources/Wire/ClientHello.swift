import CairnBasics

/// The client's first and third datagram, always `byteCount` long, so that no answer to it is
/// larger.
///
///     0     type 0x01          1     magic "CAIR"       5     lowest version   6   highest version
///     7     cipher set         8     client nonce (16)  24    X25519 key (32)
///     56    cookie: time bucket (4), code (16)          76    sealed token (256)
///     332   extensions: length (2), entries (at most 512), then zeros
///     1184  proof (16): keyed BLAKE2b of everything before it
///
/// A view, without a copy: a server parses these before it knows that the sender's address is real.
public struct ClientHello: ~Escapable {
    public static let byteCount = DatagramBatch.datagramBytes
    public static let magic: UInt32 = 0x5249_4143
    static let proofOffset = byteCount - 16
    static let tokenOffset = 76
    static let extensionsOffset = tokenOffset + ConnectToken.sealedBytes

    public let lowestVersion: UInt8
    public let highestVersion: UInt8
    public let ciphers: UInt8
    public let nonce: Code128
    public let cookie: Cookie
    private let proof: Code128
    private let bytes: RawSpan

    /// Reads a datagram; nil when its length, type or magic are not a hello's.
    @_lifetime(copy bytes)
    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount else { return nil }
        var reader = ByteReader(bytes)
        do throws(CodecError) {
            guard try reader.get(UInt8.self) == PacketType.clientHello.rawValue,
                try reader.get(UInt32.self) == Self.magic
            else { return nil }
            lowestVersion = try reader.get(UInt8.self)
            highestVersion = try reader.get(UInt8.self)
            ciphers = try reader.get(UInt8.self)
            nonce = try reader.getCode()
            _ = try reader.getBytes(32)
            cookie = Cookie(bucket: try reader.get(UInt32.self), code: try reader.getCode())
            var tail = ByteReader(bytes.extracting(Self.proofOffset..<bytes.byteCount))
            proof = try tail.getCode()
        } catch {
            return nil
        }
        self.bytes = bytes
    }

    /// The client's X25519 key for this join.
    public var publicKey: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(24..<56) }
    }
    public var sealedToken: RawSpan {
        @_lifetime(copy self) get {
            bytes.extracting(Self.tokenOffset..<Self.extensionsOffset)
        }
    }

    /// What the client says of itself; nil when its extensions are malformed.
    public func extensions() -> HelloExtensions? {
        var reader = ByteReader(bytes.extracting(Self.extensionsOffset..<Self.proofOffset))
        do throws(CodecError) {
            return try HelloExtensions(
                decoding: &reader, atMost: HelloExtensions.longestOffer)
        } catch {
            return nil
        }
    }

    /// True when the sender holds the token's secret and nothing in the hello was changed.
    public func isProven(by token: TokenContents) -> Bool {
        let key = deriveKey(.helloProof, from: token.secret)
        return authenticationCode(key: key, bytes.extracting(0..<Self.proofOffset)).matches(proof)
    }
}

/// The client's half of a join: fresh keys, the hello, and what the server's answer makes of them.
public struct ClientHandshake: Sendable {
    public let nonce: Code128
    /// The ciphers offered, as in `Cipher.supported`.
    let ciphers: UInt8
    let versions: ClosedRange<UInt8>
    let extensions: HelloExtensions
    let token: ConnectToken
    let secretKey: SecretMemory
    let publicKey: [UInt8]

    /// - Parameter extensions: what to tell the server of this end.
    public init(
        token: ConnectToken, ciphers: UInt8 = Cipher.supported,
        versions: ClosedRange<UInt8> = ProtocolVersion.spoken,
        extensions: HelloExtensions = HelloExtensions(), entropy: inout SeededEntropy
    ) {
        self.token = token
        self.ciphers = ciphers
        self.versions = versions
        self.extensions = extensions
        nonce = Code128(entropy.word(), entropy.word())
        secretKey = entropy.draw(32)
        publicKey = CairnWire.publicKey(of: secretKey)
    }

    /// The hello's bytes; the first has the empty cookie.
    public func hello(cookie: Cookie) -> [UInt8] {
        do throws(CodecError) {
            var bytes = try encodeBytes(capacity: ClientHello.byteCount) {
                (writer) throws(CodecError) in
                try writer.put(PacketType.clientHello.rawValue)
                try writer.put(ClientHello.magic)
                try writer.put(versions.lowerBound)
                try writer.put(versions.upperBound)
                try writer.put(ciphers)
                try writer.put(nonce)
                try writer.putBytes(publicKey.rawBytes)
                try writer.put(cookie.bucket)
                try writer.put(cookie.code)
                try writer.putBytes(token.sealed.rawBytes)
                try extensions.encode(into: &writer)
            }
            bytes += [UInt8](repeating: 0, count: ClientHello.proofOffset - bytes.count)
            let key = deriveKey(.helloProof, from: token.secret)
            let proof = authenticationCode(key: key, bytes.rawBytes)
            bytes += try encodeBytes(capacity: 16) { (writer) throws(CodecError) in
                try writer.put(proof)
            }
            return bytes
        } catch {
            preconditionFailure("a hello has a fixed length")
        }
    }
}
