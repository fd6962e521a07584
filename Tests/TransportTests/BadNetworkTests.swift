import CairnBasics
import CairnTransport
import Testing

/// 10 % lost, 5 % twice, up to 80 ms of jitter each way, and so everything out of order.
@Suite struct BadNetworkTests {
    static let bad = LinkConditions(
        loss: Ratio(10, in: 100), duplication: Ratio(5, in: 100), delay: .milliseconds(20),
        jitter: .milliseconds(80))

    private func message(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(number).littleEndian, Array.init)
            + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number % 60)
    }

    private func number(_ message: Message) -> Int {
        message.bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Sends `count` messages as fast as they are taken and collects what comes within `limit`.
    private func carry(
        _ count: Int, _ conditions: LinkConditions, _ delivery: Delivery, seed: UInt64 = 1,
        limit: TimeSpan
    ) -> (road: Road, client: RoadClient) {
        let road = Road(seed: seed, down: conditions)
        let client = road.join()
        client.keepsMessages = true
        var sent = 0
        road.feed = { road in
            while sent < count,
                road.server.send(
                    message(sent), delivery: delivery, to: client.handle!, now: road.now)
            {
                sent += 1
            }
        }
        let begun = road.now
        road.run(for: limit) { client.messages.count < count }
        let seconds = (road.now - begun).seconds
        let statistics = road.statistics(of: client)!
        print(
            "\(delivery): \(client.messages.count) of \(count) in \(seconds) s,",
            "\(statistics.packetsSent) packets, \(statistics.packetsLost) taken for lost,",
            "\(statistics.packetsLate) wrongly,",
            "goodput \(Double(client.messageBytes) / Double(statistics.bytesSent))")
        return (road, client)
    }

    @Test func aHundredThousandMessagesArriveOnceAndInOrder() {
        let (road, client) = carry(100_000, Self.bad, .ordered(stream: 1), limit: .seconds(600))
        #expect(client.messages.map(number) == Array(0..<100_000))
        #expect(client.messages.allSatisfy { $0.bytes == message(number($0)) })
        road.run(for: .seconds(5))
        #expect(client.messages.count == 100_000, "and none of them again")
        let statistics = road.statistics(of: client)!
        #expect(statistics.queuedBytes == 0)
        // Of what is taken for lost, two thirds are: the others are late by more than a round trip.
        #expect(statistics.packetsLate * 3 < statistics.packetsLost)
    }

    @Test func aHundredThousandUnorderedMessagesArriveOnceEach() {
        let (road, client) = carry(100_000, Self.bad, .unordered, limit: .seconds(600))
        let arrived = client.messages.map(number)
        #expect(arrived.sorted() == Array(0..<100_000) && arrived != Array(0..<100_000))
        road.run(for: .seconds(5))
        #expect(client.messages.count == 100_000)
    }

    @Test func whatMayBeLostArrivesOnceAtMostAndSequencedOnesNeverBackwards() {
        for delivery in [Delivery.unreliable, .sequenced(channel: 3)] {
            let road = Road(seed: 2, down: Self.bad)
            let client = road.join()
            client.keepsMessages = true
            var sent = 0
            var due = road.now
            road.feed = { road in
                guard road.now >= due, sent < 20_000 else { return }
                due = due + .milliseconds(10)
                _ = road.server.send(
                    message(sent), delivery: delivery, to: client.handle!, now: road.now)
                sent += 1
            }
            road.run(for: .seconds(210))
            let arrived = client.messages.map(number)
            print("\(delivery): \(arrived.count) of \(sent)")
            #expect(Set(arrived).count == arrived.count && arrived.count > sent / 5)
            if delivery != .unreliable { #expect(arrived == arrived.sorted()) }
            if delivery == .unreliable { #expect(arrived.count > sent * 8 / 10) }
        }
    }

    @Test func aThirdLostStillConverges() {
        var conditions = Self.bad
        conditions.loss = Ratio(30, in: 100)
        let (_, client) = carry(20_000, conditions, .ordered(stream: 0), limit: .seconds(300))
        #expect(client.messages.map(number) == Array(0..<20_000))
    }

    @Test func aLinkThatOnlyReordersIsSoonUnderstood() {
        let conditions = LinkConditions(delay: .milliseconds(20), jitter: .milliseconds(80))
        let (road, client) = carry(200_000, conditions, .ordered(stream: 0), limit: .seconds(300))
        #expect(client.messages.count == 200_000)
        let statistics = road.statistics(of: client)!
        #expect(statistics.packetsLost * 20 < statistics.packetsSent, "spurious, all of them")
    }

    @Test func aSilentPeerIsProbedEverMoreSeldom() {
        let road = Road(seed: 5, down: LinkConditions(delay: .milliseconds(20)))
        let client = road.join()
        road.fill(client)
        road.run(for: .seconds(1))
        road.fill(client)
        road.up.sever(client.address, Road.serverAddress, bothWays: false)
        let before = road.statistics(of: client)!.packetsSent
        road.run(for: .milliseconds(200))
        let flight = road.statistics(of: client)!.packetsSent
        road.run(for: .seconds(8))
        let probes = road.statistics(of: client)!.packetsSent - flight
        #expect(flight > before && probes >= 6 && probes <= 20, "\(probes) packets in 8 s")
    }
}
