import CairnAnchors
import CairnBasics
import Testing
import VectorKit

/// What `protocol/vectors` has of devices is read, and written again to the same bytes.
@Suite struct VectorsComeBackTests {
    @Test func reportsAndStatusesComeBack() throws {
        try expectVectorsComeBack("world-devices", "report") {
            (reader, writer) throws(CodecError) in
            try SightingReport(decoding: &reader).encode(into: &writer)
        }
        for status in ["placed", "searching"] {
            try expectVectorsComeBack("world-devices", status) {
                (reader, writer) throws(CodecError) in
                try DeviceStatus(decoding: &reader).encode(into: &writer)
            }
        }
    }
}
