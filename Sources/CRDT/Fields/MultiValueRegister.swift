// Under concurrency: a write replaces the writes it has seen and no others. Writes that knew nothing
// of each other are all kept and all read, until a write that has seen them replaces them; nothing
// is lost without somebody having looked at it. Right where a person should choose (the text of a
// sign that two have edited), wrong where a reader needs one answer.
//
// A dotted store in which every write removes whatever was there: a delta carries the new value
// and the dots of those it replaces. The number of values is that of writers who have not met.

import CairnBasics

/// A value that keeps what was written concurrently side by side.
public struct MultiValueRegister: DottedField, Equatable, Sendable {
    /// The writes that nothing has replaced.
    var store = DottedStore<DottedScalar>()

    init() {}

    /// The values that no write has replaced, ascending, each once; never empty after a write.
    /// - Complexity: O(values)
    public var values: [Scalar] { store.distinct }

    /// Joins another state or delta.
    ///
    /// - Returns: True when this register changed.
    /// - Complexity: O(values of both)
    public mutating func join(_ other: MultiValueRegister) -> Bool { store.join(other.store) }

    /// A delta that writes `value` by the given dot, in place of all that is here.
    func writing(_ value: Scalar, by dot: Dot) -> MultiValueRegister {
        MultiValueRegister(
            DottedStore(
                adding: DottedScalar(label: value, dot: dot),
                removing: store.items.lazy.map(\.dot)))
    }
}
