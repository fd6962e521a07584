import CairnBasics
import CairnWire

/// The sending half of a connection's reliable streams.
///
/// Messages are cut into fragments when they are sent; each waits, is in flight in one packet, or
/// is acknowledged. Fragments leave the queue in order. Costs nothing until the first message.
struct OutgoingStreams {
    private struct Fragment {
        let bytes: [UInt8]
        let endsMessage: Bool
        /// The bytes of the whole message, on its last fragment: freed when that leaves the queue.
        let messageBytes: Int
        var state: State

        enum State: Equatable {
            case waiting
            case inFlight(UInt64)
            case acknowledged
        }
    }

    private struct Stream {
        var fragments = RingQueue<Fragment>()
        var firstSequence: UInt64 = 0
        /// Fragments before this index do not wait.
        var cursor = 0

        /// The index of the first fragment that waits and is inside the window.
        func sendable() -> Int? {
            let end = min(fragments.count, TransportLimits.fragmentWindow)
            var index = cursor
            while index < end, fragments[index].state != .waiting { index &+= 1 }
            return index < end ? index : nil
        }
    }

    private var streams: [Stream] = []
    private var fragmentCount = 0
    /// Bytes of messages not yet wholly acknowledged.
    private(set) var queuedBytes = 0

    /// Queues a message; false when the connection's caps leave no room for it now.
    mutating func send(_ message: [UInt8], stream: UInt8) -> Bool {
        precondition(Int(stream) < TransportLimits.streams, "no such stream")
        precondition(message.count <= TransportLimits.messageBytes, "message too large")
        let size = TransportLimits.fragmentBytes
        let pieces = max(1, (message.count + size - 1) / size)
        guard queuedBytes + message.count <= TransportLimits.connectionBytes,
            fragmentCount + pieces <= TransportLimits.queuedFragments
        else { return false }
        if streams.isEmpty {
            streams = [Stream](repeating: Stream(), count: TransportLimits.streams)
        }
        for piece in 0..<pieces {
            let isLast = piece == pieces - 1
            let bytes = Array(message[piece * size..<min(message.count, (piece + 1) * size)])
            streams[Int(stream)].fragments.append(
                Fragment(
                    bytes: bytes, endsMessage: isLast, messageBytes: isLast ? message.count : 0,
                    state: .waiting))
        }
        queuedBytes += message.count
        fragmentCount += pieces
        return true
    }

    /// True when a fragment could go out now.
    var hasSendable: Bool {
        fragmentCount > 0 && streams.contains { $0.sendable() != nil }
    }

    /// Moves fragments into a packet while they fit above `reserve` bytes of room.
    mutating func fill(_ packet: inout PacketScratch, reserving reserve: Int) {
        guard fragmentCount > 0 else { return }
        for stream in streams.indices {
            while let index = streams[stream].sendable() {
                let fragment = streams[stream].fragments[index]
                let head = StreamFragmentHead(
                    stream: UInt8(truncatingIfNeeded: stream), endsMessage: fragment.endsMessage,
                    sequence: streams[stream].firstSequence &+ UInt64(index))
                guard packet.append(head, fragment.bytes.rawBytes, leaving: reserve) else { return }
                streams[stream].fragments[index].state = .inFlight(packet.number)
                streams[stream].cursor = index &+ 1
            }
        }
    }

    /// The packet arrived: its fragments are done, and those at the front leave.
    mutating func acknowledged(packet: UInt64) {
        for stream in streams.indices {
            let end = min(streams[stream].fragments.count, TransportLimits.fragmentWindow)
            for index in 0..<end
            where streams[stream].fragments[index].state == .inFlight(packet) {
                streams[stream].fragments[index].state = .acknowledged
            }
            removeAcknowledged(stream)
        }
    }

    /// The packet was lost: its fragments wait again.
    mutating func lost(packet: UInt64) { returnToWaiting { $0 == .inFlight(packet) } }

    /// Nothing was heard for a probe timeout: everything in flight may go again.
    mutating func suspectAll() {
        returnToWaiting { if case .inFlight = $0 { true } else { false } }
    }

    private mutating func returnToWaiting(_ isMeant: (Fragment.State) -> Bool) {
        for stream in streams.indices {
            let end = min(streams[stream].fragments.count, TransportLimits.fragmentWindow)
            for index in 0..<end where isMeant(streams[stream].fragments[index].state) {
                streams[stream].fragments[index].state = .waiting
                streams[stream].cursor = min(streams[stream].cursor, index)
            }
        }
    }

    private mutating func removeAcknowledged(_ stream: Int) {
        while streams[stream].fragments.count > 0,
            streams[stream].fragments[0].state == .acknowledged,
            let done = streams[stream].fragments.popFirst()
        {
            streams[stream].firstSequence &+= 1
            streams[stream].cursor = max(0, streams[stream].cursor &- 1)
            fragmentCount &-= 1
            queuedBytes &-= done.messageBytes
        }
    }
}
