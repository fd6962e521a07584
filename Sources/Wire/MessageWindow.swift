/// How much one end takes in of reliable messages at once. An end may say that it takes more than the
/// least, by an extension of its hello.
public struct MessageWindow: Hashable, Sendable {
    /// What every end takes: two of the largest messages, and enough small ones for a busy world.
    public static let least = MessageWindow(bytes: 512 * 1_024, messages: 512)
    /// More than this nobody says: 100 ms at 5 Gbit/s.
    public static let most = MessageWindow(bytes: 64 * 1_024 * 1_024, messages: 32_768)

    /// What messages under way may cost, all lanes together.
    public var bytes: Int
    /// How many numbers a lane may be ahead of its oldest message not acknowledged.
    public var messages: Int

    public init(bytes: Int, messages: Int) {
        self.bytes = bytes
        self.messages = messages
    }

    /// True when an end may say so.
    var isSayable: Bool {
        (Self.least.bytes...Self.most.bytes).contains(bytes)
            && (Self.least.messages...Self.most.messages).contains(messages)
    }
}

extension HelloExtensions {
    /// What an end says of itself: the largest UDP payload that it takes, and how many messages.
    public init(maximumDatagramBytes: Int, window: MessageWindow) {
        precondition(window.isSayable)
        let datagram = HelloExtensions(maximumDatagramBytes: maximumDatagramBytes)
        guard window != .least else {
            self = datagram
            return
        }
        var body: [UInt8] = []
        for shift in stride(from: 0, to: 32, by: 8) {
            body.append(UInt8(truncatingIfNeeded: window.bytes >> shift))
        }
        for shift in [0, 8] { body.append(UInt8(truncatingIfNeeded: window.messages >> shift)) }
        self.init(datagram.entries + [Entry(type: Known.messageWindow, body: body)])
    }

    /// What the sender takes in; nil when it says so in a way of its own.
    public var messageWindow: MessageWindow? {
        guard let entry = entries.first(where: { $0.type == Known.messageWindow }) else {
            return .least
        }
        guard entry.body.count == 6 else { return nil }
        var bytes = 0
        for index in 0..<4 { bytes |= Int(entry.body[index]) << (8 * index) }
        let window = MessageWindow(
            bytes: bytes, messages: Int(entry.body[4]) | Int(entry.body[5]) << 8)
        return window.isSayable ? window : nil
    }
}
