import CairnBasics
import CairnWire
import Testing
import VectorKit

/// What `protocol/vectors` has of joins and packets is read, and written again to the same bytes.
@Suite struct VectorsComeBackTests {
    @Test(arguments: Cipher.allCases)
    func aJoinIsReadAndItsPacketsAreOpenedAndSealedAgain(cipher: Cipher) throws {
        guard Cipher.supported & (1 << cipher.rawValue) != 0 else { return }
        let stored = try storedVectors("session-\(cipher)")
        func bytes(_ key: String) throws -> [UInt8] {
            try #require(stored[key].flatMap(unhex), "\(key)")
        }
        let hello = try bytes("clientHello")
        // Values out of the view, since a macro cannot take what must not escape.
        guard let view = ClientHello(hello.rawBytes), let extensions = view.extensions() else {
            Issue.record("the hello cannot be read")
            return
        }
        let (sealedToken, cookie, ciphers) = (view.sealedToken.array, view.cookie, view.ciphers)
        let versions = view.lowestVersion...view.highestVersion
        #expect(hex(sealedToken) == stored["sealedToken"])
        #expect(cookie.bucket == 1_234 && versions == 1...1)
        #expect(
            try hex { (writer) throws(CodecError) in try extensions.encode(into: &writer) }
                == stored["clientExtensions"])

        // The seed that the vector's client drew from.
        var entropy = SeededEntropy(seed: seedBytes(101))
        let token = try #require(stored["tokenText"].flatMap { ConnectToken(text: $0) })
        let client = ClientHandshake(
            token: token, ciphers: ciphers, extensions: extensions, entropy: &entropy)
        #expect(client.hello(cookie: cookie) == hello)
        let answer = try bytes("serverHello")
        let accepted = client.accept(answer.rawBytes)
        let outcome = try #require(accepted)
        #expect(String(outcome.connectionID) == stored["connectionID"])
        let refusal = try bytes("refusalServerFull")
        let reason = client.refusal(in: refusal.rawBytes)
        #expect(reason == .serverFull)
        let frames = try bytes("frames")
        var clientOpener = outcome.keys.clientOpener()
        var serverOpener = outcome.keys.serverOpener()
        var clientSealer = outcome.keys.clientSealer()
        var serverSealer = outcome.keys.serverSealer()
        for packet in Self.packets(of: "client", in: stored) {
            let header = Array(packet.bytes[..<PacketHeader.clientBytes])
            let payload = opened(
                packet.bytes, headerBytes: header.count, number: packet.number, by: &clientOpener)
            let again = sealed(frames, header: header, number: packet.number, by: &clientSealer)
            #expect(payload == frames && again == packet.bytes, "client \(packet.number)")
            clientSealer.advance()
        }
        for packet in Self.packets(of: "server", in: stored) {
            let header = Array(packet.bytes[..<PacketHeader.serverBytes])
            let payload = opened(
                packet.bytes, headerBytes: header.count, number: packet.number, by: &serverOpener)
            let again = sealed(frames, header: header, number: packet.number, by: &serverSealer)
            #expect(payload == frames && again == packet.bytes, "server \(packet.number)")
            serverSealer.advance()
        }
    }

    /// The packets of one end in the order of their phases.
    private static func packets(
        of end: String, in stored: [String: String]
    ) -> [(number: UInt64, bytes: [UInt8])] {
        let names = stored.keys.filter { $0.hasPrefix("\(end)PacketPhase") }.sorted()
        return names.compactMap { name in
            let number = name.split(separator: "Number").last.flatMap { UInt64($0) }
            guard let number, let bytes = stored[name].flatMap(unhex) else { return nil }
            return (number, bytes)
        }
    }

    @Test func framesComeBack() throws {
        try expectVectorsComeBack("frames", "message lane") { (reader, writer) throws(CodecError) in
            try MessagePartHead(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("frames", "sequenced") { (reader, writer) throws(CodecError) in
            try SequencedHead(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("frames", "ping") { (reader, writer) throws(CodecError) in
            try Ping(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("frames", "pong") { (reader, writer) throws(CodecError) in
            try Pong(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("frames", "close") { (reader, writer) throws(CodecError) in
            try CloseReason(decoding: &reader).encode(into: &writer)
        }
    }
}
