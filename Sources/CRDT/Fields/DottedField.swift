// Sets, maps and multi-value registers are one structure with three readings: a dotted store. What
// they do alike stands here once: their bytes, their parts, and what an author checks.

import CairnBasics

/// A type of field that is a dotted store and the meaning of what is in it.
protocol DottedField {
    associatedtype Item: DottedItem

    var store: DottedStore<Item> { get set }

    /// Nothing seen.
    init()
}

extension DottedField {
    init(_ store: DottedStore<Item>) {
        self.init()
        self.store = store
    }

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try store.encode(into: &writer)
    }

    /// Reads a field from bytes of any origin.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        self.init(try DottedStore(decoding: &reader))
    }

    /// True when this field has seen all that `replica` did in a delta of its own.
    func covers(_ delta: Self, of replica: ReplicaID) -> Bool {
        store.context.lastCounter(of: replica) >= delta.store.context.lastCounter(of: replica)
    }
}

/// An item that is a scalar and nothing else: an element of a set, a value that was written.
struct DottedScalar: DottedItem {
    let label: Scalar
    let dot: Dot

    mutating func absorb(_ twin: DottedScalar) {}

    @_lifetime(writer: copy writer)
    func encodeContent(into writer: inout ByteWriter) throws(CodecError) {
        try label.encode(into: &writer)
    }
}

extension DottedScalar {
    @_lifetime(reader: copy reader)
    init(decodingContent reader: inout ByteReader, dot: Dot) throws(CodecError) {
        self.init(label: try Scalar(decoding: &reader), dot: dot)
    }
}

extension DottedStore where Item == DottedScalar {
    /// The scalars, ascending, each once.
    /// - Complexity: O(items)
    var distinct: [Scalar] {
        var distinct: [Scalar] = []
        for item in items where distinct.last != item.label { distinct.append(item.label) }
        return distinct
    }
}
