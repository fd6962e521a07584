import CairnBasics

/// Everything that is capped for one connection, and why.
public enum TransportLimits {
    /// Reliable streams of a connection: few, since each is a head of a line. Lower numbers go
    /// first.
    public static let streams = 4
    /// The largest message: a world's description fits, a file does not.
    public static let messageBytes = 256 * 1_024
    /// Message bytes that a sender may have under way: two of the largest. A receiver never needs
    /// to hold more, so it cuts off a peer that makes it.
    public static let connectionBytes = 512 * 1_024
    /// Fragments that a sender may have under way; bounds what tiny messages cost in bookkeeping.
    public static let queuedFragments = 4_096
    /// The bytes of one fragment: it fits a packet beside the largest set of other transport
    /// frames, so that nothing can keep a fragment waiting for room.
    public static let fragmentBytes = 1_024
    /// How far a sender may be ahead of the oldest fragment not acknowledged.
    public static let fragmentWindow = 128
    /// Messages received and not yet polled. A packet brings at most 290, and callers poll after
    /// every packet; reaching this is a hostile peer or a caller that does not poll.
    public static let unreadMessages = 1_024
    public static let unreadBytes = 1_024 * 1_024
    /// Sent packets whose fate is remembered; a packet that 256 newer ones push out counts as lost.
    public static let sentPackets = 256
    /// Receipts that wait for the caller; sending stops until they are polled.
    public static let receipts = 1_024
    /// Numbers below the largest received that are told from new ones; older packets are refused.
    public static let replayWindow = 1_024
    /// Ranges in an acknowledgement sent, newest first: at most 4 bytes each, so under 60 in all.
    public static let acknowledgedRanges = 12
    /// One packet number in this many is skipped; a peer that acknowledges one lies (RFC 9000,
    /// 21.4).
    static let skippedNumberPeriod: UInt64 = 256
    /// How long a peer may sit on an acknowledgement: a step of a 10 Hz world.
    static let acknowledgementDelay = TimeSpan.milliseconds(100)
    /// How often a new address may be sent a challenge.
    static let challengeInterval = TimeSpan.milliseconds(250)
    /// The longest wait before a probe while nothing has been acknowledged: as often as a hello.
    static let longestFirstProbeTimeout = TimeSpan.milliseconds(500)
    /// The longest wait before a probe, so that a link that comes back is noticed.
    static let longestProbeTimeout = TimeSpan.seconds(2)
}
