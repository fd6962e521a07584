// Under concurrency: an element is in the set when some replica added it and no removal has seen
// that addition. Adding again what is there counts as a new addition, so it survives a removal made
// at the same time. Removed elements leave nothing behind but their place in the context.

import CairnBasics

/// A set of scalars in which adding wins over a concurrent removal.
public struct AddWinsSet: DottedField, Equatable, Sendable {
    /// The additions that no removal has seen.
    var store = DottedStore<DottedScalar>()

    init() {}

    /// How many elements there are.
    /// - Complexity: O(elements)
    public var count: Int { store.labelCount }

    /// True when `element` is in the set.
    /// - Complexity: O(log elements)
    public func contains(_ element: Scalar) -> Bool { !store.items(labelled: element).isEmpty }

    /// The elements, ascending.
    /// - Complexity: O(elements)
    public var elements: [Scalar] { store.distinct }

    /// Joins another state or delta.
    ///
    /// - Returns: True when this set changed.
    /// - Complexity: O(elements of both)
    public mutating func join(_ other: AddWinsSet) -> Bool { store.join(other.store) }

    /// A delta that adds `element` by the given dot, in place of the additions seen here.
    func inserting(_ element: Scalar, by dot: Dot) -> AddWinsSet {
        let seen = store.items(labelled: element).lazy.map(\.dot)
        return AddWinsSet(
            DottedStore(adding: DottedScalar(label: element, dot: dot), removing: seen))
    }

    /// A delta that removes the additions of `element` seen here.
    func removing(_ element: Scalar) -> AddWinsSet {
        AddWinsSet(DottedStore(removing: store.items(labelled: element).lazy.map(\.dot)))
    }
}
