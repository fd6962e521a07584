public import CairnBasics

/// When to show what: maps the client's clock to a moment of the server's world, a little in the
/// past, so that there is nearly always a newer state to interpolate towards.
///
/// The arrival of every tick gives one sample of (arrival − tick × period). The smallest of the
/// recent ones is the path at its fastest; how far the others lie above it is the jitter. The
/// delay follows the jitter: at least two periods, at most half a second, and it changes by at
/// most a tenth of the time that passes, so nothing on screen jumps or runs visibly faster.
public struct PlaybackClock: Sendable {
    /// The delay is never longer, however bad the path.
    static let longestDelay = TimeSpan.milliseconds(500)
    /// How many ticks the window of samples spans: three seconds at 20 Hz.
    static let windowTicks = 64

    private let period: TimeSpan
    private var firstTick: Tick?
    private var samples: [TimeSpan] = []
    private var next = 0
    private var fastest = TimeSpan.zero
    private var delay: TimeSpan
    private var slewedAt: Instant?
    /// Mean distance of the samples above the fastest one.
    public private(set) var jitter = TimeSpan.zero

    public init(period: TimeSpan) {
        self.period = period
        delay = period * 2
        samples.reserveCapacity(Self.windowTicks)
    }

    /// How far behind the newest state the picture is shown.
    public var presentationDelay: TimeSpan { delay }

    /// Takes in the arrival of the first packet of a tick.
    public mutating func handleTick(_ tick: Tick, now: Instant) {
        let origin = firstTick ?? tick
        firstTick = origin
        let sample = now - (Instant.zero + period * Int64(tick.steps(since: origin)))
        if samples.count < Self.windowTicks {
            samples.append(sample)
        } else {
            samples[next] = sample
            next = (next + 1) % Self.windowTicks
        }
        fastest = samples.min() ?? sample
        let excess = samples.reduce(Int64(0)) { $0 &+ ($1 - fastest).nanoseconds }
        jitter = TimeSpan(nanoseconds: excess / Int64(samples.count))
        slew(now: now)
    }

    /// The moment of the world to show now, in ticks since `origin`; nil before the first tick.
    public func presentationTick(now: Instant) -> (origin: Tick, ticks: Double)? {
        guard let firstTick else { return nil }
        let elapsed = (now - Instant.zero) - fastest - delay
        return (firstTick, Double(elapsed.nanoseconds) / Double(period.nanoseconds))
    }

    /// The tick that the server is building by now, as far as the fastest path tells; nil before
    /// the first tick.
    public func serverTick(now: Instant) -> Tick? {
        guard let firstTick else { return nil }
        let elapsed = (now - Instant.zero) - fastest
        return firstTick + UInt32(clamping: elapsed.nanoseconds / period.nanoseconds)
    }

    private mutating func slew(now: Instant) {
        let passed = now - (slewedAt ?? now)
        slewedAt = now
        let wanted = min(max(period * 2, period + jitter * 4), Self.longestDelay)
        let step = TimeSpan(nanoseconds: passed.nanoseconds / 10)
        delay = delay < wanted ? min(wanted, delay + step) : max(wanted, delay - step)
    }
}
