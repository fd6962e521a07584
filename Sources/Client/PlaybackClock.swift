public import CairnBasics

/// When to show what: maps the client's clock to a moment of the server's world, a little in the
/// past, so that there is nearly always a newer state to interpolate towards.
///
/// Every tick says when the server's clock built it, so the way from a tick to the server's time
/// is known without the network's noise, and a server whose ticks come slower is followed at its
/// own pace. What is left is how long states take to come. For each tick of the last five seconds,
/// lost ones too, its lateness is how long after the fastest path it was known, by itself or by a
/// newer one. The picture is behind the server by one tick (there must be a state to go to), the
/// 98th percentile of lateness, and an eighth of a tick for the frames of both ends; at most half a
/// second. So losses and jitter count as what they cost, and a steady path is shown at once.
///
/// Nothing jumps: the moment shown runs at the server's pace, up to 10 % faster or slower until
/// it is where it should be, and down to half while it is ahead of all that is known. Only beyond a
/// second of error (a client that slept) it is set anew.
///
/// Costs 13 kB at most, and twenty times a second a look at all in the window: some microseconds.
public struct PlaybackClock: Sendable {
    /// How far behind the fastest state the picture is at most, at the world's own pace.
    static let longestDelay = 0.5
    /// The ticks of five seconds, between 64 and 512.
    private static let windowSeconds = 5.0
    private static let lateShare = 0.02
    /// So many ticks in a row may be lost. A longer gap is silence: there was nothing to tell.
    private static let longestLoss: Int64 = 4
    /// Over how long the present pace is measured, and over how long what inputs follow.
    private static let paceSeconds = 0.2
    private static let dilationSeconds = 1.0
    /// The slowest pace that a server takes, and up to where a pace counts as the world's own: a
    /// hiccup of a tick is no dilation.
    private static let slowestPace = 0.25
    private static let ownPace = 0.9
    private static let slew = 0.1
    private static let brake = 0.5
    private static let settleSeconds = 0.5
    private static let jumpSeconds = 1.0

    /// A tick that was heard of; times in seconds since the first.
    private struct Heard {
        var number: Int64
        var built: Double
        var arrived: Double
    }

    private let period: Double
    private let windowTicks: Int
    private var origin: (tick: Tick, milliseconds: UInt64, at: Instant)?
    /// Ascending, a ring: the newest is at `newest`.
    private var heard: [Heard] = []
    private var newest = 0
    /// The line that the moment runs on.
    private var line: (ticks: Double, at: Double, perSecond: Double)?
    /// The path at its fastest, in seconds of this clock after the server's.
    private var fastest = 0.0
    /// Seconds between ticks by the server's clock of late.
    private var pace: Double

    private var latest: Latest
    /// When the delay was measured last, and what it came to; in seconds.
    private var measuredAt = -Double.infinity
    private var delay: Double
    private static let measureSeconds = 0.05

    /// How far behind the server's newest state, on the fastest path, the picture is shown.
    public private(set) var presentationDelay: TimeSpan
    /// The 98th percentile of how late states were known.
    public private(set) var jitter = TimeSpan.zero
    /// Of the ticks in the window, how many never came, in 0...1.
    public private(set) var lossShare = 0.0
    /// How fast the world goes by the server's word: 1 as a rule, down to 0.25 while it dilates time.
    public private(set) var timeScale = 1.0

    public init(period: TimeSpan) {
        self.period = max(1e-4, period.seconds)
        pace = self.period
        windowTicks = max(64, min(512, Int(Self.windowSeconds / self.period)))
        presentationDelay = TimeSpan(nanoseconds: period.nanoseconds / 8 * 9)
        delay = presentationDelay.seconds
        latest = Latest(limit: Int(Double(windowTicks) * Self.lateShare) + 1)
        heard.reserveCapacity(windowTicks)
    }

    /// Takes in the arrival of the first packet of a tick newer than all before.
    ///
    /// - Parameter serverMilliseconds: The server's clock when it built the tick.
    public mutating func handleTick(_ tick: Tick, serverMilliseconds: UInt64, now: Instant) {
        let start = origin ?? (tick, serverMilliseconds, now)
        origin = start
        // Safe: a server that lies about its clock gets wrapped numbers, not a trap.
        let milliseconds = Int64(bitPattern: serverMilliseconds &- start.milliseconds)
        note(
            Heard(
                number: Int64(tick.steps(since: start.tick)), built: Double(milliseconds) / 1_000,
                arrived: (now - start.at).seconds))
        measurePace()
        let time = (now - start.at).seconds
        if time - measuredAt >= Self.measureSeconds || heard.count < 8 {
            measuredAt = time
            measureDelay()
        }
        steer(now: time)
    }

    /// The moment of the world to show now, in ticks since `origin`; nil before the first tick.
    public func presentationTick(now: Instant) -> (origin: Tick, ticks: Double)? {
        guard let origin, let line else { return nil }
        return (origin.tick, line.ticks + ((now - origin.at).seconds - line.at) * line.perSecond)
    }

