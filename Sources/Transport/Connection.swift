// One end of one connection, the same on both sides: packets, acknowledgements, loss and probes,
// messages, pings. It has no clock and no socket, never allocates for a packet without messages,
// and is moved only by packets whose seal held and whose number is new.

import CairnBasics
import CairnWire

struct Connection: ~Copyable {
    /// Which end this is: it decides the header and who asks for the time.
    enum Side { case client, server }

    private let pin = Pin()
    let side: Side
    let id: UInt64
    let identity: ClientIdentity
    /// The largest UDP payload that the peer takes, as its hello says.
    let peerMaximumDatagramBytes: Int
    /// Where the peer was last known to receive.
    var address: NetworkAddress
    var path = PathValidation()

    var sealer: Sealer
    var opener: Opener
    let keyLimits: KeyLimits
    var phases: KeyPhases
    let skipSalt: UInt64
    /// The peer's, to tell the numbers that it skips from lost ones.
    let peerSkipSalt: UInt64
    /// The newest packet number that was passed over, so that no peer can have received it.
    var lastSkipped: UInt64?
    var received: ReceivedPackets
    var sent: SentPackets
    var roundTrip = RoundTripEstimate()
    var congestion = Copa()
    var pacer = Pacer()
    var reordering = ReorderingTolerance()
    /// When the application last had frames of its own in a packet.
    var applicationAt = Instant.longAgo
    /// What may be sent to the peer in time; nil for as much as the path takes.
    var budget: RateBudget?
    var quiet = QuietTimes()
    var outgoing = OutgoingMessages()
    var incoming = IncomingMessages()
    /// The largest datagram that the path takes, and both ends.
    var mtu = PathMTU(ceiling: PathMTU.base)
    var receipts = RingQueue<Receipt>()
    var clock: ServerClockEstimate

    var idleTimeout: TimeSpan
    /// When something genuine last arrived.
    var heardAt: Instant
    /// When a packet in flight will be old enough to count as lost.
    var lossDeadline = Instant.distantFuture
    var probeBackoff = 0
    /// When a silence was last probed.
    var probedAt = Instant.longAgo
    /// Packets that may be sent in spite of congestion, to end a silence.
    var probesAllowed = 0

    var pendingPong: (ping: Ping, received: Instant)?
    var pendingPathResponse: UInt64?
    /// The answer to a path challenge that the packet being handled brought.
    var arrivedPathResponse: UInt64?
    var statistics = ConnectionStatistics()

    init(
        side: Side, id: UInt64, identity: ClientIdentity, peerMaximumDatagramBytes: Int,
        address: NetworkAddress,
        sealer: consuming Sealer, opener: consuming Opener, skipSalt: UInt64,
        peerSkipSalt: UInt64, keyLimits: KeyLimits, idleTimeout: TimeSpan, now: Instant
    ) {
        self.side = side
        self.id = id
        self.identity = identity
        self.peerMaximumDatagramBytes = peerMaximumDatagramBytes
        self.address = address
        self.sealer = sealer
        self.opener = opener
        self.keyLimits = keyLimits
        phases = KeyPhases(firstNumber: keyLimits.firstNumber, now: now)
        received = ReceivedPackets(firstNumber: keyLimits.firstNumber)
        sent = SentPackets(firstNumber: keyLimits.firstNumber)
        self.skipSalt = skipSalt
        self.peerSkipSalt = peerSkipSalt
        self.idleTimeout = idleTimeout
        heardAt = now
        clock = ServerClockEstimate(now: now)
    }

    /// Takes over what both ends have said that they take in.
    mutating func agree(own: MessageWindow, peer: MessageWindow?, queueLimit: Int) {
        incoming.window = own
        outgoing.window = peer ?? .least
        outgoing.queueLimit = queueLimit
    }

    /// Bytes of messages that this end keeps for the peer.
    var retainedBytes: Int { outgoing.retainedBytes &+ incoming.retainedBytes }

    /// The next instant at which `handleTimeout` has something to do.
    func nextTimeout() -> Instant {
        if hasEndedKeys { return heardAt }
        return min(
            min(heardAt + idleTimeout, phases.previousKeyEnds), min(lossDeadline, probeDeadline))
    }

    /// The next instant at which this end has something to do or to ask.
    func nextWork() -> Instant { min(nextTimeout(), nextPacketAt()) }

    func serverTimeOffset() -> TimeSpan? { clock.offset }

    /// Does what is due.
    /// - Returns: why the connection ended, if it did.
    mutating func handleTimeout(now: Instant) -> CloseReason? {
        if hasEndedKeys { return CloseReason(.keyExhausted) }
        if heardAt + idleTimeout <= now { return CloseReason(.idle) }
        forgetPreviousKey(now: now)
        if lossDeadline <= now {
            declareLosses(now: now)
        } else if probeDeadline <= now {
            allowProbes(now: now)
        }
        return nil
    }

    /// The peer proved that it receives at `address`: sends there, and learns the new path afresh
    /// (RFC 9000, section 9.4).
    mutating func move(to address: NetworkAddress) {
        self.address = address
        roundTrip = RoundTripEstimate()
        congestion = Copa()
        pacer = Pacer()
        mtu = PathMTU(ceiling: mtu.ceiling)
        reordering = ReorderingTolerance()
        statistics.addressChanges &+= 1
    }

    func currentStatistics() -> ConnectionStatistics {
        var current = statistics
        current.roundTrip = roundTrip.hasSample ? roundTrip.smoothed : nil
        current.roundTripVariation = roundTrip.variation
        current.minimumRoundTrip = roundTrip.minimum
        current.bytesInFlight = sent.bytesInFlight
        current.congestionWindow = congestion.bytes
        current.datagramBytes = mtu.bytes
        current.isCompeting = congestion.isCompetitive
        current.queuedBytes = outgoing.queuedBytes
        current.peerMaximumDatagramBytes = peerMaximumDatagramBytes
        current.messagesDropped = outgoing.droppedCount &+ incoming.droppedCount
        current.messagesOutdated = incoming.outdatedCount
        current.sealingKey = sealer.keyIdentifier
        current.sealingPhase = sealer.phase
        current.openingPhase = opener.phase
        current.nextPacketNumber = sealer.nextNumber
        return current
    }
}
