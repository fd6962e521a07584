import CairnBasics
import CairnWire

/// The receiving half of a connection's reliable streams: puts fragments in order, each once.
///
/// What an honest sender can make it hold is bounded by `TransportLimits.connectionBytes`; whoever
/// makes it hold more is cut off. Costs nothing until the first fragment.
struct IncomingStreams {
    private struct Fragment {
        let bytes: [UInt8]
        let endsMessage: Bool
    }

    private struct Stream {
        var nextSequence: UInt64 = 0
        /// The message being put together.
        var partial: [UInt8] = []
        /// Fragments that came before their turn: the place is the sequence modulo the window.
        var early: [Fragment?] = []
    }

    private var streams: [Stream] = []
    private var unread = RingQueue<StreamMessage>()
    private var unreadBytes = 0
    /// Bytes in partial messages and early fragments.
    private(set) var heldBytes = 0

    /// The oldest whole message that was not polled yet.
    mutating func pollMessage() -> StreamMessage? {
        guard let message = unread.popFirst() else { return nil }
        unreadBytes &-= message.bytes.count
        return message
    }

    /// Takes in the body of a stream fragment frame.
    mutating func receive(_ body: RawSpan) throws(CloseReason) {
        var reader = ByteReader(body)
        let head: StreamFragmentHead
        do throws(CodecError) {
            head = try StreamFragmentHead(decoding: &reader)
        } catch {
            throw CloseReason(.protocolViolation, "malformed stream fragment")
        }
        guard Int(head.stream) < TransportLimits.streams else {
            throw CloseReason(.protocolViolation, "no such stream")
        }
        if streams.isEmpty {
            streams = [Stream](repeating: Stream(), count: TransportLimits.streams)
        }
        try place(reader.getRest(), head)
    }

    private mutating func place(
        _ bytes: RawSpan, _ head: StreamFragmentHead
    ) throws(CloseReason) {
        let stream = Int(head.stream)
        let next = streams[stream].nextSequence
        guard head.sequence >= next else { return }
        guard head.sequence &- next < UInt64(TransportLimits.fragmentWindow) else {
            throw CloseReason(.overrun, "fragment outside the window")
        }
        if head.sequence == next {
            hold(bytes.byteCount)
            try advance(stream, bytes, endsMessage: head.endsMessage)
            try drainEarly(stream)
        } else {
            keepEarly(bytes, head)
        }
        guard heldBytes <= TransportLimits.connectionBytes else {
            throw CloseReason(.overrun, "unfinished messages hold too many bytes")
        }
    }

    private mutating func hold(_ byteCount: Int) { heldBytes &+= byteCount }

    private mutating func keepEarly(_ bytes: RawSpan, _ head: StreamFragmentHead) {
        let stream = Int(head.stream)
        if streams[stream].early.isEmpty {
            streams[stream].early = [Fragment?](
                repeating: nil, count: TransportLimits.fragmentWindow)
        }
        let place = Self.place(head.sequence)
        guard streams[stream].early[place] == nil else { return }
        streams[stream].early[place] = Fragment(
            bytes: bytes.array, endsMessage: head.endsMessage)
        hold(bytes.byteCount)
    }

    private mutating func drainEarly(_ stream: Int) throws(CloseReason) {
        guard !streams[stream].early.isEmpty else { return }
        while let fragment = streams[stream].early[Self.place(streams[stream].nextSequence)] {
            streams[stream].early[Self.place(streams[stream].nextSequence)] = nil
            try advance(stream, fragment.bytes.rawBytes, endsMessage: fragment.endsMessage)
        }
    }

    /// Takes the fragment whose turn it is; hands the message over when it is whole.
    private mutating func advance(
        _ stream: Int, _ bytes: RawSpan, endsMessage: Bool
    ) throws(CloseReason) {
        streams[stream].nextSequence &+= 1
        guard streams[stream].partial.count + bytes.byteCount <= TransportLimits.messageBytes else {
            throw CloseReason(.overrun, "message too large")
        }
        unsafe bytes.withUnsafeBytes { unsafe streams[stream].partial.append(contentsOf: $0) }
        guard endsMessage else { return }
        var message: [UInt8] = []
        swap(&message, &streams[stream].partial)
        heldBytes &-= message.count
        unreadBytes &+= message.count
        unread.append(StreamMessage(stream: UInt8(truncatingIfNeeded: stream), bytes: message))
        guard unread.count <= TransportLimits.unreadMessages,
            unreadBytes <= TransportLimits.unreadBytes
        else { throw CloseReason(.overrun, "too many messages at once") }
    }

    private static func place(_ sequence: UInt64) -> Int {
        Int(truncatingIfNeeded: sequence % UInt64(TransportLimits.fragmentWindow))
    }
}
