// Everything that reads bytes without state: frames and their bodies, and the handshake's messages.
// The property: what can be decoded encodes to the same bytes, and nothing traps.

import CairnBasics
import CairnWire

/// Reads `bytes` as everything that it could be.
func fuzz(_ bytes: RawSpan) {
    readFrames(bytes)
    readHandshake(bytes)
}

private func readFrames(_ bytes: RawSpan) {
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

private func readHandshake(_ bytes: RawSpan) {
    if let reply = CookieReply(bytes) {
        let again = try? encodeBytes(capacity: CookieReply.byteCount) {
            (writer) throws(CodecError) in try reply.encode(into: &writer)
        }
        precondition(again == bytes.array)
    }
    if let hello = ClientHello(bytes) {
        precondition(hello.sealedToken.byteCount == ConnectToken.sealedBytes)
        precondition(hello.publicKey.byteCount == 32)
    }
    _ = try? ConnectToken.inspect(bytes, keys: [], serverID: 1, wallMilliseconds: 0)
}

/// A body with one encoding for each value.
private protocol Canonical {
    init(decoding reader: inout ByteReader) throws(CodecError)
    func encode(into writer: inout ByteWriter) throws(CodecError)
}

extension MessagePartHead: Canonical {}
extension SequencedHead: Canonical {}
extension Ping: Canonical {}
extension Pong: Canonical {}
extension CloseReason: Canonical {}

/// What can be decoded encodes to the bytes that it was decoded from.
private func comesBack<Body: Canonical>(_ bytes: RawSpan, as _: Body.Type) {
    var reader = ByteReader(bytes)
    guard let value = try? Body(decoding: &reader) else { return }
    let again = try? encodeBytes(capacity: 256) { (writer) throws(CodecError) in
        try value.encode(into: &writer)
    }
    precondition(again == bytes.extracting(0..<reader.position).array)
}
