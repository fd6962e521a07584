import CairnBasics
import CairnGeometry
import CairnReplication
import Testing

@Suite struct TickFramesComeBackAsTheyWereTests {
    private static let motion = Motion(
        position: Position(x: -1, y: .max, z: .min), velocity: Velocity(x: 1, y: -2, z: 3),
        animation: 9)

    private static let frames = [
        TickFrame(tick: Tick(0), serverMilliseconds: 0),
        TickFrame(tick: Tick(.max), serverMilliseconds: .max, steeringSequence: .max),
        TickFrame(tick: Tick(7), serverMilliseconds: 350, ownMotion: motion),
        TickFrame(
            tick: Tick(7), serverMilliseconds: 1 << 41, steeringSequence: 5, ownMotion: motion),
        TickFrame(tick: Tick(8), serverMilliseconds: 400, performedIntent: 70_000),
    ]

    @Test(arguments: frames)
    func whatIsWrittenIsRead(frame: TickFrame) throws {
        let bytes = try Self.encoded(frame)
        var reader = ByteReader(bytes.rawBytes)
        #expect(try TickFrame(decoding: &reader) == frame)
        #expect(reader.remaining == 0)
    }

    @Test(arguments: frames)
    func everyTruncationIsRefused(frame: TickFrame) throws {
        let bytes = try Self.encoded(frame)
        for length in bytes.indices {
            let short = Array(bytes.prefix(length))
            var reader = ByteReader(short.rawBytes)
            #expect(throws: CodecError.truncated) { try TickFrame(decoding: &reader) }
        }
    }

    @Test func unknownMarksAreRefused() {
        let bytes: [UInt8] = [1, 0, 0, 0, 8, 0]
        var reader = ByteReader(bytes.rawBytes)
        #expect(throws: CodecError.malformed) { try TickFrame(decoding: &reader) }
    }

    private static func encoded(_ frame: TickFrame) throws(CodecError) -> [UInt8] {
        try encodeBytes(capacity: TickFrame.maximumByteCount) { (writer) throws(CodecError) in
            try frame.encode(into: &writer)
        }
    }
}
