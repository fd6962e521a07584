import CairnBasics
import CairnTransport
import Testing

@Suite struct PathMTUTests {
    private func road(
        path: Int?, serverTakes: Int = 65_000, clientTakes: Int = 65_000, loss: Ratio = .never
    ) -> (Road, RoadClient) {
        let road = Road(
            seed: 1,
            down: LinkConditions(
                loss: loss, delay: .milliseconds(10),
                rate: LinkRate(bitsPerSecond: 200_000_000, queueBytes: 2_000_000),
                largestDatagram: path),
            up: LinkConditions(delay: .milliseconds(10)), maximumDatagramBytes: serverTakes)
        let client = road.join(maximumDatagramBytes: clientTakes)
        return (road, client)
    }

    private func size(_ road: Road, _ client: RoadClient) -> Int {
        road.statistics(of: client)!.datagramBytes
    }

    @Test(arguments: [
        (1_300, 1_280), (1_452, 1_452), (1_472, 1_452), (9_000, 8_952), (1_200, 1_200),
        (65_507, 65_000),
    ]) func theLargestSizeThatThePathTakesIsFound(path: Int, expected: Int) {
        let (road, client) = road(path: path)
        road.feed = { road in road.fill(client) }
        road.run(for: .seconds(10))
        #expect(size(road, client) == expected)
        let before = client.messageBytes
        road.run(for: .seconds(1))
        #expect(client.messageBytes - before > 100_000)
        // Three probes were lost and nothing else.
        #expect(road.down.counters.oversized == (expected == 65_000 ? 0 : 3))
    }

    @Test func whatEitherEndTakesIsNotExceeded() {
        for (server, client) in [(1_400, 65_000), (65_000, 1_400), (1_200, 65_000)] {
            let (road, peer) = road(path: nil, serverTakes: server, clientTakes: client)
            road.feed = { road in road.fill(peer) }
            road.run(for: .seconds(5))
            #expect(size(road, peer) == min(server, client))
        }
    }

    @Test func aPathThatGrowsNarrowerIsNoticedAndNothingIsLost() {
        let (road, client) = road(path: 9_000)
        client.keepsMessages = true
        var sent: UInt8 = 0
        func feed(_ road: Road) {
            while road.server.send(
                [UInt8](repeating: sent, count: 20_000), delivery: .ordered(stream: 0),
                to: client.handle!, now: road.now)
            {
                sent &+= 1
            }
        }
        road.feed = feed
        road.run(for: .seconds(5))
        #expect(size(road, client) == 8_952)
        road.down.conditions.largestDatagram = 1_300
        let before = client.messages.count
        road.run(for: .seconds(5))
        #expect(client.messages.count > before + 100)
        #expect(size(road, client) == 1_280)
        #expect(
            client.messages.enumerated().allSatisfy { $1.bytes[0] == UInt8(truncatingIfNeeded: $0) }
        )
    }

    @Test func aTenthLostIsNotTakenForANarrowPath() {
        let (road, client) = road(path: nil, loss: Ratio(1, in: 10))
        road.feed = { road in road.fill(client) }
        road.run(for: .seconds(20))
        #expect(size(road, client) == 65_000)
    }

    @Test func whoHasLittleToSayDoesNotProbe() {
        let (road, client) = road(path: nil)
        road.run(for: .seconds(20))
        #expect(size(road, client) == 1_200)
    }
}
