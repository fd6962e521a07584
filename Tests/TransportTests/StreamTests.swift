import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct StreamTests {
    private static let hostile = LinkConditions(
        loss: Ratio(1, in: 10), duplication: Ratio(1, in: 10), delay: .milliseconds(30),
        jitter: .milliseconds(60))

    private func numbered(_ index: Int, _ random: inout SeededRandom) -> [UInt8] {
        let size = random.chance(Ratio(1, in: 100)) ? random.below(20_000) : random.below(60)
        return withUnsafeBytes(of: UInt32(index).littleEndian, Array.init)
            + [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: Int(size))
    }

    @Test(arguments: 0..<2)
    func tenThousandMessagesArriveOnceAndInOrderOverABadLink(seed: Int) throws {
        let (pair, client, handle) = Pair.connected(seed: UInt64(seed), conditions: Self.hostile)
        var random = SeededRandom(seed: UInt64(seed))
        let up = (0..<10_000).map { numbered($0, &random) }
        let down = (0..<10_000).map { numbered($0, &random) }
        var sentUp = 0
        var sentDown = 0
        pair.run(limit: .seconds(600)) {
            while sentUp < up.count, client.send(up[sentUp], stream: 1) { sentUp += 1 }
            while sentDown < down.count, pair.send(down[sentDown], stream: 2, to: handle) {
                sentDown += 1
            }
            return client.messages.count < down.count
                || pair.messages[handle, default: []].count < up.count
        }
        pair.run(for: .seconds(2))
        #expect(pair.messages[handle]?.map(\.bytes) == up)
        #expect(client.messages.map(\.bytes) == down)
        #expect(client.messages.allSatisfy { $0.delivery == .ordered(stream: 2) })
        #expect(pair.link.lost > 0 && pair.link.duplicated > 0)
        #expect(client.statistics?.queuedBytes == 0)
    }

    @Test(arguments: 0..<4) func messagesArriveThoughThreeInTenDatagramsAreLost(seed: Int) {
        let conditions = LinkConditions(
            loss: Ratio(3, in: 10), delay: .milliseconds(20), jitter: .milliseconds(40))
        let (pair, client, handle) = Pair.connected(seed: UInt64(seed), conditions: conditions)
        for index in 0..<200 {
            #expect(client.send([UInt8](repeating: UInt8(index), count: 500), stream: 0))
        }
        pair.run(limit: .seconds(60)) { pair.messages[handle, default: []].count < 200 }
        #expect(pair.messages[handle]?.map(\.bytes.first) == (0..<200).map { UInt8($0) })
    }

    @Test func aMessageOfTheLargestSizeArrivesWhole() {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(loss: Ratio(1, in: 20), delay: .milliseconds(20)))
        var random = SeededRandom(seed: 5)
        let large = (0..<TransportLimits.messageBytes).map { _ in
            UInt8(truncatingIfNeeded: random.next())
        }
        #expect(pair.send(large, stream: 3, to: handle))
        #expect(pair.send([], stream: 3, to: handle))
        pair.run(limit: .seconds(60)) { client.messages.count < 2 }
        #expect(client.messages.map(\.bytes) == [large, []])
    }

    @Test func aStreamIsNotHeldUpByAnother() {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(delay: .milliseconds(20)))
        #expect(pair.send([UInt8](repeating: 1, count: 200_000), stream: 3, to: handle))
        pair.run(for: .milliseconds(40))
        #expect(pair.send([2], stream: 0, to: handle))
        pair.run(limit: .seconds(20)) { client.messages.count < 2 }
        #expect(client.messages.map(\.bytes.count) == [1, 200_000])
    }

    @Test func aLongMessageLeavesTheRoomThatIsReserved() throws {
        let (pair, _, handle) = Pair.connected()
        #expect(pair.send([UInt8](repeating: 1, count: 50_000), stream: 0, to: handle))
        let begun = pair.server.beginPacket(to: handle, reserving: 600, now: pair.now)
        let room = pair.server.packetRoom
        #expect(begun && room >= 600)
        var batch = DatagramBatch(capacity: 1)
        _ = pair.server.finishPacket(now: pair.now, into: &batch)
    }

    /// The first message is lost; those behind it go no further ahead than the receiver takes. Tiny
    /// ones, so that three windows of them fit the first round trip.
    @Test func aSenderStaysWithinTheWindow() {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(delay: .milliseconds(100)))
        pair.link.conditions.loss = Ratio(1, in: 1)
        #expect(client.send([0, 0], stream: 0))
        pair.step()
        pair.link.conditions.loss = .never
        let count = 3 * TransportLimits.windowMessages
        for index in 1...count {
            #expect(client.send([UInt8(index & 255), UInt8(index >> 8)], stream: 0))
        }
        pair.run(limit: .seconds(20)) {
            pair.closed.isEmpty && pair.messages[handle, default: []].count <= count
        }
        #expect(client.state == .connected && pair.closed.isEmpty)
        let arrived = pair.messages[handle, default: []].map {
            Int($0.bytes[0]) | Int($0.bytes[1]) << 8
        }
        #expect(arrived == Array(0...count))
    }

    @Test func aFullQueueRefusesAndTakesMoreOnceItDrained() {
        let (pair, client, handle) = Pair.connected()
        let quarter = [UInt8](
            repeating: 1,
            count: TransportLimits.messageBytes / 2 - TransportLimits.messageOverhead)
        for _ in 0..<4 { #expect(pair.send(quarter, stream: 0, to: handle)) }
        #expect(!pair.send([1], stream: 0, to: handle), "half a mebibyte is under way")
        pair.run(limit: .seconds(30)) { client.messages.count < 4 }
        pair.run(for: .seconds(1))
        #expect(pair.send(quarter, stream: 0, to: handle))
    }

    @Test func messagesWithoutBytesAreCappedByWhatTheyCost() {
        let (pair, _, handle) = Pair.connected()
        var accepted = 0
        while accepted < 100_000, pair.send([], stream: 0, to: handle) { accepted += 1 }
        #expect(accepted == TransportLimits.windowBytes / TransportLimits.messageOverhead)
    }
}

