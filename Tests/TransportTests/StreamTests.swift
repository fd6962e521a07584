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
        #expect(client.messages.allSatisfy { $0.stream == 2 })
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

    @Test func aLowerStreamOvertakesAHigherOne() {
        let (pair, client, handle) = Pair.connected(
            conditions: LinkConditions(delay: .milliseconds(20)))
        #expect(pair.send([UInt8](repeating: 1, count: 200_000), stream: 3, to: handle))
        pair.run(for: .milliseconds(40))
        #expect(pair.send([2], stream: 0, to: handle))
        pair.run(limit: .seconds(20)) { client.messages.count < 2 }
        #expect(client.messages.map(\.stream) == [0, 3])
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

    @Test func aFullQueueRefusesAndTakesMoreOnceItDrained() {
        let (pair, client, handle) = Pair.connected()
        let quarter = [UInt8](repeating: 1, count: TransportLimits.messageBytes / 2)
        for _ in 0..<4 { #expect(pair.send(quarter, stream: 0, to: handle)) }
        #expect(!pair.send([1], stream: 0, to: handle), "half a mebibyte is under way")
        pair.run(limit: .seconds(30)) { client.messages.count < 4 }
        pair.run(for: .seconds(1))
        #expect(pair.send(quarter, stream: 0, to: handle))
    }

    @Test func messagesWithoutBytesAreCappedByTheirNumber() {
        let (pair, _, handle) = Pair.connected()
        var accepted = 0
        while accepted < 10_000, pair.send([], stream: 0, to: handle) { accepted += 1 }
        #expect(accepted == TransportLimits.queuedFragments)
    }
}

@Suite struct HostilePeerTests {
    private func reason(_ pair: Pair, _ arrival: Arrival) -> CloseReason? {
        if case .closed(_, let reason) = arrival { reason } else { nil }
    }

    @Test func aFragmentOutsideTheWindowEndsTheConnection() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let edge = UInt64(TransportLimits.fragmentWindow)
        #expect(reason(pair, rogue.send(fragment([1], sequence: edge - 1))) == nil)
        #expect(reason(pair, rogue.send(fragment([1], sequence: edge)))?.code == .overrun)
        #expect(pair.connectionCount == 0)
    }

    /// Sends 1, 2, 3, … and withholds 0: what is held must stay bounded and then end.
    @Test func withholdingTheFirstFragmentCannotFillMemory() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let bytes = [UInt8](repeating: 1, count: 1_100)
        var sent = 0
        var ending: CloseReason?
        while sent < 10_000, ending == nil {
            sent += 1
            let stream = UInt8(sent % TransportLimits.streams)
            let sequence = UInt64(1 + sent / TransportLimits.streams)
            ending = reason(pair, rogue.send(fragment(bytes, stream: stream, sequence: sequence)))
        }
        #expect(ending?.code == .overrun)
        #expect(sent * bytes.count <= TransportLimits.connectionBytes + 2 * bytes.count)
    }

    @Test func aMessageWithoutEndIsCutOff() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let bytes = [UInt8](repeating: 1, count: 1_100)
        var sequence: UInt64 = 0
        var ending: CloseReason?
        while sequence < 10_000, ending == nil {
            ending = reason(pair, rogue.send(fragment(bytes, sequence: sequence)))
            sequence += 1
        }
        #expect(ending == CloseReason(.overrun, "message too large"))
        #expect(Int(sequence) * bytes.count <= TransportLimits.messageBytes + bytes.count)
    }

    @Test func unfinishedMessagesOnAllStreamsShareOneCap() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let bytes = [UInt8](repeating: 1, count: 1_100)
        var sent = 0
        var ending: CloseReason?
        while sent < 10_000, ending == nil {
            let stream = UInt8(sent % TransportLimits.streams)
            let sequence = UInt64(sent / TransportLimits.streams)
            ending = reason(pair, rogue.send(fragment(bytes, stream: stream, sequence: sequence)))
            sent += 1
        }
        #expect(ending == CloseReason(.overrun, "unfinished messages hold too many bytes"))
    }

    @Test func messagesThatNobodyReadsAreCappedByTheirNumber() {
        let pair = Pair()
        let rogue = Rogue(pair)
        pair.isReading = false
        var ending: CloseReason?
        for sequence in 0..<UInt64(2_000) where ending == nil {
            ending = reason(
                pair, rogue.send(fragment([], sequence: sequence, endsMessage: true)))
        }
        #expect(ending == CloseReason(.overrun, "too many messages at once"))
    }

    @Test func malformedFramesUnderAGoodSealEndTheConnectionAndSaySo() {
        let malformed: [[UInt8]] = [
            [0x20, 0x05, 1], [0x80, 0x00, 0x00], frame(.ping, [1, 2]), frame(.acknowledgement, []),
            frame(.streamFragment, []), fragment([], stream: 9, sequence: 0),
            frame(.streamFragment, [0x40, 0]), frame(.pathChallenge, [1]), frame(.pong, [1]),
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
