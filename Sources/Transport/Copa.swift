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
/// * Round trips are those without the time that the peer says it sat on its acknowledgement, and the
///   cycle that turns a window into a rate has that time on top: a world answers once a tick.
/// * A queue shorter than `granularity` counts as none: shorter than what a scheduler adds.
/// * The window keeps a floor (below), and when half of what was sent is lost it shrinks in spite of
///   all, as before a policer that has no queue to be seen.
/// * A window that was not in use neither grows nor shrinks, since it would measure nothing, and is
///   given up by and by (RFC 7661).
///
/// Costs 250 bytes and no allocation; O(1) per acknowledgement.
struct Copa {
    /// The packet that windows are counted in, whatever the path takes.
    static let packet = DatagramBatch.datagramBytes
    /// QUIC's initial window (RFC 9002, section 7.2).
    static let initial = 10 * packet
    /// A window below which nothing is learned: RFC 9002 has two packets, and two more let a single
    /// loss be found by what comes after it.
    static let smallest = 4 * packet
    /// A world says something every 50 ms, so at any round trip there is room for 20 packets a second,
    /// which is as little as a voice call, up to the initial window.
    private static let beat = TimeSpan.milliseconds(50)
    static let ceiling = 64 * 1_024 * 1_024
    static let granularity = TimeSpan.milliseconds(1)
    private static let minimumWindow = TimeSpan.seconds(10)
    /// 1/δ in default mode.
    private static let calm = 2
    /// 1/δ in competitive mode at most: a queue of so many packets is another's doing.
    private static let fiercest = 1_024
    /// How long a window may go unused before half of it is given up.
    private static let stale = TimeSpan.seconds(5)

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
    private var emptiedAt = Instant.zero

    /// The round trip being measured ends when this number is acknowledged.
    private var roundEnd: UInt64 = 0
    private var bytesAtRoundStart = initial
    private var isLossy = false
    private var isInUse = false
    private var usedAt = Instant.zero
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
        return min(max(beats * Self.packet, Self.smallest), Self.initial)
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
        let range = -greatest.value - minimum.value
        // A tenth of what the queue was at its longest, or nothing that counts.
        if path.nanoseconds - minimum.value <= max(range / 10, Self.granularity.nanoseconds) {
            emptiedAt = now
        }
        if now - emptiedAt <= max(smoothed * 5, TimeSpan.milliseconds(100)) {
            eagerness = Self.calm
        } else if !isCompetitive {
            eagerness = Self.calm + 1
        }
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
        if isInUse { steer(byteCount) }
        if largest >= roundEnd { endRound(next: next, now: now) }
    }

    /// A packet was lost.
    mutating func lost(_ number: UInt64) {
        settled &+= 1
        lost &+= 1
        isLossy = true
    }

    /// Two probes in a row went unanswered (RFC 9002, section 7.6): starts again, and forgets what the
    /// path was like.
    mutating func collapse(next: UInt64) {
        let floor = floor
        self = Copa()
        bytes = min(floor, bytes)
        roundEnd = next
        bytesAtRoundStart = bytes
    }

    /// Moves the window towards the target.
    private mutating func steer(_ byteCount: Int) {
        guard let cycle else { return }
        let queue = max(0, standing.value &- minimum.value &- Self.granularity.nanoseconds)
        // rate ≤ target, or packets / cycle ≤ eagerness / queue, without a division.
        let (load, overflow) = Int64(bytes / Self.packet).multipliedReportingOverflow(by: queue)
        let isBelow = !overflow && load <= cycle.nanoseconds &* Int64(eagerness)
        if isStarting {
            if isBelow {
                bytes = min(bytes &+ byteCount, Self.ceiling)
                return
            }
            isStarting = false
        }
        if isBelow != isRising, velocity > 1 { turn(rising: isBelow) }
        // Safe: the ceiling, `fiercest` and the cap of velocity keep this far below 2^63.
        let change = velocity &* eagerness &* Self.packet &* byteCount / bytes
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
        if rises != isRising {
            turn(rising: rises)
        } else if isInUse, !isStarting {
            sameDirection &+= 1
            // No faster than a doubling a round trip, which `steer` sees to anyway.
            if sameDirection >= 3 { velocity = min(velocity &* 2, 1 << 16) }
        }
        if isCompetitive {
            eagerness =
                isLossy ? max(eagerness / 2, Self.calm + 1) : min(eagerness &+ 1, Self.fiercest)
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
