import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnWire
import CairnWorld
import Testing
import VectorKit

/// What `protocol/vectors` has of state is read as it is meant, and written again to the same bytes.
@Suite struct VectorsComeBackTests {
    @Test func latticesFieldsAndContextsComeBack() throws {
        for name in ["world-lattice", "world-fields"] {
            for key in ["base", "first", "second"] {
                try expectVectorsComeBack(name, key) { (reader, writer) throws(CodecError) in
                    try Lattice(decoding: &reader).encode(into: &writer)
                }
            }
        }
        try expectVectorsComeBack("world-lattice", "context") {
            (reader, writer) throws(CodecError) in
            try CausalContext(decoding: &reader).encode(into: &writer)
        }
        let joins = try storedVectors("world-joins").keys.filter { !$0.hasSuffix("words") }
        #expect(joins.count >= 40)
        for key in joins where key.hasSuffix(": joined") == false {
            try expectVectorsComeBack("world-joins", key) { (reader, writer) throws(CodecError) in
                try FieldState(decoding: &reader).encode(into: &writer)
            }
        }
    }

    @Test func tickFramesAndKeyframesComeBack() throws {
        try expectVectorsComeBack("world-blocks", "tick frame") {
            (reader, writer) throws(CodecError) in
            try TickFrame(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("world-blocks", "keyframe of 100 at 103") {
            (reader, writer) throws(CodecError) in
            let page = try PageID(decoding: &reader)
            let grid = CellGrid(cellMetres: 16)
            var models = BlockModels()
            var coder = BlockCoder()
            let snapshot = try PageSnapshot(
                decodingKeyframe: &reader, now: Tick(103), grid: grid, &models)
            try snapshot.encodeKeyframe(
                of: page, now: Tick(103), grid: grid, &coder, into: &writer)
        }
    }

    /// A receiver that is shown the blocks has the page that the words describe, by its digest.
    @Test func aReceiverOfTheBlocksHasThePageThatTheyDescribe() throws {
        let stored = try storedVectors("world-blocks")
        func block(_ key: String) throws -> [UInt8] {
            try #require(stored[key].flatMap(unhex), "\(key)")
        }
        let keyframe = try block("keyframe of 100 at 103")
        let properties = try block("properties at 124")
        let leave = try block("leave")
        var replica = Replica(cellMetres: 16, tickHertz: 20)
        func show(_ type: FrameType, _ body: [UInt8], _ tick: UInt32) throws -> Bool? {
            guard replica.open(tick: Tick(tick)) else { return nil }
            return try replica.receive(type, body.rawBytes, tick: Tick(tick))
        }
        _ = try show(.keyframeBlock, keyframe, 103)
        for (since, now) in [(100, 107), (100, 120), (120, 123)] as [(UInt32, UInt32)] {
            _ = try show(.changeBlock, try block("change of \(since) at \(now)"), now)
            let agrees = try show(.pageDigest, try block("digest at \(now)"), now)
            #expect(agrees == true, "the page at \(now)")
        }
        _ = try show(.propertyBlock, properties, 124)
        let told = try #require(stored["fields at 124"])
        for line in told.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            let parts = words[0].split(separator: ".").compactMap { UInt64($0) }
            let id = EntityID(raw: parts[0] << 32 | parts[1])
            let field = try #require(UInt16(words[2]).map { FieldID($0) })
            let row = try #require(replica.entities.row(of: id), "\(line)")
            #expect(replica.entities.field(field, row: row)?.words == words[3], "\(line)")
        }
        _ = try show(.cellLeave, leave, 125)
        let after = try show(.pageDigest, try block("digest at 123"), 123)
        #expect(after == nil, "the page is not known any more")
    }
}
