import CairnBasics

/// A token bucket for the dear part of a join, in nanoseconds of credit: at most one second's
/// worth.
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
    mutating func spend(now: Instant) -> Bool {
        let elapsed = min(Self.second, max(0, (now - filledAt).nanoseconds))
        filledAt = now
        credit = min(Self.second, credit + elapsed)
        guard credit >= cost else { return false }
        credit -= cost
        return true
    }
}
