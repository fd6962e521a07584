import CairnBasics

/// A token bucket that is kept in time: how many nanoseconds of its rate are left to spend.
///
/// What is spent may overdraw it, since a packet's cost is known when it is done; then nothing more is
/// to be done until time has paid for it. O(1), exact, and no timer.
struct RateBudget {
    private let perSecond: Int64
    private let burst: Int64
    private var credit: Int64
    private var filledAt: Instant

    /// - Parameter burst: as how much time's worth it may save up.
    init(perSecond: Int, burst: TimeSpan, now: Instant) {
        self.perSecond = Int64(max(1, perSecond))
        self.burst = burst.nanoseconds
        credit = burst.nanoseconds
        filledAt = now
    }

    /// Negative while more was spent than the rate allows.
    private func available(_ now: Instant) -> Int64 {
        min(burst, credit &+ max(0, (now - filledAt).nanoseconds))
    }

    func isOverdrawn(now: Instant) -> Bool { available(now) < 0 }

    /// True when at least half of what it may save up is there.
    func isRested(now: Instant) -> Bool { available(now) >= burst / 2 }

    /// Spends an amount, at most 2^32; a negative one is given back.
    mutating func spend(_ amount: Int, now: Instant) {
        // Safe: 2^32 × 10^9 is below 2^62.
        credit = available(now) &- Int64(amount) &* 1_000_000_000 / perSecond
        filledAt = now
    }
}
