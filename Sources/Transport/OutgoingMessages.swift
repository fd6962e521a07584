import CairnBasics
import CairnWire

/// Everything of a connection that waits to be sent as a message, in lanes, and who goes next.
///
/// Lanes 0 to 3 are the ordered streams, 4 to 7 the unordered messages by priority, 8 to 11 the
/// unreliable ones by priority, 12 on the sequenced channels. A bit says whether a lane has
/// something to send, so that an idle connection costs one comparison. Which parts of which messages
/// a packet carried stands in one ring in order of sending; a packet remembers its range of it.
/// Costs nothing until the first message.
struct OutgoingMessages: ~Copyable {
    private let pin = Pin()

    /// A run of a message's chunks that one packet carried: 24 bytes, and none of the message.
    private struct SentPart {
        let number: UInt64
        let firstChunk: UInt16
        let endChunk: UInt16
        let lane: UInt8
        var isSettled = false
    }

    static let reliableLanes = 2 * TransportLimits.streams
    private static let unreliable = reliableLanes
    private static let sequenced = unreliable + Priority.allCases.count
    private static let laneCount = sequenced + TransportLimits.channels

    private var lanes: [OutgoingLane] = []
    private var datagrams = OutgoingDatagrams()
    /// Lanes with something to send now.
    private var ready: UInt32 = 0
    private var priorities = InlineArray<28, UInt8>(repeating: 0)
    /// Packets in a row that carried nothing of a lane although it had something.
    private var passedOver = InlineArray<28, UInt8>(repeating: 0)
    /// Bounded by the packets whose fate is not known, and by what fits a packet.
    private var parts = RingQueue<SentPart>()
    private var firstPart: UInt64 = 0
    /// What reliable messages not yet wholly acknowledged cost.
    private(set) var queuedBytes = 0
    /// What the peer takes in at once.
    var window = MessageWindow.least
    /// What this end keeps for the peer at most.
    var queueLimit = TransportLimits.windowBytes

    /// Unreliable messages that were dropped before they could leave.
    var droppedCount: UInt64 { datagrams.droppedCount }
    /// True when something could go out now.
    var hasSendable: Bool { ready != 0 }
    /// Bytes kept for messages, reliable or not.
    var retainedBytes: Int { queuedBytes &+ datagrams.bytes }

    /// Queues a message; false when a cap leaves no room for it now.
    mutating func send(
        _ message: [UInt8], delivery: Delivery, priority: Priority, now: Instant
    ) -> Bool {
        switch delivery {
        case .ordered(let stream):
            precondition(Int(stream) < TransportLimits.streams, "no such stream")
            return queue(message, lane: Int(stream), priority)
        case .unordered:
            return queue(message, lane: TransportLimits.streams + Int(priority.rawValue), priority)
        case .unreliable:
            guard message.count <= TransportLimits.datagramMessageBytes else { return false }
            datagrams.append(message, priority, now: now)
            markReady(Self.unreliable + Int(priority.rawValue), priority)
        case .sequenced(let channel):
            precondition(Int(channel) < TransportLimits.channels, "no such channel")
            guard message.count <= TransportLimits.datagramMessageBytes else { return false }
            datagrams.replace(message, channel: Int(channel), now: now)
            markReady(Self.sequenced + Int(channel), priority)
        }
        return true
    }

    private mutating func queue(_ message: [UInt8], lane: Int, _ priority: Priority) -> Bool {
        guard message.count <= TransportLimits.messageBytes else { return false }
        let pending = OutgoingLane.Pending(message, priority: priority)
        guard queuedBytes &+ pending.cost <= min(window.bytes, queueLimit) else { return false }
        if lanes.isEmpty { lanes = .init(repeating: OutgoingLane(), count: Self.reliableLanes) }
        lanes[lane].append(pending)
        queuedBytes &+= pending.cost
        refresh(lane)
        return true
    }

    /// Moves messages into a packet while they fit above `reserve` bytes of room.
    mutating func fill(_ packet: inout PacketScratch, reserving reserve: Int, now: Instant) {
        guard ready != 0 else { return }
        let before = ready
        var served: UInt32 = 0
        var full: UInt32 = 0
        while let lane = mostUrgent(ready & ~full) {
            if take(lane, into: &packet, reserving: reserve, now: now) {
                served |= 1 << UInt32(lane)
            } else {
                full |= 1 << UInt32(lane)
            }
        }
        count(before, served: served)
    }

    /// The lane to serve next: who was passed over for too long, else by priority, else in turn.
    private func mostUrgent(_ candidates: UInt32) -> Int? {
        var best: (lane: Int, rank: Int)?
        var rest = candidates
        while rest != 0 {
            let lane = rest.trailingZeroBitCount
            rest &= rest &- 1
            let waited = Int(passedOver[lane])
            let isStarving = waited >= TransportLimits.packetsPassedOver
            let rank = (isStarving ? 0 : (Int(priorities[lane]) &+ 1) &* 256) &- waited
            if best.map({ rank < $0.rank }) ?? true { best = (lane, rank) }
        }
        return best?.lane
    }

