import CairnBasics
import CairnTransport
import Testing

/// A road of 5 Mbit/s and 40 ms there and back, with a queue of some bandwidth-delay products.
@Suite struct CongestionTests {
    static let megabits = 5.0

    static func narrow(queue products: Int, loss: Ratio = .never) -> LinkConditions {
        LinkConditions(
            loss: loss, delay: .milliseconds(20),
            rate: LinkRate(bitsPerSecond: 5_000_000, queueBytes: 25_000 * products))
    }

    private static let back = LinkConditions(delay: .milliseconds(20))

    /// Mbit/s of UDP that came to a client while `body` ran.
    private func megabits(_ road: Road, _ client: RoadClient, for span: TimeSpan) -> Double {
        let before = client.statistics!.bytesReceived
        road.run(for: span)
        return Double(client.statistics!.bytesReceived - before) * 8 / span.seconds / 1e6
    }

    /// Fills the road; what the client gets in megabits a second, and the bytes queued on average.
    private func filled(
        _ road: Road, _ client: RoadClient, for span: TimeSpan
    ) -> (megabits: Double, queuedBytes: Double) {
        var queued: [Int] = []
        road.feed = { road in
            road.fill(client)
            queued.append(road.down.queuedBytes(now: road.now))
        }
        let got = megabits(road, client, for: span)
        return (got, Double(queued.reduce(0, +)) / Double(queued.count))
    }

    private func jain(_ shares: [Double]) -> Double {
        let sum = shares.reduce(0, +)
        return sum * sum / (Double(shares.count) * shares.map { $0 * $0 }.reduce(0, +))
    }

    @Test(arguments: [1, 4]) func aloneItUsesTheRoadAndLeavesTheQueueShort(products: Int) {
        let road = Road(seed: 1, down: Self.narrow(queue: products), up: Self.back)
        let client = road.join()
        road.feed = { road in road.fill(client) }
        road.run(for: .seconds(5))
        let (got, mean) = filled(road, client, for: .seconds(20))
        #expect(got > 0.9 * Self.megabits)
        #expect(mean < 10_000, "\(mean) bytes: 16 ms")
    }

    @Test func twoOfThemShareFairly() {
        let road = Road(seed: 2, down: Self.narrow(queue: 4), up: Self.back)
        let first = road.join()
        road.feed = { road in road.fill(first) }
        road.run(for: .seconds(10))
        let second = road.join()
        road.feed = { road in
            road.fill(first)
            road.fill(second)
        }
        road.run(for: .seconds(10))
        let before = first.statistics!.bytesReceived
        let got = megabits(road, second, for: .seconds(30))
        let other = Double(first.statistics!.bytesReceived - before) * 8 / 30 / 1e6
        #expect(jain([got, other]) > 0.95, "\(other) and \(got)")
        #expect(got + other > 0.9 * Self.megabits)
    }

    @Test(arguments: [1, 4]) func besideTCPNeitherStarves(products: Int) {
        let road = Road(seed: 3, down: Self.narrow(queue: products), up: Self.back)
        let client = road.join()
        road.cubic = CubicFlow()
        road.feed = { road in road.fill(client) }
        road.run(for: .seconds(10))
        let before = road.cubic!.arrivedBytes
        let got = megabits(road, client, for: .seconds(60))
        let tcp = Double(road.cubic!.arrivedBytes - before) * 8 / 60 / 1e6
        #expect(jain([got, tcp]) > 0.8, "\(got) and TCP \(tcp)")
        #expect(got + tcp > 0.85 * Self.megabits)
    }

    @Test func aThirdLostCostsWhatIsLostAndNoMore() {
        let road = Road(
            seed: 4, down: Self.narrow(queue: 4, loss: Ratio(30, in: 100)),
            up: LinkConditions(loss: Ratio(30, in: 100), delay: .milliseconds(20)))
        let client = road.join()
        road.feed = { road in road.fill(client) }
        road.run(for: .seconds(10))
        let before = client.messageBytes
        let got = megabits(road, client, for: .seconds(30))
        let goodput = Double(client.messageBytes - before) * 8 / 30 / 1e6
        #expect(got > 0.5 * Self.megabits)
        #expect(goodput > 0.4 * Self.megabits)
    }

    @Test func aTickIsNotDelayedByALongMessage() {
        let road = Road(seed: 5, down: Self.narrow(queue: 4), up: Self.back)
        let client = road.join()
        var due = road.now
        var said = 0
        var refused = 0
        road.feed = { road in
            road.fill(client)
            guard road.now >= due else { return }
            due = due + .milliseconds(50)
            said += 1
            if !road.sendAppFrame(to: client, byteCount: 500) { refused += 1 }
        }
        road.run(for: .seconds(20))
        #expect(refused * 50 < said)
    }

    @Test func aWindowThatIsNotUsedIsNotGrown() {
        let road = Road(
            seed: 6, down: LinkConditions(delay: .milliseconds(20)), up: Self.back)
        let client = road.join()
        var due = road.now
        road.feed = { road in
            guard road.now >= due else { return }
            due = due + .milliseconds(50)
            _ = road.sendAppFrame(to: client, byteCount: 500)
        }
        road.run(for: .seconds(60))
        #expect(road.statistics(of: client)!.congestionWindow <= 12_000)
    }

    @Test func aWindowAfterAPauseIsSpreadOverARoundTrip() {
        let road = Road(
            seed: 7,
            down: LinkConditions(
                delay: .milliseconds(50),
                rate: LinkRate(bitsPerSecond: 20_000_000, queueBytes: 1_000_000)),
            up: LinkConditions(delay: .milliseconds(50)))
        let client = road.join()
        road.feed = { road in road.fill(client) }
        road.run(for: .seconds(5))
        road.feed = nil
        road.run(for: .seconds(2))
        let before = road.statistics(of: client)!
        #expect(before.queuedBytes == 0 && before.congestionWindow > 200_000)
        road.fill(client)
        road.run(for: .milliseconds(10))
        let sent = road.statistics(of: client)!.bytesSent - before.bytesSent
        // A burst, and a tenth of a round trip at twice the window in each.
        #expect(sent > 12_000 && sent < 20_000 + UInt64(before.congestionWindow) / 5, "\(sent)")
    }

    @Test func aPathThatGrewLongerIsUnderstoodAfterAMinute() {
        let road = Road(seed: 8, down: Self.narrow(queue: 8), up: Self.back)
        let client = road.join()
        road.feed = { road in road.fill(client) }
        road.run(for: .seconds(5))
        road.down.conditions.delay = .milliseconds(60)
        road.up.conditions.delay = .milliseconds(60)
        road.run(for: .seconds(75))
        let (got, mean) = filled(road, client, for: .seconds(20))
        #expect(got > 0.9 * Self.megabits)
        #expect(mean < 20_000, "\(mean) bytes: 32 ms")
    }

    @Test func aWindowNeverGoesBelowFourPackets() {
        let road = Road(
            seed: 9,
            down: LinkConditions(
                delay: .milliseconds(20),
                rate: LinkRate(bitsPerSecond: 100_000, queueBytes: 40_000)), up: Self.back)
        let client = road.join()
        var least = Int.max
        var largest = 0
        road.feed = { road in
            road.fill(client)
            let window = road.statistics(of: client)!.congestionWindow
            (least, largest) = (min(least, window), max(largest, window))
        }
        road.run(for: .seconds(60))
        #expect(least >= 4 * 1_200 && largest > 4 * 1_200, "\(least) to \(largest)")
    }
}
