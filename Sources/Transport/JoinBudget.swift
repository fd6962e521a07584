import CairnBasics

/// A token bucket for the dear part of a join, in nanoseconds of credit: at most one second's worth,
/// so that a crowd gets in at once, and a fiftieth of that under load, so that no tick waits longer.
struct JoinBudget {
    private static let second: Int64 = 1_000_000_000
    private let cost: Int64
    private var credit: Int64
    private var filledAt: Instant

    init(perSecond: Int, now: Instant) {
        cost = max(1, Self.second / Int64(clamping: perSecond))
        credit = Self.second
        filledAt = now
    }

    /// Pays for one join; false when the bucket is empty.
    mutating func spend(now: Instant, underLoad: Bool) -> Bool {
        let elapsed = min(Self.second, max(0, (now - filledAt).nanoseconds))
        filledAt = now
        let limit = underLoad ? max(cost, Self.second / 50) : Self.second
        credit = min(limit, credit + elapsed)
        guard credit >= cost else { return false }
        credit -= cost
        return true
    }
}
