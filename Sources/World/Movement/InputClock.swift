// Inputs state their length in whole milliseconds and hold 100 at most, and ticks are neither: at
// 128 Hz one lasts 7.8 ms, at 5 Hz it lasts 200. What one input leaves over, the next one gets, so
// nobody walks slower for it.

public import CairnBasics

/// Cuts the time that passes into the lengths of steering inputs.
public struct InputClock: Hashable, Sendable {
    private var owed = TimeSpan.zero

    public init() {}

    /// Adds time that has passed.
    public mutating func add(_ span: TimeSpan) { owed = owed + max(span, .zero) }

    /// The length of the next input in milliseconds; nil when less than one is left.
    public mutating func next() -> UInt8? {
        let longest = Int64(SteeringInput.durations.upperBound)
        let milliseconds = min(owed.nanoseconds / 1_000_000, longest)
        guard milliseconds >= Int64(SteeringInput.durations.lowerBound) else { return nil }
        owed = owed - .milliseconds(milliseconds)
        return UInt8(truncatingIfNeeded: milliseconds)
    }
}
