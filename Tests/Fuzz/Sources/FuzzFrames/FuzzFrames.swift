// The frames of an opened packet and the bodies that the transport reads. The properties: what can be
// decoded encodes to the same bytes, acknowledged ranges are in order, and there is an end to
// everything.

import CairnBasics
import CairnWire
import FuzzKit

/// Reads `bytes` as the frames of a packet.
func fuzz(_ bytes: RawSpan) {
    var frames = FrameReader(bytes)
    while let frame = try? frames.next() {
        switch frame.type {
        case .acknowledgement: readAcknowledgement(frame.body)
        case .orderedMessage, .unorderedMessage: comesBack(frame.body, as: MessagePartHead.self)
        case .sequencedMessage: comesBack(frame.body, as: SequencedHead.self)
        case .ping: comesBack(frame.body, as: Ping.self)
        case .pong: comesBack(frame.body, as: Pong.self)
        case .close: comesBack(frame.body, as: CloseReason.self)
        default: break
        }
    }
}

/// Ranges are disjoint, come downwards and never pass zero; there is an end to them.
private func readAcknowledgement(_ body: RawSpan) {
    guard var reader = try? AcknowledgementReader(body) else { return }
    var last: ClosedRange<UInt64>?
    var count = 0
    while let range = try? reader.nextRange() {
        if let last { precondition(range.upperBound &+ 1 < last.lowerBound) }
        precondition(range.upperBound <= reader.largest)
        last = range
        count += 1
    }
    precondition(count <= AcknowledgementReader.maximumRanges)
}

extension MessagePartHead: Canonical {}
extension SequencedHead: Canonical {}
extension Ping: Canonical {}
extension Pong: Canonical {}
extension CloseReason: Canonical {}
