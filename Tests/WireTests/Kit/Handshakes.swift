import CairnBasics
import CairnWire

/// A seed of the length that `SeededEntropy` wants.
func seedBytes(_ seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<SeededEntropy.seedBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

/// Everything that one join needs and gives, made from seeds.
struct JoinScene {
    static let serverID: UInt64 = 42
    static let wallMilliseconds: UInt64 = 1_700_000_000_000

    let key: TokenKey
    let token: ConnectToken
    let contents: TokenContents
    let client: ClientHandshake
    let hello: [UInt8]

    init(
        seed: UInt64 = 1, ciphers: UInt8 = Cipher.supported,
        versions: ClosedRange<UInt8> = ProtocolVersion.spoken,
        extensions: HelloExtensions = HelloExtensions(maximumDatagramBytes: 1_472)
    ) throws {
        var entropy = SeededEntropy(seed: seedBytes(seed))
        key = TokenKey(entropy: &entropy)
        token = ConnectToken.issue(
            for: ClientIdentity(identity: 7, role: .device, capabilities: 3, name: "Ada"),
            serverID: Self.serverID, key: key, wallMilliseconds: Self.wallMilliseconds,
            lifetimeMilliseconds: 60_000, entropy: &entropy)
        contents = try ConnectToken.inspect(
            token.sealedPart.rawBytes, keys: [key], serverID: Self.serverID,
            wallMilliseconds: Self.wallMilliseconds)
        client = ClientHandshake(
            token: token, ciphers: ciphers, versions: versions, extensions: extensions,
            entropy: &entropy)
        hello = client.hello(cookie: Cookie(bucket: 9, code: Code128(1, 2)))
    }

    /// The server's answer to the hello, and its keys.
    func answer(
        seed: UInt64 = 2, serverID: UInt64 = JoinScene.serverID, epoch: UInt64 = 5,
        offer: HelloExtensions? = nil,
        own: HelloExtensions = HelloExtensions(maximumDatagramBytes: 9_000),
        versions: ClosedRange<UInt8> = ProtocolVersion.spoken
    ) -> (ServerHello, SessionKeys)? {
        var entropy = SeededEntropy(seed: seedBytes(seed))
        guard let view = ClientHello(hello.rawBytes),
            let version = ProtocolVersion.common(
                lowest: view.lowestVersion, highest: view.highestVersion, own: versions),
            let offer = offer ?? view.extensions()
        else { return nil }
        return ServerHello.answer(
            to: view, token: contents, serverID: serverID, epoch: epoch, connectionID: 77,
            version: version, offer: offer, extensions: own, entropy: &entropy)
    }
}

extension JoinScene {
    // Array in, value out: `#expect` cannot hold a span.
    func accept(_ bytes: [UInt8]) -> ClientHandshake.Outcome? { client.accept(bytes.rawBytes) }
    func refusal(in bytes: [UInt8]) -> RefusalReason? { client.refusal(in: bytes.rawBytes) }
    /// True when the hello is one and its sender holds the secret of this scene's token.
    func isProven(_ hello: [UInt8]) -> Bool {
        guard let hello = ClientHello(hello.rawBytes) else { return false }
        return hello.isProven(by: contents)
    }
}

/// Seals one packet and returns the whole datagram.
func sealed(_ frames: [UInt8], header: [UInt8], number: UInt64, by sealer: inout Sealer) -> [UInt8]
{
    var packet = header + frames + [UInt8](repeating: 0, count: SealLimits.tagBytes)
    var span = packet.mutableSpan
    var raw = span.mutableBytes
    sealer.seal(&raw, headerBytes: header.count, number: number)
    return packet
}

/// Opens one packet; nil when its seal does not hold.
func opened(
    _ packet: [UInt8], headerBytes: Int, number: UInt64, by opener: inout Opener,
    mayAdvance: Bool = true
) -> [UInt8]? {
    var packet = packet
    let range = open(&packet, headerBytes, number, &opener, mayAdvance)
    return range.map { Array(packet[$0]) }
}

private func open(
    _ packet: inout [UInt8], _ headerBytes: Int, _ number: UInt64, _ opener: inout Opener,
    _ mayAdvance: Bool
) -> Range<Int>? {
    var span = packet.mutableSpan
    var raw = span.mutableBytes
    return opener.open(
        &raw, headerBytes: headerBytes, number: number, mayAdvance: mayAdvance)
}

/// `bytes` with one bit turned over.
func flipped(_ bytes: [UInt8], bit: Int) -> [UInt8] {
    var copy = bytes
    copy[bit / 8] ^= 1 << UInt8(bit % 8)
    return copy
}