    /// The tick that the server is building by now, as far as the fastest path tells; nil before
    /// the first tick.
    public func serverTick(now: Instant) -> Tick? {
        guard let origin, !heard.isEmpty else { return nil }
        let ticks = tickNumber(builtAt: (now - origin.at).seconds - fastest)
        return origin.tick + UInt32(max(0, min(ticks, Double(Int32.max))))
    }
}

// MARK: - What was heard

extension PlaybackClock {
    private func entry(_ age: Int) -> Heard {
        heard[(newest &- age &+ heard.count) % heard.count]
    }

    private mutating func note(_ tick: Heard) {
        if heard.count < windowTicks {
            heard.append(tick)
            newest = heard.count - 1
        } else {
            newest = (newest + 1) % heard.count
            heard[newest] = tick
        }
    }

    /// How many seconds a tick took, over the last `seconds` at least; nil when that is not known.
    private func measuredPace(over seconds: Double) -> Double? {
        let last = entry(0)
        for age in 1..<max(1, heard.count) {
            let tick = entry(age)
            let (ticks, span) = (last.number - tick.number, last.built - tick.built)
            guard span >= 0, ticks > 0 else { return nil }
            if span >= seconds { return span / Double(ticks) }
        }
        return nil
    }

    private mutating func measurePace() {
        let slowest = period / Self.slowestPace
        if let measured = measuredPace(over: max(Self.paceSeconds, 2 * period)) {
            pace = max(period / 2, min(slowest, measured))
        }
        guard let measured = measuredPace(over: max(Self.dilationSeconds, 4 * period)) else {
            return
        }
        let scale = period / max(period, min(slowest, measured))
        timeScale = scale < Self.ownPace ? scale : 1
    }

    /// The delay in seconds that all but one state in fifty are known after.
    private mutating func measureDelay() {
        fastest = Double.infinity
        for tick in heard { fastest = min(fastest, tick.arrived - tick.built) }
        latest.clear()
        var lost: Int64 = 0
        var told: Int64 = 0
        for age in 0..<heard.count {
            let tick = entry(age)
            let late = tick.arrived - tick.built - fastest
            latest.add(late)
            told += 1
            guard age + 1 < heard.count else { break }
            let older = entry(age + 1)
            let gap = tick.number - older.number
            guard gap > 1, gap <= Self.longestLoss + 1 else { continue }
            lost += gap - 1
            // A lost tick is known with its successor, later by the ticks between.
            let step = (tick.built - older.built) / Double(gap)
            for missing in 1..<gap { latest.add(late + Double(missing) * step) }
        }
        lossShare = Double(lost) / Double(lost + told)
        let late = latest.percentile(of: Int(lost + told), Self.lateShare)
        jitter = TimeSpan(nanoseconds: Int64(max(0, min(late, 60)) * 1e9))
        let limit = max(Self.longestDelay, 2.5 * pace)
        delay = max(0, min(limit, pace + late + max(pace / 8, 0.002)))
        presentationDelay = TimeSpan(nanoseconds: Int64(delay * 1e9))
    }

    /// Where the server's ticks were, or will be, at an instant of its clock.
    private func tickNumber(builtAt time: Double) -> Double {
        let last = entry(0)
        if time >= last.built { return Double(last.number) + (time - last.built) / pace }
        var newer = last
        for age in 1..<max(1, heard.count) {
            let older = entry(age)
            if time >= older.built, newer.built > older.built {
                let share = (time - older.built) / (newer.built - older.built)
                return Double(older.number) + share * Double(newer.number - older.number)
            }
            newer = older
        }
        return Double(newer.number) + (time - newer.built) / pace
    }

    /// Sets the line so that it leads to where the picture should be.
    private mutating func steer(now: Double) {
        let wanted = tickNumber(builtAt: now - fastest - delay)
        guard let line else {
            self.line = (wanted, now, 1 / pace)
            return
        }
        let ticks = line.ticks + (now - line.at) * line.perSecond
        let error = wanted - ticks
        guard abs(error) * pace < Self.jumpSeconds else {
            self.line = (wanted, now, 1 / pace)
            return
        }
        let isAhead = ticks > Double(entry(0).number)
        let correction = error * pace / Self.settleSeconds
        let part = max(isAhead ? -Self.brake : -Self.slew, min(Self.slew, correction))
        self.line = (ticks, now, (1 + part) / pace)
    }
}

/// The largest of many numbers, descending.
private struct Latest: Sendable {
    private var values: [Double] = []
    private let limit: Int

    /// - Parameter limit: How many to keep; of `n` numbers, two in a hundred are `n / 50`.
    init(limit: Int) {
        // Losses make more numbers than ticks were heard.
        self.limit = limit * 5
        values.reserveCapacity(self.limit + 1)
    }

    mutating func clear() { values.removeAll(keepingCapacity: true) }

    mutating func add(_ value: Double) {
        if values.count == limit, let least = values.last, value <= least { return }
        var place = values.count
        while place > 0, values[place - 1] < value { place -= 1 }
        values.insert(value, at: place)
        if values.count > limit { values.removeLast() }
    }

    /// The value that so small a share of all numbers is above.
    func percentile(of total: Int, _ share: Double) -> Double {
        let above = Int(Double(total) * share)
        return values.isEmpty ? 0 : values[min(above, values.count - 1)]
    }
}
