import CairnBasics
import CairnTransport
import CairnWire

/// A client with real keys and no manners: it joins by hand, then seals whatever a test wants.
final class Rogue {
    let pair: Pair
    let address: NetworkAddress
    private(set) var connectionID: UInt64 = 0
    private var sealer: Sealer?
    private var nextNumber: UInt64 = 0
    private var opener: Opener?
    private(set) var handle: ConnectionHandle?
    private(set) var answersToHello: [[UInt8]] = []

    /// Joins; the server knows it after its first packet.
    init(
        _ pair: Pair, address: NetworkAddress = NetworkAddress(ipv4: 0x0a00_0666, port: 666),
        versions: ClosedRange<UInt8> = ProtocolVersion.spoken,
        extensions: HelloExtensions = HelloExtensions(),
        altering alter: ([UInt8]) -> [UInt8] = { $0 }
    ) {
        self.pair = pair
        self.address = address
        let handshake = ClientHandshake(
            token: pair.token(identity: 666), versions: versions, extensions: extensions,
            entropy: &pair.entropy)
        let cookie = answers {
            pair.receiveAtServer(handshake.hello(cookie: .empty), from: address)
        }
        guard let reply = cookie.first.flatMap({ CookieReply($0.rawBytes) }) else { return }
        answersToHello = answers {
            pair.receiveAtServer(alter(handshake.hello(cookie: reply.cookie)), from: address)
        }
        guard let outcome = answersToHello.first.flatMap({ handshake.accept($0.rawBytes) }) else {
            return
        }
        connectionID = outcome.connectionID
        sealer = outcome.keys.clientSealer(firstNumber: pair.keyLimits.firstNumber)
        opener = outcome.keys.serverOpener(firstNumber: pair.keyLimits.firstNumber)
        nextNumber = pair.keyLimits.firstNumber
        send(frame(.ping, [UInt8](repeating: 0, count: 8)))
        handle = pair.joined.first { $0.value.identity == 666 }?.key
    }

    /// A sealed packet with these frames and the next number, or `number`.
    func packet(_ frames: [UInt8], number: UInt64? = nil) -> [UInt8] {
        let number = number ?? nextNumber
        nextNumber = number + 1
        return sealer!.packet(frames, number: number, connectionID: connectionID)
    }

    /// Goes on to the next key.
    func changeKey() { sealer!.advance() }

    /// Runs `body` and opens what the server sent here meanwhile.
    func opened(_ body: () -> Void) -> [[UInt8]] {
        answers(body).compactMap { bytes in
            var packet = bytes
            let low = packet[1..<5].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            var span = packet.mutableSpan
            var raw = span.mutableBytes
            let number = PacketHeader.number(low, expected: pair.keyLimits.firstNumber)
            let range = opener!.open(&raw, headerBytes: PacketHeader.serverBytes, number: number)
            return range.map { Array(packet[$0]) }
        }
    }

    @discardableResult func send(_ frames: [UInt8], number: UInt64? = nil) -> Arrival {
        pair.receiveAtServer(packet(frames, number: number), from: address)
    }

    /// Runs `body` and collects what the server sent here meanwhile.
    private func answers(_ body: () -> Void) -> [[UInt8]] {
        var seen: [[UInt8]] = []
        pair.tap = { source, bytes in if source == Pair.serverAddress { seen.append(bytes) } }
        body()
        pair.tap = nil
        return seen
    }
}

/// One frame's bytes.
func frame(_ type: FrameType, _ body: [UInt8]) -> [UInt8] {
    varint(UInt64(type.rawValue)) + varint(UInt64(body.count)) + body
}

/// A frame with a whole message.
func whole(
    _ bytes: [UInt8], _ type: FrameType = .orderedMessage, lane: UInt8 = 0, number: UInt64
) -> [UInt8] {
    frame(type, [lane] + varint(number) + bytes)
}

/// A frame with a part of a message of `length` bytes.
func part(
    _ bytes: [UInt8], _ type: FrameType = .orderedMessage, lane: UInt8 = 0, number: UInt64,
    of length: Int, from chunk: Int
) -> [UInt8] {
    frame(
        type,
        [lane | 0x80] + varint(number) + varint(UInt64(length)) + varint(UInt64(chunk)) + bytes)
}

func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
    }
    return bytes + [UInt8(truncatingIfNeeded: rest)]
}
