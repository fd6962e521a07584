import CairnBasics

/// How many bytes may be under way: Copa (Arun and Balakrishnan, "Copa: practical delay-based
/// congestion control for the Internet", NSDI 2018), with its mode for sharing a queue with TCP.
///
/// It aims at a rate of 1 / (δ · dq) packets a second, dq being the queue's delay: the least round trip
/// of the last half round trip less the least of ten seconds. With δ = ½ some two packets wait at the
/// bottleneck. A loss says nothing to it, so a bad radio link costs what it loses and no more. When the
/// queue has not been nearly empty for five round trips, somebody else fills it: then 1/δ grows by one
/// a round trip and halves on loss, as TCP's window does.
///
/// Where it departs from the paper, and why:
/// * A flow that fills a deep queue by itself would take itself for another. So while it competes, it holds
///   back for a round trip every five seconds and looks whether the queue goes; if so it was alone.
///   Where it leaves slow start it goes to what the path holds at once, for the same reason.
/// * The queue also counts as nearly empty while it is no longer than default mode aims at, 10 ms at
///   most: on a slow road a tenth of the queue is less than a packet.
/// * 1/δ grows by one per least round trip, not per round trip with queue: CUBIC's growth does not wait for
///   a deep queue either.
/// * The least round trip is that of a minute, since next to TCP a queue may not be empty for ten seconds.
/// * Round trips are those without the time that the peer says it sat on its acknowledgement, and the
///   cycle that turns a window into a rate has that time on top: a world answers once a tick.
/// * A queue shorter than `granularity` counts as none: shorter than what a scheduler adds.
/// * The window keeps a floor (below), and when half of what was sent is lost it shrinks in spite of
///   all, as before a policer that has no queue to be seen.
/// * A window that was not in use neither grows nor shrinks, since it would measure nothing, and is
///   given up by and by (RFC 7661).
///
/// Costs 250 bytes and no allocation; O(1) per acknowledgement.
struct Copa: ~Copyable {
    private let pin = Pin()

    /// QUIC's initial window (RFC 9002, section 7.2).
    static let initial = 10 * DatagramBatch.datagramBytes
    /// Packets below which nothing is learned: RFC 9002 has two, and two more let a single loss be
    /// found by what comes after it.
    static let fewest = 4
    /// A world says something every 50 ms, so at any round trip there is room for 20 packets a second,
    /// which is as little as a voice call, up to the initial window.
    private static let beat = TimeSpan.milliseconds(50)
    static let ceiling = 64 * 1_024 * 1_024
    static let granularity = TimeSpan.milliseconds(1)
    private static let minimumWindow = TimeSpan.seconds(60)
    /// The longest queue that counts as nearly empty in a fast path's terms.
    private static let shortQueue = TimeSpan.milliseconds(10)
    private static let holdInterval = TimeSpan.seconds(5)
    /// 1/δ in default mode.
    private static let calm = 2
    /// 1/δ in competitive mode at most: a queue of so many packets is another's doing.
    private static let fiercest = 1_024
    /// How long a window may go unused before half of it is given up.
    private static let stale = TimeSpan.seconds(5)

    /// The packet that windows are counted in: the largest that the path is known to take.
    var packet = DatagramBatch.datagramBytes
    private(set) var bytes = initial
    private(set) var isStarting = true
    /// 1/δ.
    private(set) var eagerness = calm
    /// How many packets a window changes by in a round trip, and in which direction.
    private var velocity = 1
    private var isRising = true
    private var sameDirection = 0

    private var minimum = WindowedMinimum()
    private var standing = WindowedMinimum()
    /// The greatest round trip of the last four, negated.
    private var greatest = WindowedMinimum()
    /// How long the peer sits on what it acknowledges, smoothed.
    private var peerDelay = TimeSpan.zero
    /// When the queue was last nearly empty.
    private var emptiedAt = Instant.longAgo

