// What the server gives up when a tick takes longer than there is time for, one rung after the
// other, and takes back in the reverse order. Who only watches suffers first, then what is far
// away, then how often anybody is told, then who wants to come in, and last the world's own time,
// which slows so that everything in it still happens. Intents and durable edits are on no rung: an
// accepted edit is never late for the load's sake by more than its tick.
//
// Holds true: one rung at a time; a rung is climbed after half a second of too much load, and
// left after five seconds of little. A rung that was left too early is held twice as long the next
// time, so that a load between two rungs does not swing the world to and fro.
//
// The rungs' order and the dilation of time follow what CCP described for EVE Online in 2011 ("time
// dilation"): slowing everybody alike is fairer than dropping somebody's commands.

public import CairnBasics

/// How much the world is cut back.
public enum OverloadRung: UInt8, CaseIterable, Comparable, Sendable {
    /// Everybody is told everything.
    case none
    /// Spectators get state at a quarter of the rate.
    case spectators
    /// Far levels of detail are left out.
    case farLevels
    /// Everybody gets state every other tick.
    case rates
    /// Nobody new comes in; whoever is connected stays.
    case admission
    /// The world's time runs slower than the wall's.
    case dilation

    public static func < (left: OverloadRung, right: OverloadRung) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// How one tick went, as the shell measured it.
public struct TickLoad: Hashable, Sendable {
    /// How much later than due the tick began.
    public var lateness: TimeSpan
    /// From its beginning until its last packet was handed to the kernel.
    public var duration: TimeSpan
    /// Processor time of the server's thread since the tick before: what came in is in it.
    public var busy: TimeSpan

    public init(lateness: TimeSpan, duration: TimeSpan, busy: TimeSpan) {
        self.lateness = lateness
        self.duration = duration
        self.busy = busy
    }

    /// A tick that hung for a minute says no more than one that took four periods.
    private static let mostPeriods: Int64 = 4

    /// The part of a tick's period that was needed, in thousandths, 4,000 at most.
    func permille(of period: TimeSpan) -> Int {
        let needed = max(busy.nanoseconds, lateness.nanoseconds &+ duration.nanoseconds)
        let capped = min(max(0, needed), period.nanoseconds &* Self.mostPeriods)
        // Safe: a period is at most a second, so the product has 43 bits.
        return Int(capped &* 1_000 / max(1, period.nanoseconds))
    }
}

/// Which rung the server stands on. O(1) a tick.
public struct OverloadLadder: Sendable {
    /// Above this load the server gives something up.
    static let highPermille = 850
    /// Below this it takes something back: what a rung saves is rarely more than a third.
    static let lowPermille = 550
    static let climbAfter = TimeSpan.milliseconds(500)
    static let descendAfter = TimeSpan.seconds(5)
    static let longestHold = TimeSpan.seconds(80)
    /// A climb so soon after a descent means that the descent came too early.
    static let relapseWithin = TimeSpan.seconds(15)
    /// The world's time never runs slower than a quarter of the wall's.
    public static let slowestTimeShare = 64
    public static let fullTimeShare = 256

    public private(set) var rung = OverloadRung.none
    /// World time for wall time, in 256ths: 64 to 256.
    public private(set) var timeShare = OverloadLadder.fullTimeShare
    /// The load as it was of late, in thousandths of the period.
    public private(set) var loadPermille = 0
    /// How often a rung was climbed, and left.
    public private(set) var climbs: UInt64 = 0
    public private(set) var descents: UInt64 = 0

    private var highSince: Instant?
    private var lowSince: Instant?
    private var hold = OverloadLadder.descendAfter
    private var descendedAt: Instant?

    public init() {}

    /// Takes in how a tick went.
    ///
    /// - Parameter period: of wall time, between two ticks as they are due now.
    /// - Returns: True when the rung or the world's pace has changed.
    public mutating func record(_ load: TickLoad, period: TimeSpan, now: Instant) -> Bool {
        // A quarter of a second's memory at 20 Hz, so that one long tick is no reason for anything.
        loadPermille += (load.permille(of: period) - loadPermille) / 4
        if loadPermille >= Self.highPermille { return noteHigh(now: now) }
        highSince = nil
        if loadPermille > Self.lowPermille {
            lowSince = nil
            return false
        }
        return noteLow(now: now)
    }

    private mutating func noteHigh(now: Instant) -> Bool {
        lowSince = nil
        guard let since = highSince else {
            highSince = now
            return false
        }
        guard now - since >= Self.climbAfter else { return false }
        highSince = now
        return climb(now: now)
    }

    private mutating func noteLow(now: Instant) -> Bool {
        guard rung != .none else { return false }
        guard let since = lowSince else {
            lowSince = now
            return false
        }
        guard now - since >= hold else { return false }
        lowSince = now
        descend(now: now)
        return true
    }

    private mutating func climb(now: Instant) -> Bool {
        if let at = descendedAt {
            let isRelapse = now - at < Self.relapseWithin
            hold = isRelapse ? min(hold * 2, Self.longestHold) : Self.descendAfter
            descendedAt = nil
        }
        guard let next = OverloadRung(rawValue: rung.rawValue + 1) else {
            guard timeShare > Self.slowestTimeShare else { return false }
            timeShare = max(Self.slowestTimeShare, timeShare * 3 / 4)
            climbs &+= 1
            return true
        }
        rung = next
        if rung == .dilation { timeShare = Self.fullTimeShare * 3 / 4 }
        climbs &+= 1
        return true
    }

    private mutating func descend(now: Instant) {
        descendedAt = now
        descents &+= 1
        if timeShare < Self.fullTimeShare {
            timeShare = min(Self.fullTimeShare, timeShare * 4 / 3 + 1)
            if timeShare < Self.fullTimeShare { return }
        }
        rung = OverloadRung(rawValue: rung.rawValue - 1) ?? .none
    }
}

extension OverloadLadder {
    /// Whether a client is told of the world in a tick.
    /// - Parameter index: of the client's session: half of them, or a quarter, take each tick.
    public func tells(sessionAt index: Int, isSpectator: Bool, in tick: Tick) -> Bool {
        let turn = Int(truncatingIfNeeded: tick.number) &+ index
        if isSpectator && rung >= .spectators { return turn & 3 == 0 }
        return rung < .rates || turn & 1 == 0
    }

    /// Whether far levels of detail are told.
    public var tellsFar: Bool { rung < .farLevels }
    /// Whether strangers may join.
    public var admits: Bool { rung < .admission }
}
