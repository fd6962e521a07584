public import CairnBasics

/// What a client has counted and measured since it started.
public struct ClientStatistics: Hashable, Sendable {
    public var packets: UInt64 = 0
    public var bytesReceived: UInt64 = 0
    public var bytesSent: UInt64 = 0
    /// Ticks of which at least one packet arrived.
    public var ticks: UInt64 = 0
    /// Frames, blocks or messages of the server that could not be read. Always 0 between honest
    /// ends.
    public var decodeErrors: UInt64 = 0
    /// Pages whose reconstructed state was compared with the server's own digest, and those that
    /// differed. A difference is a bug: somebody sees another world.
    public var digestsCompared: UInt64 = 0
    public var divergences: UInt64 = 0
    /// States of entities taken in, the measure of how much of the world a client gets to see.
    public var entityUpdates: UInt64 = 0
    public var roundTrip = TimeSpan.zero
    /// Share of sent packets that were lost, in 0...1.
    public var lossShare = 0.0
    /// Packets of the server that have not arrived.
    public var packetsMissing: UInt64 = 0
    /// How far behind the server's newest state on the fastest path others are shown, and what
    /// that is for: the 98th percentile of how late ticks were known, and the share of ticks that
    /// never came, in 0...1 (see `PlaybackClock`).
    public var presentationDelay = TimeSpan.zero
    public var jitter = TimeSpan.zero
    public var tickLossShare = 0.0
    /// How fast the world goes: 1, or less while its server dilates time.
    public var timeScale = 1.0
    /// The last correction of the own avatar in metres; how many there were of more than a
    /// centimetre, and the longest.
    public var correctionMetres = 0.0
    public var corrections: UInt64 = 0
    public var longestCorrectionMetres = 0.0
    /// Of the time that moving entities were shown, the share in 0...1 in which nothing was known of
    /// where they were.
    public var extrapolatedShare = 0.0
    /// Guesses of where they were that had to be taken back, smoothly, and the longest in metres.
    public var returns: UInt64 = 0
    public var longestReturnMetres = 0.0
    /// Places that were taken at once, because they were too far away to be walked to.
    public var snaps: UInt64 = 0

    public init() {}
}
