import CairnBasics
import CairnReplication
import CairnWire
import CairnWorld

/// The frames of one opened packet: in words, and written again from what was read.
struct GoldenFrames {
    private(set) var says: [String] = []
    private(set) var again: [UInt8] = []

    init(_ payload: [UInt8], isFromClient: Bool) throws {
        var frames = FrameReader(payload.rawBytes)
        while let frame = try frames.next() {
            let body = try Self.read(frame.type, frame.body.array, isFromClient)
            says.append(body.words)
            again += try encodeBytes(capacity: body.again.count + 8) {
                (writer) throws(CodecError) in
                try writer.putVarint(UInt64(frame.type.rawValue))
                try writer.putVarint(UInt64(body.again.count))
                try writer.putBytes(body.again.rawBytes)
            }
        }
    }

    private static func read(
        _ type: FrameType, _ body: [UInt8], _ isFromClient: Bool
    ) throws -> (words: String, again: [UInt8]) {
        var reader = ByteReader(body.rawBytes)
        switch type {
        case .padding: return ("padding, \(body.count) bytes", body)
        case .acknowledgement: return try acknowledgement(body)
        case .orderedMessage: return try message(body, isFromClient)
        case .ping:
            let ping = try Ping(decoding: &reader)
            return ("ping", try encoded { (w) throws(CodecError) in try ping.encode(into: &w) })
        case .pong:
            let pong = try Pong(decoding: &reader)
            return ("pong", try encoded { (w) throws(CodecError) in try pong.encode(into: &w) })
        case .close:
            let reason = try CloseReason(decoding: &reader)
            return (
                "close \(reason.code.rawValue)",
                try encoded { (w) throws(CodecError) in try reason.encode(into: &w) }
            )
        case .pathChallenge: return ("path challenge", body)
        case .pathResponse: return ("path response", body)
        case .steering: return try steering(body)
        case .tick:
            let frame = try TickFrame(decoding: &reader)
            return (
                "tick \(frame.tick.number)",
                try encoded { (w) throws(CodecError) in try frame.encode(into: &w) }
            )
        case .keyframeBlock:
            let (page, age) = (try reader.getVarint(), try reader.getVarint())
            _ = try reader.get(UInt64.self)
            let members = try reader.getVarint().nonzeroBitCount
            return ("keyframe of page \(page), \(age) ticks old, \(members) members", body)
        case .changeBlock:
            let (page, age) = (try reader.getVarint(), try reader.getVarint())
            return ("change of page \(page) over \(age) ticks", body)
        case .propertyBlock, .pageDigest, .cellLeave:
            let names: [FrameType: String] = [
                .propertyBlock: "properties", .pageDigest: "digest", .cellLeave: "leave",
            ]
            let page = try reader.getVarint()
            return ("\(names[type] ?? "") of page \(page)", body)
        default: return ("frame \(type.rawValue), \(body.count) bytes", body)
        }
    }

    private static func acknowledgement(
        _ body: [UInt8]
    ) throws -> (words: String, again: [UInt8]) {
        var reader = try AcknowledgementReader(body.rawBytes)
        var ranges: [ClosedRange<UInt64>] = []
        while let range = try reader.nextRange() { ranges.append(range) }
        let delay = UInt64(reader.delay.nanoseconds / 1_000)
        let largest = reader.largest
        let again = try encoded { (writer) throws(CodecError) in
            try writer.putVarint(largest)
            try writer.putVarint(delay)
            for (index, range) in ranges.enumerated() {
                if index > 0 {
                    try writer.putVarint(ranges[index - 1].lowerBound - range.upperBound - 2)
                }
                try writer.putVarint(range.upperBound - range.lowerBound)
            }
        }
        let words = ranges.map { "\($0.lowerBound) to \($0.upperBound)" }
        return ("acknowledgement of \(words.joined(separator: ", "))", again)
    }

    /// An ordered message, or a part of one.
    private static func message(
        _ body: [UInt8], _ isFromClient: Bool
    ) throws -> (words: String, again: [UInt8]) {
        var reader = ByteReader(body.rawBytes)
        let head = try MessagePartHead(decoding: &reader)
        var bytes = reader.getRest().array
        var words = "message \(head.number) of stream \(head.lane)"
        if let part = head.part {
            words += ", from chunk \(part.firstChunk) of \(part.length) bytes"
        } else {
            let said = try isFromClient ? ofClient(bytes) : ofServer(bytes)
            words += ", \(said.name)"
            bytes = said.again
        }
        let again = try encoded { (writer) throws(CodecError) in
            try head.encode(into: &writer)
            try writer.putBytes(bytes.rawBytes)
        }
        return (words, again)
    }

    private static func ofClient(_ bytes: [UInt8]) throws -> (name: String, again: [UInt8]) {
        let message = try ClientMessage(decoding: bytes.rawBytes)
        return (
            name("\(message)"),
            try encoded { (w) throws(CodecError) in try message.encode(into: &w) }
        )
    }

    private static func ofServer(_ bytes: [UInt8]) throws -> (name: String, again: [UInt8]) {
        let message = try ServerMessage(decoding: bytes.rawBytes)
        return (name("\(message)"), message.encoded())
    }

    /// A case without its values.
    private static func name(_ description: String) -> String {
        String(description.prefix { $0.isLetter })
    }

    private static func steering(_ body: [UInt8]) throws -> (words: String, again: [UInt8]) {
        var reader = ByteReader(body.rawBytes)
        var inputs: [SteeringInput] = []
        while reader.remaining > 0 { inputs.append(try SteeringInput(decoding: &reader)) }
        let read = inputs
        let again = try encoded { (writer) throws(CodecError) in
            for input in read { try input.encode(into: &writer) }
        }
        return ("steering \(inputs.map { "\($0.sequence)" }.joined(separator: ", "))", again)
    }

    private static func encoded(
        _ write: (inout ByteWriter) throws(CodecError) -> Void
    ) throws -> [UInt8] {
        try encodeBytes(capacity: 2_048, write)
    }
}