    /// While it competes: when it next holds back, or until when it does and what it goes back to.
    private var nextHold = Instant.longAgo
    private var hold: (until: Instant, bytes: Int, alone: Int)?

    /// The round trip being measured ends when this number is acknowledged.
    private var roundEnd: UInt64 = 0
    private var bytesAtRoundStart = initial
    private var isLossy = false
    private var isInUse = false
    private var usedAt = Instant.longAgo
    /// Packets whose fate was learned since loss was last looked at.
    private var settled = 0
    private var lost = 0
}

extension Copa {
    /// True when somebody else is thought to fill the queue.
    var isCompetitive: Bool { eagerness > Self.calm }

    /// How long a window takes to go round: path, queue, and the peer's own delay. Nil before the first
    /// sample.
    var cycle: TimeSpan? {
        guard standing.value < .max else { return nil }
        return TimeSpan(nanoseconds: max(standing.value, 1)) + peerDelay
    }

    private var floor: Int {
        guard let cycle else { return Self.initial }
        let beats = Int(cycle.nanoseconds / Self.beat.nanoseconds) + 2
        let least = min(beats * DatagramBatch.datagramBytes, Self.initial)
        return max(least, Self.fewest * packet)
    }

    /// Takes a round trip, the peer's delay in it, and how long round trips are of late.
    mutating func sample(
        _ roundTrip: TimeSpan, delay: TimeSpan, smoothed: TimeSpan, now: Instant
    ) {
        let believed = min(max(delay, .zero), TransportLimits.acknowledgementDelay)
        let path = max(roundTrip - believed, TimeSpan(nanoseconds: 1))
        peerDelay = (peerDelay * 7 + believed) / 8
        minimum.note(path.nanoseconds, now: now, window: Self.minimumWindow)
        standing.note(path.nanoseconds, now: now, window: smoothed / 2)
        greatest.note(-path.nanoseconds, now: now, window: smoothed * 4)
        if path.nanoseconds - minimum.value <= nearlyEmpty { emptiedAt = now }
        if now - emptiedAt <= max(smoothed * 5, TimeSpan.milliseconds(100)) {
            if isCompetitive { calmDown() }
        } else if !isCompetitive {
            eagerness = Self.calm + 1
            nextHold = now + Self.holdInterval
        }
    }

    /// The longest queue, in ns, that counts as nearly empty: a tenth of the longest of late, or what
    /// default mode aims at.
    private var nearlyEmpty: Int64 {
        let range = -greatest.value - minimum.value
        let aim = Int64(Self.calm * packet) &* max(standing.value, 1) / Int64(bytes)
        return max(
            range / 10, Self.granularity.nanoseconds, min(aim, Self.shortQueue.nanoseconds))
    }

    /// The queue went: nobody else was there, or no longer.
    private mutating func calmDown() {
        eagerness = Self.calm
        if let hold { bytes = hold.alone }
        hold = nil
        turn(rising: false)
    }

    /// Packets arrived.
    /// - Parameters:
    ///   - count: packets; `byteCount`: their bytes together.
    ///   - largest: the newest of them; `next`: the number that the next packet will have.
    ///   - inFlight: bytes under way before they arrived.
    mutating func acknowledged(
        _ byteCount: Int, count: Int, largest: UInt64, next: UInt64, inFlight: Int, now: Instant
    ) {
        settled &+= count
        if inFlight &* 2 >= bytes {
            isInUse = true
            usedAt = now
        }
        if isCompetitive { holdBack(now: now) }
        if isInUse, hold == nil { steer(byteCount, now: now) }
        if largest >= roundEnd { endRound(next: next, now: now) }
    }

    /// A packet was lost.
    mutating func noteLoss() {
        settled &+= 1
        lost &+= 1
        isLossy = true
    }

    /// One that was taken for lost arrived.
    mutating func arrivedLate() { lost = max(0, lost &- 1) }

