import CairnBasics
import CairnTransport
import CairnWire
import Testing

// What has broken game servers when messages come in parts: counts that change between parts, parts
// beyond the end, a first part that never comes, the same part again, parts of nothing, lengths that
// wrap. Each ends the connection, or changes nothing.

@Suite struct UnfinishedMessagesTests {
    private func reason(_ pair: Pair, _ arrival: Arrival) -> CloseReason? {
        if case .closed(_, let reason) = arrival { reason } else { nil }
    }

    private let chunk = [UInt8](repeating: 1, count: MessagePartHead.chunkBytes)

    @Test func aMessageOutsideTheWindowEndsTheConnection() {
        for type in [FrameType.orderedMessage, .unorderedMessage] {
            let pair = Pair()
            let rogue = Rogue(pair)
            let edge = UInt64(TransportLimits.windowMessages)
            #expect(reason(pair, rogue.send(whole([1], type, number: edge - 1))) == nil)
            #expect(reason(pair, rogue.send(whole([1], type, number: edge)))?.code == .overrun)
            #expect(pair.connectionCount == 0)
        }
    }

    /// Sends 1, 2, 3, … and withholds 0: what is held must stay bounded and then end.
    @Test func withholdingTheFirstMessageCannotFillMemory() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let bytes = [UInt8](repeating: 1, count: 1_100)
        var sent = 0
        var ending: CloseReason?
        while sent < 10_000, ending == nil {
            sent += 1
            let lane = UInt8(sent % TransportLimits.streams)
            let number = UInt64(1 + sent / TransportLimits.streams)
            ending = reason(pair, rogue.send(whole(bytes, lane: lane, number: number)))
        }
        #expect(ending?.code == .overrun)
        #expect(sent * bytes.count <= TransportLimits.windowBytes + 2 * bytes.count)
    }

    @Test func unfinishedMessagesOfAllLanesShareOneCap() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let length = TransportLimits.messageBytes - 1_000
        var endings: [CloseReason?] = []
        for lane in UInt8(0)..<3 {
            let type: FrameType = lane == 1 ? .unorderedMessage : .orderedMessage
            let frames = part(chunk, type, lane: lane, number: 0, of: length, from: 0)
            endings.append(reason(pair, rogue.send(frames)))
        }
        #expect(
            endings == [
                nil, nil, CloseReason(.overrun, "unfinished messages hold too many bytes"),
            ])
    }

    @Test func numbersPassedOverAreNotFree() {
        let pair = Pair()
        let rogue = Rogue(pair)
        var ending: CloseReason?
        let last = UInt64(TransportLimits.windowMessages - 1)
        let room =
            TransportLimits.windowBytes - 2 * TransportLimits.windowMessages
            * TransportLimits.messageOverhead
        #expect(reason(pair, rogue.send(whole([1], lane: 0, number: last))) == nil)
        #expect(
            reason(pair, rogue.send(part(chunk, lane: 1, number: 0, of: room / 2, from: 0))) == nil)
        #expect(
            reason(pair, rogue.send(part(chunk, lane: 2, number: 0, of: room / 2, from: 0))) == nil)
        ending = reason(pair, rogue.send(whole([1], lane: 3, number: last)))
        #expect(ending?.code == .overrun)
    }

    @Test func aMessageThatIsTooLargeIsCutOffAtItsFirstPart() {
        let pair = Pair()
        let rogue = Rogue(pair)
        let most = TransportLimits.messageBytes
        #expect(reason(pair, rogue.send(part(chunk, number: 0, of: most, from: 5))) == nil)
        let ending = reason(pair, rogue.send(part(chunk, number: 1, of: most + 1, from: 0)))
        #expect(ending == CloseReason(.overrun, "message too large"))
    }

    @Test func aLengthThatChangesBetweenPartsEndsTheConnection() {
        let second: [[UInt8]] = [
            part(chunk, number: 0, of: 1_001, from: 1), part(chunk, number: 0, of: 999, from: 1),
            whole(chunk, number: 0),
        ]
        for frames in second {
            let pair = Pair()
            let rogue = Rogue(pair)
            #expect(reason(pair, rogue.send(part(chunk, number: 0, of: 1_000, from: 0))) == nil)
            #expect(
                reason(pair, rogue.send(frames))
                    == CloseReason(.protocolViolation, "a message changed its length"))
        }
    }

    @Test func partsThatAreNotChunksOfTheirMessageEndTheConnection() {
        let bad: [[UInt8]] = [
            part(Array(chunk.dropLast()), number: 0, of: 1_000, from: 0),
            part([], number: 0, of: 1_000, from: 0),
            part(chunk + chunk, number: 0, of: 200, from: 0),
            part(chunk + chunk, number: 0, of: 1_000, from: 7),
            part([1], number: 0, of: 200, from: 2),
            part([], number: 0, of: 0, from: 0),
            frame(
                .orderedMessage,
                [0x80, 0] + varint(200) + varint(UInt64.max / 128 - 1) + chunk),
        ]
        for frames in bad {
            let pair = Pair()
            let rogue = Rogue(pair)
            #expect(reason(pair, rogue.send(frames))?.code == .protocolViolation, "\(frames)")
        }
    }

    @Test func theSamePartAgainChangesNothing() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        for _ in 0..<3 { rogue.send(part(chunk, number: 0, of: 300, from: 0)) }
        let other = [UInt8](repeating: 9, count: MessagePartHead.chunkBytes)
        rogue.send(part(other, number: 0, of: 300, from: 0))
        rogue.send(part([UInt8](repeating: 3, count: 44), number: 0, of: 300, from: 2))
        #expect(pair.messages[handle] == nil)
        let second = [UInt8](repeating: 2, count: MessagePartHead.chunkBytes)
        rogue.send(part(second, number: 0, of: 300, from: 1))
        rogue.send(part(second, number: 0, of: 300, from: 1))
        rogue.send(whole([7], number: 0))
        let expected = chunk + second + [UInt8](repeating: 3, count: 44)
        #expect(pair.messages[handle]?.map(\.bytes) == [expected])
    }

    @Test func messagesThatNobodyReadsAreCappedByTheirNumber() {
        let pair = Pair()
        let rogue = Rogue(pair)
        pair.isReading = false
        var ending: CloseReason?
        var sent = 0
        for number in 0..<UInt64(5_000) where ending == nil {
            sent += 1
            ending = reason(pair, rogue.send(whole([], number: number)))
        }
        #expect(ending == CloseReason(.overrun, "too many messages at once"))
        #expect(sent == 2 * TransportLimits.windowMessages + 1)
    }

    @Test func messagesThatNobodyReadsAreCappedByTheirBytes() {
        let pair = Pair()
        let rogue = Rogue(pair)
        pair.isReading = false
        var ending: CloseReason?
        let bytes = [UInt8](repeating: 1, count: 1_152)
        var sent = 0
        for number in 0..<UInt64(5_000) where ending == nil {
            sent += 1
            ending = reason(pair, rogue.send(whole(bytes, .unorderedMessage, number: number)))
        }
        #expect(ending == CloseReason(.overrun, "too many messages at once"))
        #expect(sent == 2 * TransportLimits.windowBytes / bytes.count + 1)
    }

    @Test func unreliableBytesThatNobodyReadsAreDropped() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        pair.isReading = false
        let bytes = [UInt8](repeating: 1, count: 1_024)
        for number in 0..<UInt64(511) {
            rogue.send(whole(bytes, .unorderedMessage, number: number))
        }
        for _ in 0..<10 { rogue.send(frame(.unreliableMessage, bytes + bytes.prefix(100))) }
        #expect(pair.connectionCount == 1)
        #expect(pair.statistics(of: handle)?.messagesDropped == 10)
    }

    @Test func unreliableMessagesThatNobodyReadsAreDropped() throws {
        let pair = Pair()
        let rogue = Rogue(pair)
        let handle = try #require(rogue.handle)
        pair.isReading = false
        for _ in 0..<1_000 { rogue.send(frame(.unreliableMessage, [1])) }
        for number in 0..<UInt64(1_000) {
            rogue.send(frame(.sequencedMessage, [0] + varint(number)))
        }
        pair.isReading = true
        rogue.send(frame(.ping, [UInt8](repeating: 0, count: 8)))
        #expect(pair.messages[handle]?.count == TransportLimits.windowMessages)
        #expect(
            pair.statistics(of: handle)?.messagesDropped
                == UInt64(2_000 - TransportLimits.windowMessages))
    }
}
