import CairnBasics
import CairnWire
import Testing

@Suite struct FrameTests {
    private func frames(_ bytes: [UInt8]) throws(CodecError) -> [(FrameType, [UInt8])] {
        var reader = FrameReader(bytes.rawBytes)
        var found: [(FrameType, [UInt8])] = []
        while let frame = try reader.next() { found.append((frame.type, frame.body.array)) }
        return found
    }

    @Test func unknownFramesAreSkippedByTheirLength() throws {
        let found = try frames([0xff, 0x7f, 2, 1, 2, 0x20, 1, 9, 0x00, 0])
        #expect(found.map(\.0.rawValue) == [0x3fff, 0x20, 0x00])
        #expect(found.map(\.1) == [[1, 2], [9], []])
    }

    @Test func everyTruncationEndsInAnErrorOrBetweenFrames() throws {
        let bytes: [UInt8] = [0x20, 3, 1, 2, 3, 0x80, 0x01, 1, 9]
        for count in 0...bytes.count {
            let cut = Array(bytes.prefix(count))
            if [0, 5, 9].contains(count) {
                #expect(try frames(cut).count == [0: 0, 5: 1, 9: 2][count])
            } else {
                #expect(throws: CodecError.truncated) { try frames(cut) }
            }
        }
    }

    @Test func aLengthBeyondAnyDatagramAndATypeBeyondTwoBytesAreRefused() {
        #expect(throws: CodecError.tooLarge) { try frames([0x20, 0x80, 0x80, 0x04]) }
        #expect(throws: CodecError.tooLarge) { try frames([0x80, 0x80, 0x01, 0]) }
        #expect(throws: CodecError.malformed) { try frames([0x80, 0x00, 0]) }
    }

    private func comesBack(_ head: MessagePartHead) throws {
        let bytes = try encodeBytes(capacity: 16) { (writer) throws(CodecError) in
            try head.encode(into: &writer)
        }
        #expect(bytes.count == head.byteCount)
        #expect(bytes.count <= MessagePartHead.maximumBytes)
        var reader = ByteReader(bytes.rawBytes)
        #expect(try MessagePartHead(decoding: &reader) == head)
    }

    @Test func theHeadOfAReliableMessageComesBackAndCountsItsBytes() throws {
        for number in [0, 1, 127, 128, 16_383, 16_384, MessagePartHead.highestNumber] {
            try comesBack(MessagePartHead(lane: 3, number: number))
            for (length, chunk) in [(1, 0), (129, 1), (262_144, 2_047)] {
                let part = MessagePartHead.Part(length: length, firstChunk: chunk)
                try comesBack(MessagePartHead(lane: 3, number: number, part: part))
            }
        }
    }

    @Test func aPartOutsideItsMessageOrOfNoneIsMalformed() {
        let bad: [[UInt8]] = [
            [0x80, 0, 0, 0], [0x80, 0, 128, 1, 1], [0x80, 0, 1, 1], [0x10, 0],
        ]
        for bytes in bad {
            #expect(throws: CodecError.malformed, "\(bytes)") {
                var reader = ByteReader(bytes.rawBytes)
                _ = try MessagePartHead(decoding: &reader)
            }
        }
    }

    @Test func theHeadOfASequencedMessageComesBackAndCountsItsBytes() throws {
        for sequence in [0, 127, 128, SequencedHead.highestSequence] {
            let head = SequencedHead(channel: 15, sequence: sequence)
            let bytes = try encodeBytes(capacity: 16) { (writer) throws(CodecError) in
                try head.encode(into: &writer)
            }
            #expect(bytes.count == head.byteCount && bytes.count <= SequencedHead.maximumBytes)
            var reader = ByteReader(bytes.rawBytes)
            #expect(try SequencedHead(decoding: &reader) == head)
        }
    }

    @Test func aCloseReasonComesBackAndUnknownCodesAreRefused() throws {
        let reason = CloseReason(.removed, String(repeating: "ü", count: 90))
        #expect(reason.text.utf8.count == CloseReason.maximumTextBytes)
        let bytes = try encodeBytes(capacity: 128) { (writer) throws(CodecError) in
            try reason.encode(into: &writer)
        }
        var reader = ByteReader(bytes.rawBytes)
        #expect(try CloseReason(decoding: &reader) == reason)
        let unknown: [UInt8] = [0xff, 0xff, 0]
        var other = ByteReader(unknown.rawBytes)
        #expect(throws: CodecError.malformed) { try CloseReason(decoding: &other) }
    }
}

@Suite struct AcknowledgementTests {
    private func ranges(_ body: [UInt8]) throws(CodecError) -> [ClosedRange<UInt64>] {
        var reader = try AcknowledgementReader(body.rawBytes)
        var found: [ClosedRange<UInt64>] = []
        while let range = try reader.nextRange() { found.append(range) }
        return found
    }

    @Test func rangesAreReadDownwards() throws {
        // 10...8 arrived, 7 and 6 did not, 5...5 did, 4...1 did not, 0...0 did.
        #expect(try ranges([10, 0, 2, 1, 0, 3, 0]) == [8...10, 5...5, 0...0])
    }

    @Test func nothingReachesBelowZero() {
        #expect(throws: CodecError.tooLarge) { try ranges([3, 0, 4]) }
        #expect(throws: CodecError.malformed) { try ranges([3, 0, 3, 0, 0]) }
        #expect(throws: CodecError.malformed) { try ranges([9, 0, 3, 5, 0]) }
        #expect(throws: CodecError.truncated) { try ranges([9, 0, 3, 1]) }
    }

    @Test func moreRangesThanAnyoneReportsAreRefused() throws {
        let pairs = [UInt8](repeating: 0, count: 2 * AcknowledgementReader.maximumRanges)
        #expect(try ranges([0xff, 0x01, 0, 0] + pairs.dropLast(2)).count == 32)
        #expect(throws: CodecError.tooLarge) { try ranges([0xff, 0x01, 0, 0] + pairs) }
    }
}
