// What the server gives up when a tick takes longer than there is time for, one rung after the
// other, and takes back in the reverse order. Who only watches suffers first, then what is far
// away, then how often anybody is told, then who wants to come in, and last the world's own time,
// which slows so that everything in it still happens. Intents and durable edits are on no rung: an
// accepted edit is never late for the load's sake by more than its tick.
//
// Holds true: one rung at a time; a rung is climbed after half a second of too much load, and
// left after three seconds of little. A rung that was left too early is held twice as long the next
// time, so that a load between two rungs does not swing the world to and fro; a load that is gone
// is not held against anybody.
//
// The rungs' order and the dilation of time follow what CCP described for EVE Online in 2011 ("time
// dilation"): slowing everybody alike is fairer than dropping somebody's commands.

public import CairnBasics
import CairnTransport

/// How much the world is cut back.
public enum OverloadRung: UInt8, CaseIterable, Comparable, Sendable {
    /// Everybody is told everything.
    case none
    /// Who only watches is told of every third tick.
    case spectators
    /// Far levels of detail are left out.
    case farLevels
    /// Everybody is told of every other tick.
    case rates
    /// Everybody is told of every fifth tick.
    case lowRates
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

    /// What was needed of the tick's time: the processor's, or the wall's where others had that.
    public var needed: TimeSpan { max(busy, lateness + duration) }
}

/// Which rung the server stands on. O(1) a tick.
public struct OverloadLadder: Sendable {
    /// A loop that needs so many hundredths of its time gives something up, where the operator does
    /// not say otherwise: a tick that needs 95 % still begins in time.
    public static let usualLimitPercent = 95
    static let climbAfter = TimeSpan.milliseconds(500)
    static let climbTicks: Int64 = 6
    static let descendAfter = TimeSpan.seconds(3)
    static let longestHold = TimeSpan.seconds(96)
    /// A climb so soon after a descent means that the descent came too early.
    static let relapseWithin = TimeSpan.seconds(15)
    /// The world's time never runs slower than a quarter of the wall's.
    public static let slowestTimeShare = 64
    public static let fullTimeShare = 256
    /// For the load's sake nobody waits longer than this for the next state.
    static let longestWait = TimeSpan.milliseconds(500)
    /// How often turns change; odd, since far pages have theirs every so many ticks, a power of two.
    private static let turnTicks: UInt32 = 33
    private static let acknowledgementDelay = TransportLimits.acknowledgementDelay
    /// Over how long a tick's load is averaged: one long tick is no reason to give anything up, and some
    /// late ones are none to keep it from people.
    private static let memory = TimeSpan.milliseconds(200)
    private static let longMemory = TimeSpan.seconds(1)
    /// A tick that hung for a minute says no more than one that took four periods.
    private static let mostPeriods: Int64 = 4

    public private(set) var rung = OverloadRung.none
    /// World time for wall time, in 256ths: 64 to 256. Never within a tenth of 256 but at it, since
    /// clients take so small a difference for noise.
    public private(set) var timeShare = OverloadLadder.fullTimeShare
    /// The load of late, each figure averaged by itself, and in thousandths of the period.
    public private(set) var load = TickLoad(lateness: .zero, duration: .zero, busy: .zero)
    public private(set) var loadPermille = 0
    /// The same over a second, in millionths: a whole number of thousandths would not come down.
    private var longMillionths = 0
    private var longPermille: Int { longMillionths / 1_000 }
    /// How often a rung was climbed, and left.
    public private(set) var climbs: UInt64 = 0
    public private(set) var descents: UInt64 = 0
    /// The highest rung so far, and the slowest that the world's time has run.
    public private(set) var highestRung = OverloadRung.none
    public private(set) var slowestShare = OverloadLadder.fullTimeShare

    /// Above the one the server gives something up, below the other it takes something back: what
    /// a rung saves is rarely more than two fifths. Below the last everything has its place.
    let highPermille: Int
    let lowPermille: Int
    let idlePermille: Int
    private var highSince: Instant?
    private var lowSince: Instant?
    private var hold = OverloadLadder.descendAfter
    private var descendedAt: Instant?

    /// - Parameter limitPercent: the share of a tick's time from which on something is given up,
    ///   1 to 100; nil for a server that rather lets its ticks come late.
    public init(limitPercent: Int? = OverloadLadder.usualLimitPercent) {
        highPermille = limitPercent.map { max(1, min(100, $0)) * 10 } ?? .max
        lowPermille = highPermille / 20 * 11
        idlePermille = highPermille / 4
    }

