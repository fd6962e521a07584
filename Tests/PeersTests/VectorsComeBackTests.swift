import CairnBasics
import CairnCRDT
import Testing
import VectorKit

@testable import CairnPeers

/// What `protocol/vectors` has of nodes is read, and written again to the same bytes.
@Suite struct VectorsComeBackTests {
    @Test func messagesBetweenNodesComeBack() throws {
        let stored = try storedVectors("peers")
        for (name, text) in stored where name != "lattice" {
            let bytes = try #require(unhex(text), "\(name)")
            let (header, message) = try Self.read(bytes)
            #expect(message.encoded(header).map { hex($0) } == text, "\(name)")
        }
        try expectVectorsComeBack("peers", "lattice") { (reader, writer) throws(CodecError) in
            try Lattice(decoding: &reader).encode(into: &writer)
        }
    }

    private static func read(_ bytes: [UInt8]) throws -> (PeerHeader, PeerMessage) {
        try PeerMessage.read(bytes.rawBytes)
    }
}
