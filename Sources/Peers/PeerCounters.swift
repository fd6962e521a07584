/// What a node has counted of its peers since it started; plain numbers.
public struct PeerCounters: Hashable, Sendable {
    public var messagesSent: UInt64 = 0
    public var bytesSent: UInt64 = 0
    public var messagesTaken: UInt64 = 0
    /// Messages that cannot be read, come from another than they say, or are for somebody else.
    public var refusedBytes: UInt64 = 0
    /// Messages of a boot of their node that has ended.
    public var refusedBoots: UInt64 = 0
    /// Deltas stamped too far ahead of this node's clock, and before any clock of a node.
    public var refusedFuture: UInt64 = 0
    public var refusedPast: UInt64 = 0
    /// Deltas in this node's own name that it has not written: an attacker, or a second node that
    /// runs on a copy of this one's data.
    public var refusedOwn: UInt64 = 0
    /// Deltas that had been joined before, and those beyond what an acknowledgement can tell of.
    public var repeated: UInt64 = 0
    public var beyondReach: UInt64 = 0
    /// Deltas sent again, and those that a peer never acknowledged while they were kept.
    public var resent: UInt64 = 0
    public var overrun: UInt64 = 0
    /// Summaries of peers that differed from this node's state.
    public var differences: UInt64 = 0
    /// States sent because a peer lacked them, and those taken; in messages.
    public var repairsSent: UInt64 = 0
    public var repairsTaken: UInt64 = 0
    /// Messages and answers that were not sent for want of room or budget.
    public var dropped: UInt64 = 0
    /// Wishes for rights to bounded counters: sent, heard, and passed over as too many.
    public var asksSent: UInt64 = 0
    public var asksTaken: UInt64 = 0
    public var asksRefused: UInt64 = 0
    /// Places of other nodes' bodies taken, and those refused: not theirs, or older than known.
    public var motionsTaken: UInt64 = 0
    public var motionsRefused: UInt64 = 0

    public init() {}
}