    private mutating func count(_ before: UInt32, served: UInt32) {
        var rest = before
        while rest != 0 {
            let lane = rest.trailingZeroBitCount
            rest &= rest &- 1
            let waited = min(passedOver[lane], 254) &+ 1
            passedOver[lane] = served & 1 << UInt32(lane) == 0 ? waited : 0
        }
    }

    /// Puts the next piece of a lane into the packet; false when it does not fit.
    private mutating func take(
        _ lane: Int, into packet: inout PacketScratch, reserving reserve: Int, now: Instant
    ) -> Bool {
        guard lane < Self.reliableLanes else {
            return takeDatagram(lane, into: &packet, reserving: reserve, now: now)
        }
        guard let index = lanes[lane].turn(window: window.messages),
            let cut = lanes[lane].cut(index, room: packet.room &- reserve)
        else { return false }
        let isOrdered = lane < TransportLimits.streams
        let head = MessagePartHead(
            lane: UInt8(truncatingIfNeeded: lane % TransportLimits.streams), number: cut.number,
            part: cut.part)
        let bytes = lanes[lane].messages[index].bytes
        guard
            packet.append(
                isOrdered ? .orderedMessage : .unorderedMessage, head,
                bytes.rawBytes.extracting(cut.bytes), part: firstPart &+ UInt64(parts.count))
        else { return false }
        parts.append(
            SentPart(
                number: cut.number, firstChunk: UInt16(truncatingIfNeeded: cut.chunks.lowerBound),
                endChunk: UInt16(truncatingIfNeeded: cut.chunks.upperBound),
                lane: UInt8(truncatingIfNeeded: lane)))
        lanes[lane].took(cut, of: index)
        refresh(lane)
        return true
    }

    private mutating func takeDatagram(
        _ lane: Int, into packet: inout PacketScratch, reserving reserve: Int, now: Instant
    ) -> Bool {
        let tookOne: Bool
        let hasMore: Bool
        if lane < Self.sequenced {
            let queue = lane &- Self.unreliable
            tookOne = datagrams.take(queue, into: &packet, reserving: reserve, now: now)
            hasMore = datagrams.hasMessages(queue)
        } else {
            let channel = lane &- Self.sequenced
            tookOne = datagrams.take(channel: channel, into: &packet, reserving: reserve, now: now)
            hasMore = datagrams.hasMessage(channel: channel)
        }
        if !hasMore { ready &= ~(1 << UInt32(lane)) }
        return tookOne
    }

    /// A packet arrived: what it carried is done.
    mutating func acknowledged(parts range: Range<UInt64>) {
        settle(range, arrived: true)
    }

    /// A packet was lost: what it carried waits again, but for what another packet brought.
    mutating func lost(parts range: Range<UInt64>) { settle(range, arrived: false) }

    private mutating func settle(_ range: Range<UInt64>, arrived: Bool) {
        for number in range {
            let index = Int(truncatingIfNeeded: number &- firstPart)
            let part = parts[index]
            parts[index].isSettled = true
            let (lane, chunks) = (Int(part.lane), Int(part.firstChunk)..<Int(part.endChunk))
            if arrived {
                queuedBytes &-= lanes[lane].acknowledged(
                    part.number, chunks, isOrdered: lane < TransportLimits.streams)
            } else {
                lanes[lane].lost(part.number, chunks)
            }
            refresh(lane)
        }
        while !parts.isEmpty, parts[0].isSettled {
            _ = parts.popFirst()
            firstPart &+= 1
        }
    }

    /// Nothing was heard for a probe timeout: the oldest parts in flight, as many as two full packets
    /// may carry, go again. What else is missing the answer to those will tell.
    mutating func suspectOldest(datagramBytes: Int) {
        var room = 2 &* datagramBytes
        var index = 0
        while index < parts.count, room > 0 {
            let part = parts[index]
            if !part.isSettled {
                let chunks = Int(part.firstChunk)..<Int(part.endChunk)
                lanes[Int(part.lane)].lost(part.number, chunks)
                refresh(Int(part.lane))
                room &-= chunks.count &* MessagePartHead.chunkBytes
            }
            index &+= 1
        }
    }

    /// Works out whether a reliable lane has something to send, and how urgent it is.
    private mutating func refresh(_ lane: Int) {
        guard let index = lanes[lane].turn(window: window.messages) else {
            ready &= ~(1 << UInt32(lane))
            return
        }
        markReady(lane, lanes[lane].messages[index].priority)
    }

    private mutating func markReady(_ lane: Int, _ priority: Priority) {
        let bit: UInt32 = 1 << UInt32(lane)
        if ready & bit == 0 { passedOver[lane] = 0 }
        ready |= bit
        priorities[lane] = priority.rawValue
    }
}
