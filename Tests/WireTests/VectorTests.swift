import CairnBasics
import CairnWire
import Foundation
import Testing
import VectorKit

/// The examples in `protocol/vectors`, which other implementations are checked against.
///
/// To write them anew after a change of the wire: `CAIRN_WRITE_VECTORS=1 swift test --filter
/// Vector`.
@Suite struct VectorTests {
    @Test(arguments: Cipher.allCases) func joinsAndPacketsMatchTheirVectors(cipher: Cipher) throws {
        guard Cipher.supported & (1 << cipher.rawValue) != 0 else { return }
        try check(SessionVector(cipher: cipher).fields, againstVectors: "session-\(cipher)")
    }

    @Test func framesMatchTheirVectors() throws {
        try check(frameVectors(), againstVectors: "frames")
    }
}

/// One join and a packet of each of three key phases each way, from fixed seeds.
private struct SessionVector {
    private static let clientNumbers: [UInt64] = [9, 0x1_0000_0005, 0x1_0000_0006]
    private static let serverNumbers: [UInt64] = [300, 0xffff_ffff, 0x2_0000_0000]
    private(set) var fields: [String: String]

    init(cipher: Cipher) throws {
        let ciphers: UInt8 = 1 << cipher.rawValue | 1
        var issuer = SeededEntropy(seed: seedBytes(100))
        let key = TokenKey(entropy: &issuer)
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: 7, role: .device, capabilities: 3, name: "Ada"),
            servers: [42, 43], key: key, wallMilliseconds: 1_700_000_000_000,
            lifetimeMilliseconds: 60_000, entropy: &issuer)
        let contents = try ConnectToken.inspect(
            token.sealedPart.rawBytes, keys: [key], serverID: 42,
            wallMilliseconds: 1_700_000_000_001)

        // The same draws as the handshake makes, so that the vector can name the secrets.
        var clientDraws = SeededEntropy(seed: seedBytes(101))
        var serverDraws = SeededEntropy(seed: seedBytes(102))
        var clientEntropy = clientDraws
        var serverEntropy = serverDraws
        let clientNonce = littleEndian(clientDraws.word()) + littleEndian(clientDraws.word())
        let clientSecret = clientDraws.bytes(32)
        let serverSecret = serverDraws.bytes(32)
        let serverNonce = littleEndian(serverDraws.word()) + littleEndian(serverDraws.word())

        // One extension that version 1 knows, one that it does not.
        let client = ClientHandshake(
            token: token, ciphers: ciphers,
            extensions: HelloExtensions(
                HelloExtensions(maximumDatagramBytes: 1_472).entries + [
                    HelloExtensions.Entry(type: 0x7001, body: [1, 2, 3])
                ]), entropy: &clientEntropy)
        let cookie = Cookie(bucket: 1_234, code: Code128(0x0807_0605_0403_0201, 0x99))
        let hello = client.hello(cookie: cookie)
        let (serverHello, keys) = try #require(
            answer(hello, contents, ciphers: ciphers, entropy: &serverEntropy))
        let accepted = client.accept(serverHello.bytes.rawBytes)
        let outcome = try #require(accepted)
        var clientSealer = outcome.keys.clientSealer()
        var serverSealer = keys.serverSealer()
        let frames: [UInt8] = [0x03, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x02, 0xaa, 0xbb]
        fields = [
            "tokenKey": hex(try #require(fromBase64URL(key.secretText))),
            "tokenText": token.text, "tokenID": "\(token.id)",
            "sealedToken": hex(token.sealedPart),
            "serverID": "42", "epoch": "5", "connectionID": "72623859790382856",
            "cipher": "\(cipher.rawValue)",
            "clientNonce": hex(clientNonce), "clientSecretKey": hex(clientSecret),
            "serverNonce": hex(serverNonce), "serverSecretKey": hex(serverSecret),
            "cookieBucket": "1234",
            "cookieCode": hex(littleEndian(cookie.code.low) + littleEndian(cookie.code.high)),
            "clientExtensions": hex(Array(hello[332..<332 + 2 + 6 + 7])),
            "serverExtensions": hex(Array(serverHello.bytes[91..<serverHello.bytes.count - 16])),
            "clientHello": hex(hello),
            "serverHello": hex(serverHello.bytes),
            "refusalServerFull": hex(
                JoinRefusal(.serverFull, nonce: client.nonce, token: contents).bytes),
            "frames": hex(frames),
        ]
        for (phase, number) in Self.clientNumbers.enumerated() {
            let header =
                [0x02] + littleEndian(outcome.connectionID) + littleEndian(number).prefix(4)
            fields["clientPacketPhase\(phase)Number\(number)"] = hex(
                sealed(frames, header: header, number: number, by: &clientSealer))
            clientSealer.advance()
        }
        for (phase, number) in Self.serverNumbers.enumerated() {
            let header = [0x84] + littleEndian(number).prefix(4)
            fields["serverPacketPhase\(phase)Number\(number)"] = hex(
                sealed(frames, header: header, number: number, by: &serverSealer))
            serverSealer.advance()
        }
    }
}

private func answer(
    _ hello: [UInt8], _ token: TokenContents, ciphers: UInt8, entropy: inout SeededEntropy
) -> (ServerHello, SessionKeys)? {
    guard let hello = ClientHello(hello.rawBytes) else { return nil }
    return ServerHello.answer(
        to: hello, token: token, serverID: 42, epoch: 5, connectionID: 0x0102_0304_0506_0708,
        version: 1, ciphers: ciphers, offer: hello.extensions() ?? HelloExtensions(),
        extensions: HelloExtensions(maximumDatagramBytes: 1_452), entropy: &entropy)
}

/// One body of each of the transport's frames.
private func frameVectors() throws -> [String: String] {
    func encoded(_ body: (inout ByteWriter) throws(CodecError) -> Void) throws -> String {
        hex(try encodeBytes(capacity: 256, body))
    }
    return [
        "message lane 3 number 300 whole": try encoded { (writer) throws(CodecError) in
            try MessagePartHead(lane: 3, number: 300).encode(into: &writer)
        },
        "message lane 2 number 7 part of 262144 from chunk 2047": try encoded {
            (writer) throws(CodecError) in
            let part = MessagePartHead.Part(length: 262_144, firstChunk: 2_047)
            try MessagePartHead(lane: 2, number: 7, part: part).encode(into: &writer)
        },
        "sequenced channel 15 sequence 300": try encoded { (writer) throws(CodecError) in
            try SequencedHead(channel: 15, sequence: 300).encode(into: &writer)
        },
        "ping sent 0x1122334455667788": try encoded { (writer) throws(CodecError) in
            try Ping(sent: 0x1122_3344_5566_7788).encode(into: &writer)
        },
        "pong echoed 1 received 2 answered 3": try encoded { (writer) throws(CodecError) in
            try Pong(echoed: 1, received: 2, answered: 3).encode(into: &writer)
        },
        "close removed 'not yours'": try encoded { (writer) throws(CodecError) in
            try CloseReason(.removed, "not yours").encode(into: &writer)
        },
    ]
}

private func littleEndian(_ word: UInt64) -> [UInt8] {
    withUnsafeBytes(of: word.littleEndian, Array.init)
}

private func fromBase64URL(_ text: String) -> [UInt8]? {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
    return Data(base64Encoded: padded).map(Array.init)
}
