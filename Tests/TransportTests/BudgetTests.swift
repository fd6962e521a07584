import CairnBasics
import CairnTransport
import CairnWire
import Testing

// What one peer may draw, send and make a server keep. Each test fails without its cap.

@Suite struct BudgetTests {
    /// Everything that congestion allows, for a while.
    private func draw(_ pair: Pair, _ handle: ConnectionHandle, for span: TimeSpan) -> UInt64 {
        let before = pair.statistics(of: handle)!.bytesSent
        let end = pair.now + span
        while pair.now < end {
            var budget = 100
            while budget > 0, pair.sendAppFrame(to: handle, byteCount: 1_100) != nil { budget -= 1 }
            pair.step()
        }
        return pair.statistics(of: handle)!.bytesSent - before
    }

    private func reason(_ pair: Pair, _ arrival: Arrival) -> CloseReason? {
        if case .closed(_, let reason) = arrival { reason } else { nil }
    }

    @Test func whoOnlyAcknowledgesDrawsNoMoreThanItsBudget() throws {
        let (pair, client, handle) = Pair.connected { $0.bytesPerSecond = 100_000 }
        let drawn = draw(pair, handle, for: .seconds(20))
        #expect(drawn <= 100_000 * 22 + 2_400 && drawn >= 100_000 * 20, "\(drawn)")
        #expect(client.state == .connected)
        let (free, _, other) = Pair.connected { $0.bytesPerSecond = nil }
        #expect(draw(free, other, for: .seconds(5)) > 1_000_000)
    }

    @Test func whoSpeaksAndAcknowledgesNothingDrawsLittle() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        for _ in 0..<60 {
            _ = draw(pair, handle, for: .milliseconds(500))
            rogue.send(frame(.ping, [UInt8](repeating: 0, count: 8)))
        }
        let drawn = try #require(pair.statistics(of: handle)?.bytesSent)
        #expect(drawn < 12_000 + 40 * 2 * 1_200, "\(drawn) bytes in 30 s")
    }

    @Test func whoHasVanishedDrawsNextToNothing() throws {
        let (pair, client, handle) = Pair.connected { $0.idleTimeout = .seconds(60) }
        client.isAsleep = true
        let before = try #require(pair.statistics(of: handle))
        _ = draw(pair, handle, for: .seconds(10))
        let early = try #require(pair.statistics(of: handle))
        #expect(early.bytesSent - before.bytesSent < 40_000)
        _ = draw(pair, handle, for: .seconds(45))
        let late = try #require(pair.statistics(of: handle))
        #expect(late.packetsSent - early.packetsSent <= 5)
        #expect(late.bytesSent - early.bytesSent <= 5 * 40, "probes and nothing else")
    }

    private func flood(_ perStep: Int, _ frames: [UInt8], for span: TimeSpan) -> (
        Pair, CloseReason?
    ) {
        let pair = Pair()
        let rogue = Rogue(pair)
        var ending: CloseReason?
        let end = pair.now + span
        while pair.now < end, ending == nil {
            for _ in 0..<perStep where ending == nil {
                ending = reason(pair, rogue.send(frames))
            }
            pair.step()
        }
        return (pair, ending)
    }

    private let ping = frame(.ping, [UInt8](repeating: 0, count: 8))

    @Test func tooManyPacketsAreThrottledAndThenEndTheConnection() {
        let (pair, ending) = flood(120, ping, for: .seconds(6))
        #expect(ending == CloseReason(.overrun, "too many packets"))
        #expect(pair.counters.packetsThrottled > 1_000)
    }

    @Test func asManyPacketsAsMayBeAreNotThrottled() {
        let (pair, ending) = flood(30, ping, for: .seconds(6))
        #expect(ending == nil && pair.counters.packetsThrottled == 0)
    }

    /// Ten times fewer packets than may be, each full of frames that want something.
    @Test func packetsFullOfCheapFramesAreDear() {
        let full = (0..<100).flatMap { _ in ping }
        let (pair, _) = flood(10, full, for: .seconds(6))
        #expect(pair.counters.packetsThrottled > 100)
    }

    /// Who is sent much acknowledges much: that is no flood.
    @Test func acknowledgementsOfWhatIsSentAreNotThrottled() throws {
        let (pair, _, handle) = Pair.connected {
            $0.packetsPerSecond = 20
            $0.bytesPerSecond = nil
        }
        for _ in 0..<500 {
            for _ in 0..<10 { _ = pair.sendAppFrame(to: handle, byteCount: 500) }
            pair.step()
        }
        #expect(pair.counters.packetsThrottled == 0)
        #expect(pair.closed.isEmpty)
    }

    @Test func whatAllPeersMakeAServerKeepIsCapped() {
        let pair = Pair { $0.retainedBytes = 1_000_000 }
        let chunk = [UInt8](repeating: 1, count: MessagePartHead.chunkBytes)
        let modest = Rogue(pair, address: NetworkAddress(ipv4: 0x0a00_0001, port: 1))
        var endings: [CloseReason?] = []
        #expect(
            reason(pair, modest.send(part(chunk, number: 0, of: 50_000, from: 0))) == nil)
        for number in 2..<8 {
            let greedy = Rogue(
                pair, address: NetworkAddress(ipv4: 0x0a00_0001, port: UInt16(number)))
            endings.append(
                reason(pair, greedy.send(part(chunk, number: 0, of: 250_000, from: 0))))
        }
        #expect(endings.prefix(3).allSatisfy { $0 == nil })
        #expect(endings.dropFirst(3).allSatisfy { $0?.code == .overrun })
        #expect(reason(pair, modest.send(part(chunk, number: 1, of: 50_000, from: 0))) == nil)
    }

    @Test func whatAServerKeepsToSendIsCappedForAllTogether() {
        let pair = Pair { $0.retainedBytes = 1_000_000 }
        for _ in 0..<4 { pair.addClient() }
        pair.run(for: .seconds(1))
        for client in pair.clients { client.isAsleep = true }
        let handles = (0..<4).map { pair.handle(at: $0)! }
        let message = [UInt8](repeating: 1, count: 200_000)
        #expect(pair.send(message, stream: 0, to: handles[0]))
        #expect(pair.send(message, stream: 0, to: handles[0]))
        #expect(pair.send(message, stream: 0, to: handles[1]))
        #expect(pair.send(message, stream: 0, to: handles[1]))
        #expect(!pair.send(message + message, stream: 0, to: handles[2]), "above its share")
        #expect(pair.send(message, stream: 0, to: handles[2]), "within its share")
        #expect(!pair.send(message, stream: 0, to: handles[2]))
    }
}
