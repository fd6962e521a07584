// What a node keeps and sends for its peers, at most. Everything a peer, or whoever owns the bus, can
// make a node hold has its end here.

public import CairnBasics
import CairnCRDT

public enum PeerLimits {
    /// The longest message: what buses take without being told to (NATS: 1 MiB), and little enough
    /// that one does not hold up the others.
    public static let messageByteCount = 65_536
    /// Header and checksum.
    static let envelopeByteCount = PeerHeader.encodedByteCount + 8
    /// The longest part of a delta: a message less its envelope and two varints.
    static let deltaByteCount = messageByteCount - envelopeByteCount - 20

    /// Deltas kept for peers that have not acknowledged them: 50 seconds of ticks at 20 Hz, and the
    /// reach of an acknowledgement. Whoever lacks more compares states instead.
    public static let recentDeltas = 1_024
    public static let recentBytes = 4 << 20
    /// Bytes that wait for the shell, for one peer. The shell drains them every tick.
    public static let outboxBytes = 4 << 20

    /// How long an acknowledgement may take before a delta is sent again, and up to what that
    /// doubles while none comes.
    public static let resendAfter = TimeSpan.milliseconds(250)
    public static let resendAtMost = TimeSpan.seconds(4)
    /// Deltas sent again at once; one, as a question, when the peer has been silent for a while.
    public static let resendBurst = 64
    public static let silence = TimeSpan.seconds(3)

    /// How often states are compared: once a second (a lost delta nobody missed costs a second), and
    /// more often while they differ.
    public static let comparisonPeriod = TimeSpan.seconds(1)
    public static let differingPeriod = TimeSpan.milliseconds(250)
    /// A peer's summaries and details are answered no more often than this.
    public static let answerSpacing = TimeSpan.milliseconds(50)
    /// Messages of lists that answer one summary.
    public static let listMessages = 4
    /// Ranges in one stretch of a context: at most 40 KiB.
    public static let stretchRanges = 2_048
    /// Entities that answer one message of details.
    public static let repairRows = 4_096
    /// Bytes of states sent to one peer: per second, and at once.
    public static let repairBytesPerSecond = 4 << 20
    public static let repairBurst = 2 << 20

    /// Times before this, the first of January 2023, are nobody's: no clock of a node of Cairn ever
    /// showed one, and authors start after it.
    public static let earliestMilliseconds: UInt64 = HybridTime.earliestMilliseconds

    /// Rights asked for at most in one message, and how many asks of one peer are heard a second.
    public static let rightsPerAsk: UInt64 = 1 << 20
    public static let asksPerSecond = 32
    /// Own asks that are remembered, and for how long no second one is made for the same counter.
    public static let asksRemembered = 256
    public static let askSpacing = TimeSpan.milliseconds(500)
}
