public import CairnBasics
import CairnWire

/// Everything that is capped for one connection, and why.
public enum TransportLimits {
    /// Ordered streams of a connection: few, since each is a head of a line.
    public static let streams = 4
    /// Sequenced channels: one for each kind of thing of which only the newest counts.
    public static let channels = 16
    /// The largest message: a world's description fits, a file does not.
    public static let messageBytes = 256 * 1_024
    /// What reliable messages may cost that a sender has under way: two of the largest. A receiver
    /// never needs to hold more, so it cuts off a peer that makes it.
    public static let windowBytes = MessageWindow.least.bytes
    /// How many messages a lane's sender may be ahead of the oldest not acknowledged; bounds what
    /// withholding that one costs.
    public static let windowMessages = MessageWindow.least.messages
    /// What a reliable message costs besides its bytes, so that tiny ones are not free.
    public static let messageOverhead = 64
    /// A long message is not cut below this to fill a packet: a head would cost a twentieth of it.
    static let smallestPart = 256
    /// Packets that may leave without a lane that has something to send, before it goes first once.
    static let packetsPassedOver = 16
    /// The largest unreliable message: it fits a packet beside the largest set of other transport
    /// frames. In several datagrams it would be lost as often as any of them.
    public static let datagramMessageBytes = 1_024
    /// Unreliable messages that wait for a packet, and their bytes: what a congested path carries
    /// within their age, and some.
    static let datagramMessages = 256
    static let datagramQueueBytes = 64 * 1_024
    /// How long an unreliable message waits for a packet: a few steps of a 20 Hz world.
    public static let datagramMessageAge = TimeSpan.milliseconds(250)
    /// Sent packets whose fate is remembered at most, 24 bytes each; a power of two. Enough for 50
    /// Mbit/s to a satellite in small datagrams; a packet that so many newer ones push out counts as
    /// lost.
    public static let sentPackets = 4_096
    /// Receipts that wait for the caller; sending stops until they are polled.
    public static let receipts = 1_024
    /// Numbers below the largest received that are told from new ones; older packets are refused.
    public static let replayWindow = 1_024
    /// Ranges in an acknowledgement sent, newest first, at most 4 bytes each: what a link that loses
    /// a third leaves of 60 packets.
    public static let acknowledgedRanges = 20
    /// Numbers below the largest that an acknowledgement repeats although the peer has heard of them
    /// in the round trip before: a packet that comes later than that is one that nobody waits for.
    public static let lateNumbers: UInt64 = 32
    /// One packet number in this many is skipped; a peer that acknowledges one lies (RFC 9000,
    /// 21.4).
    static let skippedNumberPeriod: UInt64 = 256
    /// How long a peer may sit on an acknowledgement: a step of a 10 Hz world.
    public static let acknowledgementDelay = TimeSpan.milliseconds(100)
    /// What messages leave of the congestion window to an application that has had frames of its own in
    /// packets no longer ago than this: a few packets, so that a long message does not delay a tick.
    static let applicationWindow = 4_800
    static let applicationPause = TimeSpan.milliseconds(500)
    /// How often a new address may be sent a challenge.
    static let challengeInterval = TimeSpan.milliseconds(250)
    /// After so much silence a peer is taken to sleep: it gets nothing but a probe now and then until
    /// it speaks. A client that is awake pings every second.
    public static let quietAfter = TimeSpan.seconds(3)
    /// How often a peer that sleeps is probed.
    static let quietProbeInterval = TimeSpan.seconds(10)
    /// A client whose steps lie further apart slept.
    static let sleepGap = TimeSpan.seconds(2)
    /// How long a server may leave pings unanswered before a client does well to join anew beside,
    /// and how long when the client has just woken up.
    public static let unansweredAfter = TimeSpan.seconds(4)
    public static let unansweredAfterSleep = TimeSpan.seconds(2)
    /// What a packet counts for against `ServerEndpointConfiguration.packetsPerSecond`; each of its
    /// frames counts one, so that 290 pings are dearer than a packet.
    static let packetWork = 16
    /// For how long those rates may be saved up.
    static let budgetBurst = TimeSpan.seconds(2)
    /// A peer that is throttled for packets of so many seconds of its rate is cut off.
    static let throttledSeconds = 5
    /// The longest wait before a probe while nothing has been acknowledged: as often as a hello.
    static let longestFirstProbeTimeout = TimeSpan.milliseconds(500)
    /// The longest wait before a probe, so that a link that comes back is noticed.
    static let longestProbeTimeout = TimeSpan.seconds(2)
}
