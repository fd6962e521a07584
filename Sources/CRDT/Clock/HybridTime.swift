/// A hybrid logical time (Kulkarni et al., "Logical Physical Clocks", 2014): a wall clock that never
/// runs backwards and never repeats.
///
/// Under concurrency: if one event could have known of another, its time is larger; between events
/// that knew nothing of each other the order is that of the wall clocks, which is only a guess.
public struct HybridTime: Hashable, Comparable, Sendable {
    /// Unix time in milliseconds in the upper 48 bits, a logical count in the lower 16.
    public var raw: UInt64

    public init(raw: UInt64) { self.raw = raw }

    /// The earliest time with this wall reading, which is cut to 48 bits (the year 10889).
    public init(milliseconds: UInt64) {
        raw = min(milliseconds, Self.maximumMilliseconds) << 16
    }

    /// Before every time that a clock gives.
    public static let zero = HybridTime(raw: 0)
    /// The largest wall reading that 48 bits hold.
    public static let maximumMilliseconds: UInt64 = 1 << 48 - 1

    /// The wall clock's part, in milliseconds of Unix time.
    public var milliseconds: UInt64 { raw >> 16 }

    public static func < (left: HybridTime, right: HybridTime) -> Bool { left.raw < right.raw }
}

extension HybridTime {
    /// The first of January 2023: no node had a clock before that, so no honest stamp is older, and
    /// an author whose wall clock is (a dead battery says 1970) still stamps after it.
    public static let earliestMilliseconds: UInt64 = 1_672_531_200_000
    public static let earliest = HybridTime(milliseconds: earliestMilliseconds)
}
