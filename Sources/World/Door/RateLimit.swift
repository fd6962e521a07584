public import CairnBasics

/// A token bucket: so many a second, and so many at once after a quiet time.
///
/// Kept as the instant at which the bucket is full again (the "theoretical arrival time" of the
/// generic cell rate algorithm, ITU-T I.371), so it is two words and needs no refilling.
public struct RateLimit: Hashable, Sendable {
    private let nanosecondsPerToken: Int64
    private let burst: Int64
    private var fullAt: Instant
    /// Requests that found too few tokens.
    public private(set) var refusals: UInt64 = 0

    /// A full bucket.
    /// - Precondition: both are in 1...1,000,000.
    public init(perSecond: Int, burst: Int) {
        precondition((1...1_000_000).contains(perSecond) && (1...1_000_000).contains(burst))
        nanosecondsPerToken = 1_000_000_000 / Int64(perSecond)
        self.burst = Int64(burst)
        fullAt = Instant(nanoseconds: .min)
    }

    /// Takes `cost` tokens, or none when there are not so many.
    /// - Precondition: `cost` is not negative.
    public mutating func admit(cost: Int = 1, now: Instant) -> Bool {
        precondition(cost >= 0)
        guard wait(cost: cost, now: now) == .zero else {
            refusals &+= 1
            return false
        }
        fullAt = max(fullAt, now) + TimeSpan(nanoseconds: Int64(cost) &* nanosecondsPerToken)
        return true
    }

    /// How long until `cost` tokens are there; for ever (`Int64.max`) when the bucket is smaller.
    public func wait(cost: Int = 1, now: Instant) -> TimeSpan {
        guard cost <= burst else { return TimeSpan(nanoseconds: .max) }
        // Safe: a burst of 2^20 tokens of 2^30 ns each has 50 bits.
        let spare = TimeSpan(nanoseconds: (burst &- Int64(cost)) &* nanosecondsPerToken)
        guard fullAt > now else { return .zero }
        return max(.zero, fullAt - now - spare)
    }
}
