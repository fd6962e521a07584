import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing
import VectorKit

/// What `protocol/vectors` has of sessions is read, and written again to the same bytes.
@Suite struct VectorsComeBackTests {
    @Test func messagesComeBack() throws {
        try expectVectorsComeBack("world-messages", "client: ") {
            (reader, writer) throws(CodecError) in
            try ClientMessage(decoding: reader.getRest()).encode(into: &writer)
        }
        try expectVectorsComeBack("world-messages", "server: ") {
            (reader, writer) throws(CodecError) in
            try ServerMessage(decoding: reader.getRest()).encode(into: &writer)
        }
        try expectVectorsComeBack("world-messages", "intent: ") {
            (reader, writer) throws(CodecError) in
            try Intent(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("world-messages", "scalar: ") {
            (reader, writer) throws(CodecError) in
            try Scalar(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("world-messages", "frame: steering") {
            (reader, writer) throws(CodecError) in
            try SteeringInput(decoding: &reader).encode(into: &writer)
        }
        try expectVectorsComeBack("world-messages", "frame: pose claim") {
            (reader, writer) throws(CodecError) in
            try PoseClaim(decoding: &reader).encode(into: &writer)
        }
    }

    @Test func theDescriptionComesBack() throws {
        try expectVectorsComeBack("world-description", "description") {
            (reader, writer) throws(CodecError) in
            try WorldDescription(decoding: &reader).encode(into: &writer)
        }
    }

    @Test func stepsComeBack() throws {
        try expectVectorsComeBack("world-steps") { (reader, writer) throws(CodecError) in
            try Motion(decoding: &reader).encode(into: &writer)
            try SteeringInput(decoding: &reader).encode(into: &writer)
            try writer.put(try reader.get(Int32.self))
            try Motion(decoding: &reader).encode(into: &writer)
        }
    }
}
