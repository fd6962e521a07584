// What leaves at the end of a tick: the deltas that have reached the disk to everyone, older ones
// again to those who have not acknowledged them, acknowledgements, and summaries when they are due.

public import CairnBasics
public import CairnCRDT

extension PeerGroup {
    /// Ends a tick.
    ///
    /// - Parameter record: the number of the journal's record that holds what was gathered.
    public mutating func endTick(record: UInt64, lattice: Lattice, now: Instant) {
        if !gathered.isEmpty {
            unrecorded.hold(gathered, record: record)
            gathered = Lattice()
        }
        for index in links.indices {
            // Deltas first, so that a summary sent with them finds them joined.
            sendNews(to: index, now: now)
            sendAgain(to: index, now: now)
            acknowledge(to: index)
            if now >= links[index].summaryDue { sendSummary(to: index, lattice: lattice, now: now) }
        }
        if let slowest = links.map(\.acknowledged.through).min() { recent.drop(through: slowest) }
    }

    /// The journal has records up to `record` on disk.
    public mutating func recorded(through record: UInt64) {
        ship(unrecorded.release(through: record))
    }

    /// Numbers a delta, or the parts of one that is too long for a message.
    private mutating func ship(_ delta: Lattice) {
        guard !delta.isEmpty, !links.isEmpty else { return }
        for (part, size) in Self.sendable(delta) { recent.append(part, byteCount: size) }
    }

    /// A delta in parts that fit a message, with their lengths.
    static func sendable(_ delta: Lattice) -> [(Lattice, Int)] {
        let whole = delta.encoded().count
        if whole <= PeerLimits.deltaByteCount { return [(delta, whole)] }
        return delta.parts(ofAtMost: PeerLimits.deltaByteCount).map { ($0, $0.encoded().count) }
    }

    /// Sends what has not been sent yet, and gives up what is no longer kept.
    private mutating func sendNews(to index: Int, now: Instant) {
        let kept = recent.firstSequence
        let missed = kept - 1
        if missed > links[index].acknowledged.through {
            // Safe: both are counts of deltas.
            counters.overrun &+= missed &- links[index].acknowledged.through
            links[index].acknowledged.advance(to: missed)
            links[index].summaryDue = min(links[index].summaryDue, now)
        }
        var sequence = max(links[index].sentThrough + 1, kept)
        guard sequence <= recent.lastSequence else { return }
        if links[index].resendAt == .distantFuture {
            links[index].resendAt = now + links[index].resendAfter
        }
        while sequence <= recent.lastSequence {
            send(sequence, to: index)
            sequence += 1
        }
        links[index].sentThrough = recent.lastSequence
    }

    /// Sends the oldest unacknowledged deltas once more when they have been so for too long.
    private mutating func sendAgain(to index: Int, now: Instant) {
        guard now >= links[index].resendAt else { return }
        var sequence = links[index].acknowledged.through + 1
        var left = links[index].isSilent(now: now) ? 1 : PeerLimits.resendBurst
        var isComplete = true
        while sequence <= links[index].sentThrough, left > 0 {
            if !links[index].acknowledged.contains(sequence) {
                send(sequence, to: index)
                counters.resent &+= 1
                left -= 1
                isComplete = false
            }
            sequence += 1
        }
        if isComplete {
            links[index].resendAt = .distantFuture
            links[index].resendAfter = PeerLimits.resendAfter
        } else {
            links[index].resendAfter = min(
                links[index].resendAfter + links[index].resendAfter, PeerLimits.resendAtMost)
            links[index].resendAt = now + links[index].resendAfter
        }
    }

    private mutating func send(_ sequence: UInt64, to index: Int) {
        guard let delta = recent[sequence] else { return }
        let base = links[index].acknowledged.through + 1
        send(.delta(sequence: sequence, base: min(base, sequence), delta), to: index)
    }

    private mutating func acknowledge(to index: Int) {
        guard links[index].owesAcknowledgement else { return }
        links[index].owesAcknowledgement = false
        send(.acknowledgement(links[index].joined), to: index)
    }

    /// Sends this node's bodies' places to every peer: the latest wins, so nothing is kept.
    public mutating func sendMotions(tick: UInt64, body: [UInt8]) {
        for index in links.indices { send(.motions(tick: tick, body: body), to: index) }
    }

    /// How long the body of a message of motions may be.
    public static var motionsByteCount: Int { PeerLimits.deltaByteCount }

    /// Puts a message into a peer's outbox, if there is room.
    /// - Returns: its length; nil when it was dropped.
    @discardableResult
    mutating func send(_ message: PeerMessage, to index: Int) -> Int? {
        let header = PeerHeader(
            from: replica.node, to: links[index].node, fromBoot: replica.boot,
            toBoot: links[index].boot, world: world)
        guard let bytes = message.encoded(header),
            links[index].outboxBytes + bytes.count <= PeerLimits.outboxBytes
        else {
            counters.dropped &+= 1
            return nil
        }
        links[index].outbox.append(bytes)
        links[index].outboxBytes += bytes.count
        return bytes.count
    }
}