    /// Takes in how a tick went.
    ///
    /// - Parameter period: of wall time, between two ticks as they are due now.
    /// - Returns: True when the rung or the world's pace has changed.
    public mutating func record(_ tick: TickLoad, period: TimeSpan, now: Instant) -> Bool {
        average(tick, period: period)
        // Safe: an average is below four periods, of a second each at most.
        loadPermille = Int(load.needed.nanoseconds &* 1_000 / max(1, period.nanoseconds))
        let needed = min(tick.needed.nanoseconds, period.nanoseconds &* Self.mostPeriods)
        // Safe: four periods of 4 s have 34 bits, a million 20.
        let millionths = Int(max(0, needed) &* 1_000_000 / max(1, period.nanoseconds))
        longMillionths += (millionths - longMillionths) / Self.parts(of: Self.longMemory, period)
        if loadPermille >= highPermille { return noteHigh(period: period, now: now) }
        highSince = nil
        if longPermille > lowPermille {
            lowSince = nil
            return false
        }
        return noteLow(now: now)
    }

    private mutating func average(_ tick: TickLoad, period: TimeSpan) {
        let parts = Int64(Self.parts(of: Self.memory, period))
        let most = period.nanoseconds &* Self.mostPeriods
        func step(_ average: TimeSpan, _ new: TimeSpan) -> TimeSpan {
            let new = min(max(0, new.nanoseconds), most)
            return TimeSpan(
                nanoseconds: average.nanoseconds &+ (new &- average.nanoseconds) / parts)
        }
        load.lateness = step(load.lateness, tick.lateness)
        load.duration = step(load.duration, tick.duration)
        load.busy = step(load.busy, tick.busy)
    }

    /// How many ticks are averaged.
    private static func parts(of memory: TimeSpan, _ period: TimeSpan) -> Int {
        Int(max(2, min(128, memory.nanoseconds / max(1, period.nanoseconds))))
    }

    private mutating func noteHigh(period: TimeSpan, now: Instant) -> Bool {
        lowSince = nil
        guard let since = highSince else {
            highSince = now
            return false
        }
        guard now - since >= max(Self.climbAfter, period * Self.climbTicks) else { return false }
        highSince = now
        return climb(now: now)
    }

    private mutating func noteLow(now: Instant) -> Bool {
        guard rung != .none else { return false }
        if let descendedAt, now - descendedAt >= Self.relapseWithin { hold = Self.descendAfter }
        guard let since = lowSince else {
            lowSince = now
            return false
        }
        let wait = longPermille < idlePermille ? Self.descendAfter : hold
        guard now - since >= wait else { return false }
        lowSince = now
        descend(now: now)
        return true
    }

    private mutating func climb(now: Instant) -> Bool {
        let next = OverloadRung(rawValue: rung.rawValue + 1)
        guard next != nil || timeShare > Self.slowestTimeShare else { return false }
        if let at = descendedAt {
            let isRelapse = now - at < Self.relapseWithin
            hold = isRelapse ? min(hold * 2, Self.longestHold) : Self.descendAfter
            descendedAt = nil
        }
        rung = next ?? rung
        if rung == .dilation {
            timeShare = max(Self.slowestTimeShare, timeShare * 3 / 4)
        }
        climbs &+= 1
        highestRung = max(highestRung, rung)
        slowestShare = min(slowestShare, timeShare)
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
    /// - Parameter index: of the client's session: as many take each tick.
    /// - Parameter period: of wall time, between two ticks as they are due now.
    public func tells(
        sessionAt index: Int, isSpectator: Bool, in tick: Tick, period: TimeSpan
    ) -> Bool {
        if rung == .none { return true }
        return Self.turn(index, tick) % stride(isSpectator: isSpectator, period: period) == 0
    }

    /// True when whoever is not told in a tick may hear of what it sent with the next one, since
    /// that comes in time.
    func holdsAcknowledgements(sessionAt index: Int, in tick: Tick, period: TimeSpan) -> Bool {
        rung >= .rates && period * 2 <= Self.acknowledgementDelay
            && Self.turn(index, tick) % 2 == 1 && tick.number % Self.turnTicks != 0
    }

    /// Whose turn it is changes now and then, or else who is told of every other tick would never
    /// hear of pages whose turn is in the ticks between.
    private static func turn(_ index: Int, _ tick: Tick) -> Int {
        // Safe: never below zero. A turn is taken twice now and then, and none is passed over.
        Int(tick.number &- tick.number / turnTicks) &+ index
    }

    /// Every how many ticks a client is told.
    func stride(isSpectator: Bool, period: TimeSpan) -> Int {
        let wanted: Int
        switch rung {
        case .none: wanted = 1
        case .spectators, .farLevels: wanted = isSpectator ? 3 : 1
        case .rates: wanted = isSpectator ? 5 : 2
        case .lowRates, .admission, .dilation: wanted = isSpectator ? 7 : 5
        }
        let most = Int(Self.longestWait.nanoseconds / max(1, period.nanoseconds))
        return max(1, min(wanted, most))
    }

    /// Whether far levels of detail are told.
    public var tellsFar: Bool { rung < .farLevels }
    /// Whether strangers may join.
    public var admits: Bool { rung < .admission }
}
