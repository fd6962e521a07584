// A field's state is one of the types below, which the world's schema chooses once. Replicas of one
// world have one schema (its hash is checked), so under concurrency both sides hold the same type
// and join by its rule. If they do not, the larger type replaces the smaller: an ordinal sum of
// lattices, so that even two schemas converge and nothing traps.

import CairnBasics

/// The state of one field, or a delta for it.
public enum FieldState: Equatable, Sendable {
    case latest(LatestRegister)
    case counter(Counter)
    case set(AddWinsSet)
    case map(AddWinsMap)
    case maximum(MaximumRegister)
    case minimum(MinimumRegister)
    case multiValue(MultiValueRegister)
    case bounded(BoundedCounter)
    case attachment(Attachment)

    /// Joins another state or delta of the same field.
    ///
    /// - Returns: True when this state changed.
    public mutating func join(_ other: FieldState) -> Bool {
        switch (self, other) {
        case (.latest(let mine), .latest(let theirs)):
            // By far the commonest: nothing is copied before it is known to win.
            guard mine.isReplaced(by: theirs) else { return false }
            self = other
        case (.counter(var mine), .counter(let theirs)):
            self = .nothing
            defer { self = .counter(mine) }
            return mine.join(theirs)
        case (.set(var mine), .set(let theirs)):
            self = .nothing
            defer { self = .set(mine) }
            return mine.join(theirs)
        case (.map(var mine), .map(let theirs)):
            self = .nothing
            defer { self = .map(mine) }
            return mine.join(theirs)
        case (.maximum(var mine), .maximum(let theirs)):
            self = .nothing
            defer { self = .maximum(mine) }
            return mine.join(theirs)
        case (.minimum(var mine), .minimum(let theirs)):
            self = .nothing
            defer { self = .minimum(mine) }
            return mine.join(theirs)
        case (.multiValue(var mine), .multiValue(let theirs)):
            self = .nothing
            defer { self = .multiValue(mine) }
            return mine.join(theirs)
        case (.bounded(var mine), .bounded(let theirs)):
            self = .nothing
            defer { self = .bounded(mine) }
            return mine.join(theirs)
        case (.attachment(var mine), .attachment(let theirs)):
            self = .nothing
            defer { self = .attachment(mine) }
            return mine.join(theirs)
        default:
            guard isReplaced(by: other) else { return false }
            self = other
        }
        return true
    }

    /// Stands in for a state while that is changed, so that nobody else holds its arrays and they
    /// are changed in place.
    private static let nothing = FieldState.maximum(MaximumRegister(0))

    /// True when `other` is of a larger type, which replaces this one.
    func isReplaced(by other: FieldState) -> Bool { tag < other.tag }

    /// The newest time stamped in this state; zero when it has no stamps.
    var newestTime: HybridTime {
        switch self {
        case .latest(let register): register.stamp.time
        case .attachment(let attachment): attachment.stamp.time
        case .map(let map): map.store.items.map(\.register.stamp.time).max() ?? .zero
        case .counter, .set, .maximum, .minimum, .multiValue, .bounded: .zero
        }
    }

    /// Orders the types where replicas disagree on one; written before the state.
    var tag: UInt8 {
        switch self {
        case .latest: 0
        case .counter: 1
        case .set: 2
        case .map: 3
        case .maximum: 4
        case .minimum: 5
        case .multiValue: 6
        case .bounded: 7
        case .attachment: 8
        }
    }
}

extension FieldState {
    /// The register, when that is the field's type; likewise the others.
    public var latest: LatestRegister? { if case .latest(let state) = self { state } else { nil } }
    public var counter: Counter? { if case .counter(let state) = self { state } else { nil } }
    public var set: AddWinsSet? { if case .set(let state) = self { state } else { nil } }
    public var map: AddWinsMap? { if case .map(let state) = self { state } else { nil } }
    public var maximum: MaximumRegister? {
        if case .maximum(let state) = self { state } else { nil }
    }
    public var minimum: MinimumRegister? {
        if case .minimum(let state) = self { state } else { nil }
    }
    public var multiValue: MultiValueRegister? {
        if case .multiValue(let state) = self { state } else { nil }
    }
    public var bounded: BoundedCounter? {
        if case .bounded(let state) = self { state } else { nil }
    }
    public var attachment: Attachment? {
        if case .attachment(let state) = self { state } else { nil }
    }
}
