// Speed hacks claim more time than has passed, teleports more way. Both are held against one
// account a client: the server time that its claims have used up so far. It may never be ahead of
// the server's clock, and it falls behind by no more than `credit`, which is what pays for a
// network that delivers late and then all at once.
//
// So over any stretch of T seconds, whatever a client claims, at most 1.001 · T + 1 seconds of it
// are admitted: a gain below 2 % over a minute. And a client that claims as time passes is never
// refused while its packets' delays differ by less than `credit` less one input. The account is
// for life: coming and going, or idling before a dash, earns nothing beyond the credit.

public import CairnBasics
public import CairnGeometry

/// Claimed time of one client against the server's.
public struct MotionTally: Hashable, Sendable {
    /// How far claims may lag behind and be made up later.
    public static let credit = TimeSpan.seconds(1)
    /// What a claimed millisecond costs: 0.1 % less than one, for clients whose clock runs fast.
    /// Crystals are within 0.01 %.
    static let nanosecondsPerClaimedMillisecond: Int64 = 999_001

    /// The server time that all claims so far have used up; never later than the server's now.
    private var paidUntil: Instant
    private var lastSequence: UInt32?
    /// Claimed time that was admitted, over the client's life, in milliseconds.
    public private(set) var admittedMilliseconds: UInt64 = 0
    /// Claims that were refused, over the client's life.
    public private(set) var refusals: UInt64 = 0

    /// A tally that starts with full credit.
    public init(now: Instant) { paidUntil = now - Self.credit }

    /// The sequence number of the newest claim judged so far; nil before the first.
    public var newestSequence: UInt32? { lastSequence }

    public enum SteeringVerdict: Hashable, Sendable {
        case admitted
        /// Judged before, or older than one that was: nothing to do.
        case repeated
        /// More time is claimed than has passed; the avatar stays where it is.
        case refused
    }

    /// Judges one input; what is admitted is paid for.
    public mutating func admit(_ input: SteeringInput, now: Instant) -> SteeringVerdict {
        guard advance(to: input.sequence) else { return .repeated }
        let milliseconds = Int64(input.durationMilliseconds)
        guard pay(milliseconds &* Self.nanosecondsPerClaimedMillisecond, now: now) else {
            refusals &+= 1
            return .refused
        }
        admittedMilliseconds &+= UInt64(milliseconds)
        return .admitted
    }

    public enum PoseVerdict: Hashable, Sendable {
        /// The motion to take over: the claim, its velocity limited.
        case accepted(Motion)
        /// Too far, or out of bounds. The motion given is one that would be accepted now.
        case refused(nearest: Motion)
        /// Judged before, or older than one that was: nothing to do.
        case repeated
    }

    /// Judges where a device says that it is, coming from `origin`: a way costs the time that it
    /// takes at the highest speed. Nothing is paid for a refusal.
    public mutating func admit(
        _ claim: PoseClaim, from origin: Motion, limits: MovementLimits, now: Instant
    ) -> PoseVerdict {
        guard advance(to: claim.sequence) else { return .repeated }
        var motion = claim.motion
        motion.velocity = Movement.limited(motion.velocity, to: limits.maxSpeedUnits)
        motion.position = limits.bounds.clamped(motion.position)
        let start = limits.bounds.clamped(origin.position)
        let way = squareRootRoundedUp(start.squaredDistance(to: motion.position))
        let speed = Int64(max(0, limits.maxSpeedUnits))
        if let cost = cost(ofWay: way, atSpeed: speed), motion.position == claim.motion.position,
            pay(cost, now: now)
        {
            admittedMilliseconds &+= UInt64(cost) / 1_000_000
            return .accepted(motion)
        }
        refusals &+= 1
        motion.position = start.moved(
            towards: motion.position, way: affordableWay(atSpeed: speed, now: now), of: way)
        return .refused(nearest: motion)
    }

    /// Pays for the motion that a refusal has offered, for a body that is taken there at once.
    ///
    /// - Returns: False, and nothing is paid, when it costs more than there is; an offer never does
    ///   at the instant at which it was made.
    public mutating func pay(
        for offer: Motion, from origin: Motion, limits: MovementLimits, now: Instant
    ) -> Bool {
        let start = limits.bounds.clamped(origin.position)
        let way = squareRootRoundedUp(start.squaredDistance(to: offer.position))
        let speed = Int64(max(0, limits.maxSpeedUnits))
        guard let cost = cost(ofWay: way, atSpeed: speed), pay(cost, now: now) else {
            return false
        }
        admittedMilliseconds &+= UInt64(cost) / 1_000_000
        return true
    }

    /// True when the number is newer than all before; wrapping order, as in RFC 1982.
    private mutating func advance(to sequence: UInt32) -> Bool {
        if let lastSequence, Int32(bitPattern: sequence &- lastSequence) <= 0 { return false }
        lastSequence = sequence
        return true
    }

    private func start(now: Instant) -> Instant { max(paidUntil, now - Self.credit) }

    private mutating func pay(_ nanoseconds: Int64, now: Instant) -> Bool {
        let end = start(now: now) + TimeSpan(nanoseconds: nanoseconds)
        guard nanoseconds <= Self.credit.nanoseconds, end <= now else { return false }
        paidUntil = end
        return true
    }

    /// What a way costs in nanoseconds, rounded up; nil when no time is enough.
    private func cost(ofWay way: UInt64, atSpeed speed: Int64) -> Int64? {
        if way == 0 { return 0 }
        guard speed > 0 else { return nil }
        // Safe: a way has at most 33 bits and the product of the constants 28.
        return (Int64(way) &* Self.nanosecondsPerUnit &+ speed &- 1) / speed
    }

    /// The longest way that could be paid for now, in position units.
    private func affordableWay(atSpeed speed: Int64, now: Instant) -> UInt64 {
        let nanoseconds = max(0, (now - start(now: now)).nanoseconds)
        // Safe: the credit has 30 bits and a speed 15.
        return UInt64(nanoseconds &* speed / Self.nanosecondsPerUnit)
    }

    private static let nanosecondsPerUnit =
        Movement.millisecondsPerUnit * nanosecondsPerClaimedMillisecond
}

extension Position {
    /// The place `way` units along the straight line to `target`, which is at most `whole` away;
    /// `target` itself when that is nearer. Cut off towards the start.
    /// - Precondition: `whole` is below 2^33, as every distance between positions is.
    func moved(towards target: Position, way: UInt64, of whole: UInt64) -> Position {
        guard whole > way, whole > 0 else { return target }
        func along(_ start: Int32, _ end: Int32) -> Int32 {
            // Safe: a difference and a length, both below 2^32; the quotient is no longer than
            // the difference.
            let difference = Int64(end) &- Int64(start)
            let part = Int64(truncatingIfNeeded: difference.magnitude &* way / whole)
            return Int32(truncatingIfNeeded: Int64(start) &+ (difference < 0 ? 0 &- part : part))
        }
        return Position(
            x: along(x, target.x), y: along(y, target.y), z: along(z, target.z))
    }
}