@Suite struct HostilePeerTests {
    private func reason(_ pair: Pair, _ arrival: Arrival) -> CloseReason? {
        if case .closed(_, let reason) = arrival { reason } else { nil }
    }

    @Test func malformedFramesUnderAGoodSealEndTheConnectionAndSaySo() {
        let malformed: [[UInt8]] = [
            [0x20, 0x05, 1], [0x80, 0x00, 0x00], frame(.ping, [1, 2]), frame(.acknowledgement, []),
            frame(.orderedMessage, []), whole([], lane: 4, number: 0),
            frame(.unorderedMessage, [0x40, 0]), frame(.sequencedMessage, [16, 0]),
            frame(.sequencedMessage, [1]), frame(.pathChallenge, [1]), frame(.pong, [1]),
        ]
        for frames in malformed {
            let pair = Pair()
            let rogue = Rogue(pair)
            let ending = reason(pair, rogue.send(frames))
            #expect(ending?.code == .protocolViolation, "\(frames)")
            #expect(pair.counters.violations == 1 && pair.connectionCount == 0)
        }
    }

    @Test func frameTypesFromTheFutureAreIgnored() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let future = frame(FrameType(0x0f), [1, 2, 3]) + frame(FrameType(0x3f00), [])
        #expect(reason(pair, rogue.send(future)) == nil)
        #expect(pair.connectionCount == 1)
    }

    @Test func acknowledgingWhatWasNeverSentEndsTheConnection() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let lie = frame(.acknowledgement, varint(5_000) + [0, 0])
        #expect(reason(pair, rogue.send(lie))?.code == .protocolViolation)
    }

    /// The server skips a number now and then; who acknowledges everything acknowledges that too.
    @Test func acknowledgingBlindlyIsFoundOut() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        var ending: CloseReason?
        var sent: UInt64 = 0
        while sent < 10_000, ending == nil {
            #expect(pair.sendAppFrame(to: handle) != nil)
            sent += 1
            guard let next = pair.statistics(of: handle)?.nextPacketNumber else { break }
            let all = frame(.acknowledgement, varint(next - 1) + [0] + varint(min(next - 1, 200)))
            ending = reason(pair, rogue.send(all))
        }
        #expect(ending?.code == .protocolViolation)
        #expect(sent < 5_000)
    }

    @Test func pingsAndChallengesDoNotPileUp() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        let flood = (0..<100).flatMap { frame(.ping, [UInt8](repeating: UInt8($0), count: 8)) }
        for _ in 0..<200 { rogue.send(flood) }
        let before = try #require(pair.statistics(of: handle))
        pair.sendFromServer(handle)
        let after = try #require(pair.statistics(of: handle))
        #expect(after.packetsSent == before.packetsSent + 1)
        #expect(after.bytesSent - before.bytesSent < 150)
    }
}
