import CairnBasics
import CairnWire

/// The receiving half of a connection's messages: what is unfinished, and what waits to be polled.
///
/// What an honest sender can make it hold is bounded by the window it was told; whoever makes it hold
/// more is cut off. Unreliable messages that find the queue full are dropped, as the network might.
/// Costs nothing until the first message.
struct IncomingMessages {
    private var lanes: [IncomingLane] = []
    private var unread = RingQueue<Message>()
    private var unreadBytes = 0
    /// Of each channel, the lowest sequence that is not out of date.
    private var expected: [UInt64] = []
    /// What unfinished messages cost.
    private var heldBytes = 0
    /// Sequenced messages that came after a newer one.
    private(set) var outdatedCount: UInt64 = 0
    /// Unreliable messages for which nobody had room.
    private(set) var droppedCount: UInt64 = 0
    /// What this end has told the peer that it takes in.
    var window = MessageWindow.least

    /// Bytes kept for this peer.
    var retainedBytes: Int { heldBytes &+ unreadBytes }

    /// The oldest message that was not polled yet.
    mutating func pollMessage() -> Message? {
        guard let message = unread.popFirst() else { return nil }
        unreadBytes &-= message.bytes.count
        return message
    }

    /// Takes in the body of a reliable message frame.
    mutating func receive(_ body: RawSpan, isOrdered: Bool) throws(CloseReason) {
        var reader = ByteReader(body)
        guard let head = try? MessagePartHead(decoding: &reader),
            Int(head.lane) < TransportLimits.streams
        else { throw CloseReason(.protocolViolation, "malformed message frame") }
        if lanes.isEmpty {
            lanes = .init(repeating: IncomingLane(), count: OutgoingMessages.reliableLanes)
        }
        let lane = Int(head.lane) &+ (isOrdered ? 0 : TransportLimits.streams)
        let whole = try lanes[lane].place(
            head, reader.getRest(), window: window, held: &heldBytes)
        guard let whole else { return }
        if isOrdered {
            while let bytes = lanes[lane].takeNext(held: &heldBytes) {
                try deliver(Message(delivery: .ordered(stream: head.lane), bytes: bytes))
            }
        } else {
            let bytes = lanes[lane].takeWhole(whole, held: &heldBytes)
            try deliver(Message(delivery: .unordered, bytes: bytes))
        }
    }

    /// Takes in an unreliable message.
    mutating func receiveUnreliable(_ body: RawSpan) {
        deliverIfRoom(.unreliable, body)
    }

    /// Takes in the body of a sequenced message frame.
    mutating func receiveSequenced(_ body: RawSpan) throws(CloseReason) {
        var reader = ByteReader(body)
        guard let head = try? SequencedHead(decoding: &reader),
            Int(head.channel) < TransportLimits.channels
        else { throw CloseReason(.protocolViolation, "malformed message frame") }
        if expected.isEmpty { expected = .init(repeating: 0, count: TransportLimits.channels) }
        guard head.sequence >= expected[Int(head.channel)] else {
            outdatedCount &+= 1
            return
        }
        expected[Int(head.channel)] = head.sequence &+ 1
        deliverIfRoom(.sequenced(channel: head.channel), reader.getRest())
    }

    private mutating func deliver(_ message: Message) throws(CloseReason) {
        unreadBytes &+= message.bytes.count
        unread.append(message)
        let isTooMany = unread.count > 2 &* window.messages
        let isTooMuch = unreadBytes > 2 &* window.bytes
        guard !isTooMany, !isTooMuch else {
            throw CloseReason(.overrun, "too many messages at once")
        }
    }

    private mutating func deliverIfRoom(_ delivery: Delivery, _ bytes: RawSpan) {
        let isTooMany = unread.count >= window.messages
        let isTooMuch = unreadBytes &+ bytes.byteCount > window.bytes
        guard !isTooMany, !isTooMuch else {
            droppedCount &+= 1
            return
        }
        unreadBytes &+= bytes.byteCount
        unread.append(Message(delivery: delivery, bytes: bytes.array))
    }
}
