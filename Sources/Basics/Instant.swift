/// A point on a monotonic clock, in nanoseconds since an origin that the shell chooses.
///
/// The core never reads a clock: the shell, or the simulator, passes instants in.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's origin.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin of the clock.
    public static let zero = Instant(nanoseconds: 0)
    /// Later than every instant that a clock gives.
    public static let distantFuture = Instant(nanoseconds: .max)

    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    // Safe: wraps only after 292 years of clock.
    public static func + (instant: Instant, span: TimeSpan) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &+ span.nanoseconds)
    }
    public static func - (instant: Instant, span: TimeSpan) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &- span.nanoseconds)
    }
    public static func - (left: Instant, right: Instant) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }
}

/// A length of time in nanoseconds; negative when it points backwards.
public struct TimeSpan: Hashable, Comparable, Sendable {
    /// The length in nanoseconds.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = TimeSpan(nanoseconds: 0)
    public static func microseconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: count &* 1_000)
    }
    public static func milliseconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: count &* 1_000_000)
    }
    public static func seconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: count &* 1_000_000_000)
    }

    /// The length in seconds, for display and for geometry off the core's decisions.
    public var seconds: Double { Double(nanoseconds) / 1e9 }
    /// The length in milliseconds.
    public var milliseconds: Double { Double(nanoseconds) / 1e6 }

    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds &+ right.nanoseconds)
    }
    public static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }
    public static func * (span: TimeSpan, factor: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: span.nanoseconds &* factor)
    }
    public static func / (span: TimeSpan, divisor: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: span.nanoseconds / divisor)
    }
}

/// The number of a world step since the server started; wraps after 2^32 steps.
///
/// Not `Comparable`: wrapping order is not transitive (RFC 1982). At 128 Hz it wraps after a year.
public struct Tick: Hashable, Sendable {
    public var number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// Steps from `other` to this one; negative when `other` is newer.
    public func steps(since other: Tick) -> Int32 {
        Int32(bitPattern: number &- other.number)
    }
    /// True when this step came after `other`.
    public func isNewer(than other: Tick) -> Bool { steps(since: other) > 0 }

    public static func + (tick: Tick, steps: UInt32) -> Tick { Tick(tick.number &+ steps) }
}
