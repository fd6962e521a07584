// Under concurrency: an element is in the set when some replica added it and no removal has seen
// that addition. Adding again what is there counts as a new addition, so it survives a removal made
// at the same time. Removed elements leave nothing behind but their place in the context.

import CairnBasics

/// A set of scalars in which adding wins over a concurrent removal.
public struct AddWinsSet: Equatable, Sendable {
    /// One addition that no removal has seen.
    struct Member: DottedItem {
        var element: Scalar
        var dot: Dot

        var label: Scalar { element }

        mutating func absorb(_ twin: Member) {}
    }

    private(set) var store = DottedStore<Member>()

    init() {}

    /// How many elements there are.
    /// - Complexity: O(elements)
    public var count: Int { store.labelCount }

    /// True when `element` is in the set.
    /// - Complexity: O(log elements)
    public func contains(_ element: Scalar) -> Bool { !store.items(labelled: element).isEmpty }

    /// The elements, ascending.
    /// - Complexity: O(elements)
    public var elements: [Scalar] {
        var distinct: [Scalar] = []
        for member in store.items where distinct.last != member.element {
            distinct.append(member.element)
        }
        return distinct
    }

    /// Joins another state or delta.
    ///
    /// - Returns: True when this set changed.
    /// - Complexity: O(elements of both)
    public mutating func join(_ other: AddWinsSet) -> Bool { store.join(other.store) }

    /// A delta that adds `element` by the given dot, in place of the additions seen here.
    func inserting(_ element: Scalar, by dot: Dot) -> AddWinsSet {
        let seen = store.items(labelled: element).lazy.map(\.dot)
        var delta = AddWinsSet()
        delta.store = DottedStore(adding: Member(element: element, dot: dot), removing: seen)
        return delta
    }

    /// A delta that removes the additions of `element` seen here.
    func removing(_ element: Scalar) -> AddWinsSet {
        var delta = AddWinsSet()
        delta.store = DottedStore(removing: store.items(labelled: element).lazy.map(\.dot))
        return delta
    }
}

extension AddWinsSet {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try store.encode(into: &writer)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        store = try DottedStore(decoding: &reader)
    }
}

extension AddWinsSet.Member {
    @_lifetime(writer: copy writer)
    func encodeContent(into writer: inout ByteWriter) throws(CodecError) {
        try element.encode(into: &writer)
    }

    @_lifetime(reader: copy reader)
    init(decodingContent reader: inout ByteReader, dot: Dot) throws(CodecError) {
        self.init(element: try Scalar(decoding: &reader), dot: dot)
    }
}
