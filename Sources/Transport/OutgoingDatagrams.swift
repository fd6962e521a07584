import CairnBasics
import CairnWire

/// Unreliable and sequenced messages that wait for a packet. They go once, or not at all.
///
/// Bounded twice: by their number and bytes, beyond which the oldest of the least urgent go, and by
/// their age, since what waited long behind a narrow path is no longer news. A sequenced channel holds
/// one message, its newest.
struct OutgoingDatagrams {
    private struct Waiting {
        let bytes: [UInt8]
        let since: Instant
    }

    private var queues: [RingQueue<Waiting>] = []
    private var channels: [Waiting?] = []
    private var sequences: [UInt64] = []
    private var count = 0
    private(set) var bytes = 0
    private(set) var droppedCount: UInt64 = 0

    func hasMessages(_ queue: Int) -> Bool { !queues[queue].isEmpty }
    func hasMessage(channel: Int) -> Bool { channels[channel] != nil }

    mutating func append(_ message: [UInt8], _ priority: Priority, now: Instant) {
        if queues.isEmpty { queues = .init(repeating: RingQueue(), count: Priority.allCases.count) }
        queues[Int(priority.rawValue)].append(Waiting(bytes: message, since: now))
        count &+= 1
        bytes &+= message.count
        while count > TransportLimits.datagramMessages { dropLeastUrgent() }
        while bytes > TransportLimits.datagramQueueBytes { dropLeastUrgent() }
    }

    private mutating func dropLeastUrgent() {
        for queue in queues.indices.reversed() where !queues[queue].isEmpty {
            _ = pop(queue)
            droppedCount &+= 1
            return
        }
    }

    private mutating func pop(_ queue: Int) -> Waiting? {
        guard let waiting = queues[queue].popFirst() else { return nil }
        count &-= 1
        bytes &-= waiting.bytes.count
        return waiting
    }

    /// Sets what a channel has to say; what it had is out of date.
    mutating func replace(_ message: [UInt8], channel: Int, now: Instant) {
        if channels.isEmpty {
            channels = .init(repeating: nil, count: TransportLimits.channels)
            sequences = .init(repeating: 0, count: TransportLimits.channels)
        }
        if let old = channels[channel] {
            bytes &-= old.bytes.count
            droppedCount &+= 1
        }
        channels[channel] = Waiting(bytes: message, since: now)
        bytes &+= message.count
    }

    /// Puts the first message of a priority into the packet, dropping those that are too old.
    mutating func take(
        _ queue: Int, into packet: inout PacketScratch, reserving reserve: Int, now: Instant
    ) -> Bool {
        while !queues[queue].isEmpty,
            queues[queue][0].since + TransportLimits.datagramMessageAge < now
        {
            _ = pop(queue)
            droppedCount &+= 1
        }
        guard !queues[queue].isEmpty else { return false }
        let message = queues[queue][0].bytes
        guard message.count &+ reserve <= packet.room,
            packet.append(.unreliableMessage, message.rawBytes)
        else { return false }
        _ = pop(queue)
        return true
    }

    /// Puts a channel's message into the packet, or drops it when it is too old.
    mutating func take(
        channel: Int, into packet: inout PacketScratch, reserving reserve: Int, now: Instant
    ) -> Bool {
        guard let waiting = channels[channel] else { return false }
        let isStale = waiting.since + TransportLimits.datagramMessageAge < now
        if isStale {
            droppedCount &+= 1
        } else {
            let head = SequencedHead(
                channel: UInt8(truncatingIfNeeded: channel), sequence: sequences[channel])
            guard head.byteCount &+ waiting.bytes.count &+ reserve <= packet.room,
                packet.append(head, waiting.bytes.rawBytes)
            else { return false }
            sequences[channel] &+= 1
        }
        channels[channel] = nil
        bytes &-= waiting.bytes.count
        return !isStale
    }
}
