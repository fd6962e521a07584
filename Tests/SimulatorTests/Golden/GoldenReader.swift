import CairnBasics
import CairnWire
import Testing
import VectorKit

/// Reads a captured session with the code of today: opens every packet with the session's own keys,
/// says what is in it, and makes the same datagram again from what it read.
struct GoldenReader: ~Copyable {
    struct Reading {
        var says: [String]
        /// The frames of a sealed packet.
        var frames: [UInt8]?
        /// The datagram, made again; nil for what only its maker can make.
        var again: [UInt8]?
    }

    private let handshake: ClientHandshake
    private var keys: Keys?

    private struct Keys: ~Copyable {
        let connectionID: UInt64
        var client: Direction
        var server: Direction
    }

    /// One direction's seals, and where it is.
    private struct Direction: ~Copyable {
        var sealer: Sealer
        var opener: Opener
        var expected: UInt64 = 0
    }

    init(_ capture: GoldenCapture) throws {
        let token = try #require(ConnectToken(text: capture.tokenText))
        let first = try #require(capture.datagrams.first.flatMap { unhex($0.hex) })
        let offered = Self.extensions(of: first)
        var entropy = SeededEntropy(seed: try #require(unhex(capture.clientSeed)))
        handshake = ClientHandshake(
            token: token, extensions: try #require(offered), entropy: &entropy)
    }

    // Values out of views and spans, since `#require` can hold neither.
    private static func extensions(of hello: [UInt8]) -> HelloExtensions? {
        guard let view = ClientHello(hello.rawBytes) else { return nil }
        return view.extensions()
    }

    private static func cookie(of hello: [UInt8]) -> Cookie? {
        guard let view = ClientHello(hello.rawBytes) else { return nil }
        return view.cookie
    }

    mutating func read(_ datagram: [UInt8]) throws -> Reading {
        switch PacketType(firstByte: datagram.first ?? 0) {
        case .clientHello: return try readHello(datagram)
        case .cookie: return try readCookie(datagram)
        case .serverHello: return try readAnswer(datagram)
        case .clientPacket:
            return try Self.read(
                datagram, headerBytes: PacketHeader.clientBytes, isFromClient: true, &keys!.client)
        case .serverPacket:
            return try Self.read(
                datagram, headerBytes: PacketHeader.serverBytes, isFromClient: false, &keys!.server)
        default: return Reading(says: ["something else"])
        }
    }

    private func readHello(_ datagram: [UInt8]) throws -> Reading {
        let asked = Self.cookie(of: datagram)
        let cookie = try #require(asked)
        return Reading(
            says: [cookie.isEmpty ? "first hello" : "hello with the cookie"],
            again: handshake.hello(cookie: cookie))
    }

    private func readCookie(_ datagram: [UInt8]) throws -> Reading {
        let read = CookieReply(datagram.rawBytes)
        let reply = try #require(read)
        let again = try encodeBytes(capacity: CookieReply.byteCount) {
            (writer) throws(CodecError) in try reply.encode(into: &writer)
        }
        return Reading(says: ["cookie"], again: again)
    }

    private mutating func readAnswer(_ datagram: [UInt8]) throws -> Reading {
        let accepted = handshake.accept(datagram.rawBytes)
        let outcome = try #require(accepted)
        keys = Keys(
            connectionID: outcome.connectionID,
            client: Direction(
                sealer: outcome.keys.clientSealer(), opener: outcome.keys.clientOpener()),
            server: Direction(
                sealer: outcome.keys.serverSealer(), opener: outcome.keys.serverOpener()))
        return Reading(says: ["hello"])
    }

    private static func read(
        _ datagram: [UInt8], headerBytes: Int, isFromClient: Bool,
        _ direction: inout Direction
    ) throws -> Reading {
        var packet = datagram
        let low = datagram[headerBytes - 4..<headerBytes].reversed().reduce(UInt32(0)) {
            $0 << 8 | UInt32($1)
        }
        let number = PacketHeader.number(low, expected: direction.expected)
        var span = packet.mutableSpan
        var raw = span.mutableBytes
        let range = direction.opener.open(&raw, headerBytes: headerBytes, number: number)
        let payload = Array(packet[try #require(range)])
        direction.expected = max(direction.expected, number + 1)
        while direction.sealer.phase < direction.opener.phase { direction.sealer.advance() }
        let frames = try GoldenFrames(payload, isFromClient: isFromClient)
        var again = datagram[..<headerBytes] + frames.again
        again += [UInt8](repeating: 0, count: SealLimits.tagBytes)
        var sealed = Array(again)
        var sealedSpan = sealed.mutableSpan
        var sealedRaw = sealedSpan.mutableBytes
        direction.sealer.seal(&sealedRaw, headerBytes: headerBytes, number: number)
        return Reading(says: frames.says, frames: payload, again: sealed)
    }
}
