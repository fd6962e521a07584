import CairnBasics
import CairnTransport
import CairnWire
import Testing

/// A lid is closed, a phone is in a pocket: no packet goes either way, and nobody steps the client.
@Suite struct SleepTests {
    private func pair(
        seed: UInt64 = 1, _ conditions: LinkConditions = LinkConditions(delay: .milliseconds(30))
    ) -> (Pair, TestClient, ConnectionHandle) {
        Pair.connected(seed: seed, conditions: conditions) { $0.idleTimeout = .seconds(60) }
    }

    private func numbered(_ index: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(index), count: 900)
    }

    @Test(arguments: 0..<4)
    func aClientThatSleptForThirtySecondsGoesOnAndNothingIsLostOrTwice(seed: Int) throws {
        let conditions = LinkConditions(
            loss: Ratio(1, in: 10), duplication: Ratio(1, in: 10), delay: .milliseconds(30),
            jitter: .milliseconds(40))
        let (pair, client, handle) = pair(seed: UInt64(seed), conditions)
        // Asleep in the middle of much, both ways.
        for index in 0..<60 {
            #expect(client.send(numbered(index), stream: 1))
            #expect(pair.send(numbered(index), stream: 2, to: handle))
        }
        pair.run(for: .milliseconds(100))
        client.isAsleep = true
        for index in 60..<120 {
            #expect(pair.send(numbered(index), stream: 2, to: handle))
            pair.run(for: .milliseconds(500))
        }
        client.isAsleep = false
        for index in 60..<120 { #expect(client.send(numbered(index), stream: 1)) }
        pair.run(for: .seconds(10))
        #expect(client.state == .connected && pair.closed.isEmpty)
        #expect(pair.connectionCount == 1 && pair.joined.count == 1)
        #expect(client.messages.map(\.bytes) == (0..<120).map(numbered))
        #expect(pair.messages[handle]?.map(\.bytes) == (0..<120).map(numbered))
    }

    @Test func whoWakesUpIsServedWithinASecond() throws {
        let (pair, client, handle) = pair()
        client.isAsleep = true
        pair.run(for: .seconds(30))
        #expect(pair.send([7], stream: 0, to: handle))
        pair.run(for: .seconds(1))
        #expect(client.messages.isEmpty)
        client.isAsleep = false
        pair.run(for: .milliseconds(300))
        #expect(client.messages.map(\.bytes) == [[7]])
        #expect(!client.isUnanswered(pair.now))
    }

    @Test func aClientWhoseAddressChangedWhileItSleptGoesOn() throws {
        let (pair, client, handle) = pair()
        client.isAsleep = true
        pair.run(for: .seconds(20))
        client.address = NetworkAddress(ipv4: 0x0a00_0999, port: 9)
        client.isAsleep = false
        #expect(pair.send([7], stream: 0, to: handle))
        pair.run(for: .seconds(2))
        #expect(client.messages.map(\.bytes) == [[7]])
        #expect(pair.statistics(of: handle)?.addressChanges == 1)
    }

    @Test func whoSleptTooLongKnowsWithinTwoSeconds() throws {
        let (pair, client, handle) = pair()
        client.isAsleep = true
        pair.run(for: .seconds(70))
        #expect(pair.closed[handle]?.code == .idle)
        client.isAsleep = false
        pair.run(for: .milliseconds(1_900))
        #expect(client.state == .connected && !client.isUnanswered(pair.now))
        pair.run(for: .milliseconds(300))
        #expect(client.closed?.code == .idle, "longer than the session is kept: no hope")
    }

    @Test func aServerThatDoesNotAnswerIsSuspectedAfterFourSecondsAndKeptForSixty() throws {
        let (pair, client, _) = pair()
        pair.link.conditions.loss = Ratio(1, in: 1)
        pair.run(for: .milliseconds(3_800))
        #expect(!client.isUnanswered(pair.now))
        pair.run(for: .milliseconds(500))
        #expect(client.isUnanswered(pair.now))
        pair.run(for: .seconds(40))
        pair.link.conditions.loss = .never
        pair.run(for: .seconds(3))
        #expect(client.state == .connected && !client.isUnanswered(pair.now))
        #expect(pair.joined.count == 1)
    }

    @Test func aSleeperThatNobodyHearsOfEndsAfterTheIdleTimeout() {
        let (pair, client, handle) = pair()
        client.isAsleep = true
        pair.run(for: .milliseconds(59_500))
        #expect(pair.closed.isEmpty)
        pair.run(for: .seconds(1))
        #expect(pair.closed[handle]?.code == .idle && pair.connectionCount == 0)
    }
}
