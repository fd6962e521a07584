// What a node keeps for one peer: what each has of the other's deltas, when what is due, and the
// datagrams that wait for the shell. All of it is of fixed size but the outbox, which has a cap.

import CairnBasics

struct PeerLink: Sendable {
    let node: UInt8
    /// The newest boot it was heard in; 0 before it was heard.
    var boot: UInt32 = 0
    /// When it was last heard; at first, when this node started.
    var heardAt: Instant

    /// Deltas of its boot that were joined here, and whether it must be told.
    var joined = SequenceSet()
    var owesAcknowledgement = false

    /// Deltas of this node that it has joined, and how far they were sent at all.
    var acknowledged = SequenceSet()
    var sentThrough: UInt64 = 0
    var resendAt = Instant.distantFuture
    var resendAfter = PeerLimits.resendAfter

    var summaryDue: Instant
    /// True when its last summary was as this node's.
    var isAlike = false
    var answerableAt: Instant
    /// What the next answer to a summary tells: the context from here on, or the lists from here on.
    var nextStretch = EntityID(raw: 0)
    var nextBucket = 0
    var tellsLists = false
    /// Bytes of states that may be sent to it, and since when that grows.
    var repairBytes = PeerLimits.repairBurst
    var repairBytesAt: Instant

    /// The number of its last ask that was heard, and of the last one sent to it.
    var lastAskTaken: UInt32 = 0
    var lastAskSent: UInt32 = 0
    var asksSince: Instant
    var asksTaken = 0

    var outbox = RingQueue<[UInt8]>()
    var outboxBytes = 0

    init(node: UInt8, now: Instant) {
        self.node = node
        heardAt = now
        summaryDue = now
        answerableAt = now
        repairBytesAt = now
        asksSince = now
    }

    /// It runs anew: nothing that was agreed with its last boot holds, and what it lacks is found by
    /// comparing. At the first contact nothing was agreed, and deltas that wait for it still may.
    mutating func begin(boot: UInt32, lastSequence: UInt64, now: Instant) {
        if self.boot > 0 {
            acknowledged = SequenceSet()
            acknowledged.advance(to: lastSequence)
            sentThrough = lastSequence
            resendAt = .distantFuture
        }
        self.boot = boot
        joined = SequenceSet()
        owesAcknowledgement = false
        resendAfter = PeerLimits.resendAfter
        lastAskTaken = 0
        isAlike = false
        summaryDue = now
    }

    func isSilent(now: Instant) -> Bool { now - heardAt > PeerLimits.silence }

    /// Takes from the budget for states; false when there is too little.
    mutating func spendRepair(_ bytes: Int, now: Instant) -> Bool {
        let grown =
            Double(PeerLimits.repairBytesPerSecond) * max(0, (now - repairBytesAt).seconds)
        repairBytes = min(PeerLimits.repairBurst, repairBytes + Int(min(grown, 1e9)))
        repairBytesAt = now
        guard bytes <= repairBytes else { return false }
        repairBytes -= bytes
        return true
    }

    /// Whether another ask of it is heard now.
    mutating func admitsAsk(now: Instant) -> Bool {
        if now - asksSince >= .seconds(1) { (asksSince, asksTaken) = (now, 0) }
        guard asksTaken < PeerLimits.asksPerSecond else { return false }
        asksTaken += 1
        return true
    }
}
