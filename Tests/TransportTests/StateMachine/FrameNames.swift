import CairnBasics
import CairnWire

/// The document's names of the frames in an opened packet, in their order.
func frameNames(_ payload: [UInt8]) -> [String] {
    var reader = FrameReader(payload.rawBytes)
    var names: [String] = []
    while let frame = try? reader.next() { names.append(name(of: frame.type)) }
    return names
}

private func name(of type: FrameType) -> String {
    switch type {
    case .padding: "padding"
    case .acknowledgement: "acknowledgement"
    case .orderedMessage: "ordered message"
    case .unreliableMessage: "unreliable message"
    case .sequencedMessage: "sequenced message"
    case .unorderedMessage: "unordered message"
    case .ping: "ping"
    case .pong: "pong"
    case .close: "close"
    case .pathChallenge: "path challenge"
    case .pathResponse: "path response"
    default: "frame \(type.rawValue)"
    }
}

/// The events of `frames(for:)`, all of which both tables have.
let frameEvents = [
    "padding", "acknowledgement", "acknowledgement of what was never sent", "a whole message",
    "a part of a message", "a message outside the window",
    "a part that is not chunks of its message", "an unordered message", "an unreliable message",
    "a sequenced message", "ping", "pong", "path challenge", "path response",
    "path response with another value", "a frame of an unknown type", "a frame of the application",
    "a frame that reaches beyond the packet", "a frame whose body breaks its rules", "close",
]

/// The frames of section 6 of the standard that a table has a row for, well made and not.
///
/// `largest` is a number that the end under test has sent, `challenge` the value it waits for.
func frames(for event: String, largest: UInt64, challenge: UInt64 = 0) -> [UInt8]? {
    let word = { (value: UInt64) in withUnsafeBytes(of: value.littleEndian, Array.init) }
    return switch event {
    case "padding": frame(.padding, [0, 0, 0])
    case "acknowledgement": frame(.acknowledgement, varint(largest) + [0, 0])
    case "acknowledgement of what was never sent":
        frame(.acknowledgement, varint(largest + 1_000) + [0, 0])
    case "a whole message": whole([1, 2, 3], number: 0)
    case "a part of a message":
        part([UInt8](repeating: 1, count: 128), number: 0, of: 300, from: 0)
    case "a message outside the window": whole([1], number: 100_000)
    case "a part that is not chunks of its message":
        part([1, 2, 3], number: 0, of: 300, from: 0)
    case "an unordered message": whole([1], .unorderedMessage, number: 0)
    case "an unreliable message": frame(.unreliableMessage, [1])
    case "a sequenced message": frame(.sequencedMessage, [0, 1, 1])
    case "ping": frame(.ping, word(5))
    case "pong": frame(.pong, word(5) + word(6) + word(7))
    case "path challenge": frame(.pathChallenge, word(9))
    case "path response": frame(.pathResponse, word(challenge))
    case "path response with another value": frame(.pathResponse, word(challenge &+ 1))
    case "a frame of an unknown type": frame(FrameType(0x3ffe), [1])
    case "a frame of the application": frame(.tick, [1, 2])
    case "a frame that reaches beyond the packet": [3, 200, 1]
    case "a frame whose body breaks its rules": frame(.ping, [1])
    case "close": frame(.close, [0, 0, 0])
    default: nil
    }
}
