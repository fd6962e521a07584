// What a policy asks of a field's type, and what a person reads in a state that is held relative to
// the description: a bounded counter knows how far it is above its least, and not what that is.

import CairnBasics
public import CairnCRDT

extension FieldPolicy {
    /// The only type that goes with the policy; nil where any does.
    public var impliedType: ScalarType? {
        switch self {
        case .counter, .maximum, .minimum, .bounded: .integer
        case .attachment: .entity
        case .latest, .set, .map, .multiValue: nil
        }
    }
}

extension FieldDescription {
    /// How far from zero the ends of a bounded counter may lie: their distance fits 63 bits.
    public static let boundedLimit: Int64 = 1 << 62
    /// The range of a bounded counter whose author gave none.
    public static let unbounded: ClosedRange<Int64> = 0...boundedLimit

    /// Where a bounded counter stands that is so far above its least; clamped to 64 bits.
    /// - Complexity: O(1)
    public func value(atHeight height: UInt64) -> Int64 {
        let (sum, overflow) = (range ?? Self.unbounded).lowerBound
            .addingReportingOverflow(Int64(clamping: height))
        return overflow ? .max : sum
    }

    /// The number that a field of numbers stands at: a whole one that somebody wrote, or where a
    /// counter begins; nil where nobody has written and nothing is counted, and for other fields.
    ///
    /// - Complexity: O(replicas that ever wrote) for counters, else O(1)
    public func number(in state: FieldState?) -> Int64? {
        switch (policy, state) {
        case (.counter, .counter(let counter)?): counter.value
        case (.counter, nil): 0
        case (.bounded, .bounded(let counter)?): value(atHeight: counter.aboveBound)
        case (.bounded, nil): value(atHeight: 0)
        case (.maximum, .maximum(let register)?): register.value
        case (.minimum, .minimum(let register)?): register.value
        case (.latest, .latest(let register)?):
            if case .integer(let number) = register.value { number } else { nil }
        default: nil
        }
    }
}

extension ClosedRange<Int64> {
    /// As in "goes from 0 to 120".
    var words: String {
        upperBound < FieldDescription.boundedLimit
            ? "\(lowerBound) to \(upperBound)" : "\(lowerBound) up"
    }
}
