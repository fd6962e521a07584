// What clients and servers say to one another inside streams and frames, the world's description
// among it. The properties: what can be decoded encodes to the same bytes, and a description without
// faults can be encoded again.

import CairnAnchors
import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWire
import CairnWorld
import FuzzKit

/// Reads the bytes after the first as what the first says.
func fuzz(_ bytes: RawSpan) {
    guard bytes.byteCount > 0 else { return }
    let body = bytes.extracting(1..<bytes.byteCount)
    switch bytes.unsafeLoad(as: UInt8.self) % 10 {
    case 0: readClientMessage(body)
    case 1: readServerMessage(body)
    case 2: readDescription(body)
    case 3: comesBack(body, as: Intent.self, capacity: 8_192)
    case 4: comesBack(body, as: SteeringInput.self)
    case 5: comesBack(body, as: PoseClaim.self)
    case 6: comesBack(body, as: TickFrame.self)
    case 7: canBeSaid(body, as: SightingReport.self)
    case 8: canBeSaid(body, as: DeviceStatus.self)
    default: comesBack(body, as: Motion.self)
    }
}

private func readClientMessage(_ bytes: RawSpan) {
    guard let message = try? ClientMessage(decoding: bytes) else { return }
    let again = try? encodeBytes(capacity: 8_192) { (writer) throws(CodecError) in
        try message.encode(into: &writer)
    }
    precondition(again == bytes.array)
}

private func readServerMessage(_ bytes: RawSpan) {
    guard let message = try? ServerMessage(decoding: bytes) else { return }
    // A reason is cleaned when it is written, so its bytes need not come back.
    precondition((try? ServerMessage(decoding: message.encoded().rawBytes)) != nil)
}

private func readDescription(_ bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard let description = try? WorldDescription(decoding: &reader),
        description.faults().isEmpty
    else { return }
    var again = ByteReader(description.encoded().rawBytes)
    precondition((try? WorldDescription(decoding: &again)) == description)
}

/// What was measured is rounded when it is written, so its bytes need not come back; but it can be
/// written, and read again.
private func canBeSaid<Value: Canonical>(_ bytes: RawSpan, as _: Value.Type) {
    var reader = ByteReader(bytes)
    guard let value = try? Value(decoding: &reader) else { return }
    guard
        let again = try? encodeBytes(
            capacity: 16_384,
            { (writer) throws(CodecError) in
                try value.encode(into: &writer)
            })
    else { preconditionFailure("what was read cannot be written") }
    var second = ByteReader(again.rawBytes)
    precondition((try? Value(decoding: &second)) != nil)
}

extension Intent: Canonical {}
extension SteeringInput: Canonical {}
extension PoseClaim: Canonical {}
extension TickFrame: Canonical {}
extension SightingReport: Canonical {}
extension DeviceStatus: Canonical {}
extension Motion: Canonical {}
