// A field's state is one of four types, which the world's schema chooses once. Replicas of one
// world have one schema (its hash is checked), so under concurrency both sides hold the same type
// and join by its rule. If they do not, the larger type replaces the smaller: an ordinal sum of
// lattices, so that even two schemas converge and nothing traps.

public import CairnBasics

/// The state of one field, or a delta for it.
public enum FieldState: Equatable, Sendable {
    case latest(LatestRegister)
    case counter(Counter)
    case set(AddWinsSet)
    case map(AddWinsMap)

    /// Joins another state or delta of the same field.
    ///
    /// - Returns: True when this state changed.
    public mutating func join(_ other: FieldState) -> Bool {
        switch (self, other) {
        case (.latest(var mine), .latest(let theirs)):
            guard mine.join(theirs) else { return false }
            self = .latest(mine)
        case (.counter(var mine), .counter(let theirs)):
            guard mine.join(theirs) else { return false }
            self = .counter(mine)
        case (.set(var mine), .set(let theirs)):
            guard mine.join(theirs) else { return false }
            self = .set(mine)
        case (.map(var mine), .map(let theirs)):
            guard mine.join(theirs) else { return false }
            self = .map(mine)
        default:
            guard isReplaced(by: other) else { return false }
            self = other
        }
        return true
    }

    /// True when `other` is of a larger type, which replaces this one.
    func isReplaced(by other: FieldState) -> Bool { tag < other.tag }

    /// The newest time stamped in this state; zero when it has no stamps.
    var newestTime: HybridTime {
        switch self {
        case .latest(let register): register.stamp.time
        case .counter, .set: .zero
        case .map(let map): map.store.items.map(\.register.stamp.time).max() ?? .zero
        }
    }

    /// Orders the types where replicas disagree on one; written before the state.
    private var tag: UInt8 {
        switch self {
        case .latest: 0
        case .counter: 1
        case .set: 2
        case .map: 3
        }
    }
}

extension FieldState {
    /// The register, when that is the field's type; likewise the others.
    public var latest: LatestRegister? { if case .latest(let state) = self { state } else { nil } }
    public var counter: Counter? { if case .counter(let state) = self { state } else { nil } }
    public var set: AddWinsSet? { if case .set(let state) = self { state } else { nil } }
    public var map: AddWinsMap? { if case .map(let state) = self { state } else { nil } }
}

extension FieldState {
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(tag)
        switch self {
        case .latest(let register): try register.encode(into: &writer)
        case .counter(let counter): try counter.encode(into: &writer)
        case .set(let set): try set.encode(into: &writer)
        case .map(let map): try map.encode(into: &writer)
        }
    }

    /// Reads a field's state from bytes of any origin.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        switch try reader.get(UInt8.self) {
        case 0: self = .latest(try LatestRegister(decoding: &reader))
        case 1: self = .counter(try Counter(decoding: &reader))
        case 2: self = .set(try AddWinsSet(decoding: &reader))
        case 3: self = .map(try AddWinsMap(decoding: &reader))
        default: throw .malformed
        }
    }
}
