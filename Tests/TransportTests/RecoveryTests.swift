import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct RecoveryTests {
    private func run(
        _ conditions: LinkConditions, packets: Int, seed: UInt64 = 3
    ) throws -> (Pair, TestClient, ConnectionHandle, [UInt64]) {
        let (pair, client, handle) = Pair.connected(seed: seed, conditions: conditions)
        pair.receipts = [:]
        var numbers: [UInt64] = []
        for _ in 0..<packets {
            if let number = pair.sendAppFrame(to: handle) { numbers.append(number) }
            pair.step()
        }
        pair.run(for: .seconds(5))
        return (pair, client, handle, numbers)
    }

    @Test func everyPacketGetsExactlyOneReceipt() throws {
        let conditions = LinkConditions(
            loss: Ratio(1, in: 5), duplication: Ratio(1, in: 10), delay: .milliseconds(40),
            jitter: .milliseconds(30))
        let (pair, client, handle, numbers) = try run(conditions, packets: 2_000)
        #expect(numbers.count > 1_900)
        var fates: [UInt64: [Receipt]] = [:]
        for receipt in try #require(pair.receipts[handle]) {
            switch receipt {
            case .acknowledged(let number), .lost(let number):
                fates[number, default: []].append(receipt)
            }
        }
        for number in numbers { #expect(fates[number]?.count == 1, "packet \(number)") }
        let arrived = client.frames[.tick, default: []].count
        let acknowledged = numbers.filter { fates[$0] == [.acknowledged($0)] }.count
        // What was acknowledged arrived; a packet taken for lost may have come late.
        #expect(acknowledged <= arrived && acknowledged > numbers.count * 7 / 10)
        #expect(Set(numbers).count == numbers.count)
    }

    @Test func withoutLossNothingIsTakenForLost() throws {
        let conditions = LinkConditions(delay: .milliseconds(40), jitter: .milliseconds(5))
        let (pair, _, handle, numbers) = try run(conditions, packets: 500)
        #expect(numbers.count == 500)
        #expect(pair.statistics(of: handle)?.packetsLost == 0)
    }

    @Test func theRoundTripIsTheLinksTwoDelaysAndAStepOrTwo() throws {
        let (pair, client, handle, _) = try run(
            LinkConditions(delay: .milliseconds(50)), packets: 200)
        let server = try #require(pair.statistics(of: handle)?.roundTrip)
        let other = try #require(client.statistics?.roundTrip)
        for estimate in [server, other] {
            #expect(estimate >= .milliseconds(95) && estimate <= .milliseconds(145), "\(estimate)")
        }
    }

    @Test func aLinkThatComesBackIsUsedAgainWithinTwoSeconds() throws {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(delay: .milliseconds(30)))
        pair.link.conditions.loss = Ratio(1, in: 1)
        for _ in 0..<200 {
            _ = pair.sendAppFrame(to: handle)
            pair.step()
        }
        #expect(pair.closed.isEmpty && client.closed == nil)
        pair.link.conditions.loss = .never
        #expect(pair.send([7], stream: 0, to: handle))
        pair.run(limit: .milliseconds(2_500)) { client.messages.isEmpty }
        #expect(client.messages.map(\.bytes) == [[7]])
    }

    @Test func bytesInFlightStayUnderTheWindowAndTheWindowAboveItsFloor() throws {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(loss: Ratio(1, in: 20), delay: .milliseconds(50)))
        #expect(pair.send([UInt8](repeating: 1, count: 250_000), stream: 0, to: handle))
        var largest = 0
        pair.run(limit: .seconds(60)) {
            let statistics = pair.statistics(of: handle)!
            largest = max(largest, statistics.congestionWindow)
            #expect(statistics.congestionWindow >= 12_000)
            // Probes after a silence may go past the window by two datagrams.
            #expect(
                statistics.bytesInFlight <= statistics.congestionWindow * 2 + 2_400)
            return client.messages.isEmpty
        }
        #expect(client.messages.count == 1 && largest > 12_000)
    }

    @Test func sendingStopsWhileNobodyTakesReceipts() throws {
        let (pair, client, handle) = Pair.connected { $0.bytesPerSecond = nil }
        pair.takesReceipts = false
        for _ in 0..<3_000 {
            _ = pair.sendAppFrame(to: handle)
            pair.step()
        }
        let stuck = try #require(pair.statistics(of: handle)?.packetsSent)
        #expect(stuck < UInt64(TransportLimits.receipts) + 200)
        pair.takesReceipts = true
        pair.run(for: .seconds(1))
        #expect(pair.sendAppFrame(to: handle) != nil)
        #expect(client.state == .connected)
    }

    @Test func aSilentPeerIsNotSentMoreThanTheWindow() throws {
        let (pair, client, handle) = Pair.connected()
        client.isAwake = false
        var sent = 0
        for _ in 0..<1_000 where pair.sendAppFrame(to: handle, byteCount: 1_000) != nil {
            sent += 1
        }
        #expect(sent >= 9 && sent <= 12)
    }
}

@Suite struct TimeTests {
    @Test func theClientKnowsTheServersClockToWithinTheJitter() throws {
        let pair = Pair(
            seed: 4,
            conditions: LinkConditions(
                loss: Ratio(1, in: 20), delay: .milliseconds(40), jitter: .milliseconds(20)))
        let client = pair.addClient(clockLead: .seconds(-1_234))
        pair.run(for: .seconds(12))
        let offset = try #require(client.serverTimeOffset)
        let error = offset - .seconds(1_234)
        // Steps of 20 ms quantise arrival; jitter is 20 ms one way.
        #expect(abs(error.milliseconds) <= 20, "\(error.milliseconds) ms")
    }
}

@Suite struct EndingTests {
    @Test func aPeerThatFallsSilentIsClosedAfterTheIdleTimeout() {
        let (pair, client, handle) = Pair.connected()
        client.isAwake = false
        pair.run(for: .milliseconds(59_500))
        #expect(pair.closed.isEmpty)
        pair.run(for: .seconds(1))
        #expect(pair.closed[handle]?.code == .idle && pair.connectionCount == 0)
    }

    @Test func anIdleConnectionOnAGoodLinkLives() {
        let (pair, client, handle) = Pair.connected()
        pair.run(for: .seconds(120))
        #expect(client.state == .connected && pair.closed[handle] == nil)
    }

    @Test func aServerThatVanishesIsNoticed() {
        let (pair, client, _) = Pair.connected()
        pair.restartServer(epoch: 1)
        pair.run(for: .seconds(61))
        #expect(client.closed?.code == .idle)
    }

    @Test func theReasonForAGoodbyeArrives() {
        let (pair, client, handle) = Pair.connected()
        pair.close(handle, CloseReason(.removed, "the statue was not yours"))
        pair.run(for: .milliseconds(100))
        #expect(client.state == .closed(CloseReason(.removed, "the statue was not yours")))
        #expect(pair.connectionCount == 0)
    }

    @Test func aClosedConnectionIsSilent() {
        let (pair, client, handle) = Pair.connected()
        pair.close(client)
        pair.run(for: .milliseconds(100))
        #expect(pair.closed[handle] == CloseReason(.normal))
        var sent = 0
        pair.tap = { _, _ in sent += 1 }
        pair.run(for: .seconds(2))
        #expect(sent == 0)
    }
}
