import CairnBasics
import CairnTransport
import CairnWire
import Testing

#if DEBUG
    private let hostileDatagrams = 20_000
#else
    private let hostileDatagrams = 250_000
#endif

/// What must not move when something invalid arrives.
private struct Stillness: Equatable {
    var connections: Int
    var server: ConnectionStatistics?
    var address: NetworkAddress?
    var client: ConnectionStatistics?
    var clientState: ClientEndpoint.State
    var joined: UInt64
    var offset: TimeSpan?
    var datagramsSent: Int

    init(_ pair: Pair, _ client: TestClient, _ handle: ConnectionHandle) {
        connections = pair.connectionCount
        server = pair.statistics(of: handle).map(Self.withoutRefusals)
        address = pair.server.address(of: handle)
        self.client = client.statistics.map(Self.withoutRefusals)
        clientState = client.state
        joined = pair.counters.joinsStarted
        offset = client.serverTimeOffset
        datagramsSent = pair.link.count
    }

    private static func withoutRefusals(_ all: ConnectionStatistics) -> ConnectionStatistics {
        var kept = all
        kept.replaysRefused = 0
        kept.forgeriesRefused = 0
        return kept
    }
}

@Suite struct InvalidDatagramsTests {
    /// One of every kind of datagram that a join and a short life bring, as (source, bytes).
    private static func genuineDatagrams() -> (Pair, TestClient, ConnectionHandle, [[UInt8]]) {
        let pair = Pair()
        var seen: [[UInt8]] = []
        pair.tap = { _, bytes in seen.append(bytes) }
        let client = pair.addClient()
        pair.run { client.serverTimeOffset == nil }
        let handle = pair.handle(at: 0)!
        _ = pair.send([UInt8](repeating: 3, count: 3_000), stream: 1, to: handle)
        _ = client.send([UInt8](repeating: 4, count: 3_000), stream: 2)
        pair.run(for: .milliseconds(300))
        pair.tap = nil
        // Let everything arrive and be acknowledged, so that stillness is really still.
        client.isAwake = false
        pair.run(for: .milliseconds(200))
        return (pair, client, handle, seen)
    }

    private static func throwAtBoth(_ bytes: [UInt8], _ pair: Pair, _ client: TestClient) {
        pair.receiveAtServer(bytes, from: client.address)
        client.receive(bytes, from: Pair.serverAddress, now: pair.now)
    }

    @Test func everyTruncationOfEveryKindOfDatagramMovesNothing() {
        let (pair, client, handle, seen) = Self.genuineDatagrams()
        let before = Stillness(pair, client, handle)
        for type in PacketType.allCases where type != .refusal {
            let longest = seen.filter { $0.first == type.rawValue }.max { $0.count < $1.count }
            guard let longest else {
                Issue.record("no \(type) was seen")
                continue
            }
            for count in 0..<longest.count {
                Self.throwAtBoth(Array(longest.prefix(count)), pair, client)
            }
        }
        #expect(Stillness(pair, client, handle) == before)
    }

    @Test func everyReplayOfEverythingEverSentMovesNothing() {
        let (pair, client, handle, seen) = Self.genuineDatagrams()
        // The cookies are still fresh, so a first hello is answered as any stranger's would be.
        let replays = seen.filter { !Self.isFirstHello($0) }
        let before = Stillness(pair, client, handle)
        for bytes in replays + replays.reversed() { Self.throwAtBoth(bytes, pair, client) }
        #expect(Stillness(pair, client, handle) == before)
        #expect(pair.counters.replaysRefused > 0)
    }

    private static func isFirstHello(_ bytes: [UInt8]) -> Bool {
        guard let hello = ClientHello(bytes.rawBytes) else { return false }
        return hello.cookie.isEmpty
    }

    /// Mutated datagrams, datagrams spliced from two, and noise with a plausible head; at both
    /// ends.
    @Test(arguments: 0..<4) func mutatedAndRandomDatagramsNeverTrapAndMoveNothing(seed: Int) {
        let (pair, client, handle, seen) = Self.genuineDatagrams()
        var random = SeededRandom(seed: UInt64(seed))
        let genuine = Set(seen)
        let before = Stillness(pair, client, handle)
        for _ in 0..<hostileDatagrams {
            let bytes = Self.hostile(&random, seen)
            // A mutation of a hello may be a good first hello: answered, and nothing kept.
            if genuine.contains(bytes) || Self.isFirstHello(bytes) { continue }
            Self.throwAtBoth(bytes, pair, client)
        }
        #expect(Stillness(pair, client, handle) == before)
        client.isAwake = true
        #expect(client.send([1, 2, 3], stream: 0))
        pair.run(for: .milliseconds(300))
        #expect(pair.messages[handle]?.last?.bytes == [1, 2, 3], "the connection still works")
    }

    private static func hostile(_ random: inout SeededRandom, _ seen: [[UInt8]]) -> [UInt8] {
        func below(_ bound: Int) -> Int { Int(random.below(UInt32(bound))) }
        var bytes = seen[below(seen.count)]
        switch below(4) {
        case 0:
            for _ in 0...below(4) { bytes[below(bytes.count)] ^= UInt8(1 + below(255)) }
        case 1:
            bytes = Array(bytes.prefix(1 + below(bytes.count)))
            let other = seen[below(seen.count)]
            bytes += other.suffix(below(other.count))
            bytes = Array(bytes.prefix(1_500))
        case 2:
            let keep = min(bytes.count, below(20))
            bytes = Array(bytes.prefix(keep))
            for _ in 0..<below(200) { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
        default:
            bytes = (0..<below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        return bytes
    }

    @Test func aForgedPacketMovesNothing() {
        let (pair, client, handle, seen) = Self.genuineDatagrams()
        let before = Stillness(pair, client, handle)
        let last = seen.last { $0.first == PacketType.clientPacket.rawValue }!
        // A number far ahead must not push the replay window past genuine packets.
        for number: [UInt8] in [
            [0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff], [0, 1, 0, 0],
        ] {
            var forged = last
            forged.replaceSubrange(9..<13, with: number)
            Self.throwAtBoth(forged, pair, client)
        }
        #expect(Stillness(pair, client, handle) == before)
        client.isAwake = true
        #expect(client.send([5], stream: 0))
        pair.run(for: .milliseconds(300))
        #expect(pair.messages[handle]?.last?.bytes == [5])
    }

    @Test func aDatagramFromElsewhereMeansNothingToAClient() {
        let (pair, client, handle, _) = Self.genuineDatagrams()
        _ = pair.send([1], stream: 0, to: handle)
        var stray: [[UInt8]] = []
        pair.tap = { source, bytes in if source == Pair.serverAddress { stray.append(bytes) } }
        pair.sendFromServer(handle)
        let before = client.statistics
        for bytes in stray {
            client.receive(bytes, from: NetworkAddress(ipv4: 9, port: 9), now: pair.now)
        }
        #expect(!stray.isEmpty && client.statistics == before)
    }
}