    /// Two probes in a row went unanswered (RFC 9002, section 7.6): starts again, and forgets what the
    /// path was like.
    mutating func collapse(next: UInt64) {
        let (floor, packet, bytes) = (floor, packet, bytes)
        self = Copa()
        self.packet = packet
        self.bytes = min(floor, bytes)
        roundEnd = next
        bytesAtRoundStart = self.bytes
    }

    /// Every few seconds, half of what the path holds without a queue: gone after a round trip, if it is
    /// this flow's own.
    private mutating func holdBack(now: Instant) {
        if let hold {
            guard now >= hold.until else { return }
            bytes = hold.bytes
            self.hold = nil
            nextHold = now + Self.holdInterval
        } else if now >= nextHold {
            let span = TimeSpan(nanoseconds: standing.value &+ minimum.value &* 6 / 5) + peerDelay
            hold = (until: now + span, bytes: bytes, alone: withoutQueue)
            bytes = max(withoutQueue / 2, floor)
        }
    }

    /// What of the window the path holds without a queue.
    private var withoutQueue: Int {
        let path = Double(max(minimum.value, 1)) + Double(peerDelay.nanoseconds)
        let all = Double(max(standing.value, 1)) + Double(peerDelay.nanoseconds)
        return max(Int(Double(bytes) * min(path / all, 1)), floor)
    }

    /// Moves the window towards the target.
    private mutating func steer(_ byteCount: Int, now: Instant) {
        guard let cycle else { return }
        let queue = max(0, standing.value &- minimum.value &- Self.granularity.nanoseconds)
        // rate ≤ target, or packets / cycle ≤ eagerness / queue, without a division.
        let (load, overflow) = Int64(bytes / packet).multipliedReportingOverflow(by: queue)
        let isBelow = !overflow && load <= cycle.nanoseconds &* Int64(eagerness)
        if isStarting {
            if isBelow {
                bytes = min(bytes &+ byteCount, Self.ceiling)
                return
            }
            isStarting = false
            bytes = withoutQueue
            emptiedAt = now
            return
        }
        if isBelow != isRising, velocity > 1 { turn(rising: isBelow) }
        // Safe: the ceiling, `fiercest` and the cap of velocity keep this far below 2^63.
        let change = velocity &* eagerness &* packet &* byteCount / bytes
        bytes =
            isBelow
            ? min(bytes &+ min(change, byteCount), Self.ceiling)
            : max(bytes &- min(change, byteCount / 2), floor)
    }

    private mutating func turn(rising: Bool) {
        isRising = rising
        velocity = 1
        sameDirection = 0
    }

    /// A round trip is over: velocity, eagerness, and what was not in use.
    private mutating func endRound(next: UInt64, now: Instant) {
        let rises = bytes > bytesAtRoundStart
        if hold != nil {
            // Says nothing about where the window should go.
        } else if rises != isRising {
            turn(rising: rises)
        } else if isInUse, !isStarting {
            sameDirection &+= 1
            // No faster than a doubling a round trip, which `steer` sees to anyway.
            if sameDirection >= 3 { velocity = min(velocity &* 2, 1 << 16) }
        }
        if isCompetitive, hold == nil {
            let trips = (standing.value &+ minimum.value / 2) / max(minimum.value, 1)
            eagerness =
                isLossy
                ? max(eagerness / 2, Self.calm + 1)
                : min(eagerness &+ Int(min(max(trips, 1), 16)), Self.fiercest)
        }
        heedLoss()
        if !isInUse, now - usedAt > Self.stale {
            bytes = max(bytes / 2, min(bytes, Self.initial))
            usedAt = now
        }
        isInUse = false
        isLossy = false
        roundEnd = next
        bytesAtRoundStart = bytes
    }

    /// What no radio does but a policer: half of everything is lost.
    private mutating func heedLoss() {
        guard settled >= 16 else { return }
        if lost &* 2 > settled {
            isStarting = false
            turn(rising: false)
            bytes = max(bytes / 10 &* 7, floor)
        }
        settled = 0
        lost = 0
    }
}
