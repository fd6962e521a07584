// Under concurrency: a key is in the map when some replica put it and neither a removal nor another
// put has seen that put. Of puts made at the same time all are kept, and the latest stamp is read,
// until somebody who has seen them puts or removes the key. A put wins over a concurrent removal.

import CairnBasics

/// A map from texts to scalars in which putting wins over a concurrent removal.
public struct AddWinsMap: DottedField, Equatable, Sendable {
    /// The longest key in bytes of UTF-8: a name, not a value.
    public static let maximumKeyByteCount = 256

    /// A key, compared by its bytes.
    struct Key: Comparable, Sendable {
        var text: String

        static func == (left: Key, right: Key) -> Bool { UTF8Order.areEqual(left.text, right.text) }
        static func < (left: Key, right: Key) -> Bool {
            UTF8Order.isAscending(left.text, right.text)
        }
    }

    /// One put that nothing has replaced.
    struct Entry: DottedItem {
        var key: Key
        var dot: Dot
        var register: LatestRegister

        var label: Key { key }

        mutating func absorb(_ twin: Entry) { _ = register.join(twin.register) }
    }

    var store = DottedStore<Entry>()

    init() {}

    /// How many keys there are.
    /// - Complexity: O(keys)
    public var count: Int { store.labelCount }

    /// The value of `key`: the latest of those put; nil when there is none.
    /// - Complexity: O(log keys)
    public subscript(key: String) -> Scalar? {
        latest(of: store.items(labelled: Key(text: key)))?.value
    }

    /// The keys, ascending by their bytes.
    /// - Complexity: O(keys)
    public var keys: [String] {
        var distinct: [Key] = []
        for entry in store.items where distinct.last != entry.key { distinct.append(entry.key) }
        return distinct.map(\.text)
    }

    /// Joins another state or delta.
    ///
    /// - Returns: True when this map changed.
    /// - Complexity: O(keys of both)
    public mutating func join(_ other: AddWinsMap) -> Bool { store.join(other.store) }

    /// A delta that puts a value by the given dot, in place of the puts seen here.
    func putting(_ register: LatestRegister, at key: String, by dot: Dot) -> AddWinsMap {
        let key = Key(text: key)
        let seen = store.items(labelled: key).lazy.map(\.dot)
        return AddWinsMap(
            DottedStore(adding: Entry(key: key, dot: dot, register: register), removing: seen))
    }

    /// A delta that removes the puts of `key` seen here.
    func removing(_ key: String) -> AddWinsMap {
        let seen = store.items(labelled: Key(text: key)).lazy.map(\.dot)
        return AddWinsMap(DottedStore(removing: seen))
    }

    private func latest(of entries: ArraySlice<Entry>) -> LatestRegister? {
        var latest: LatestRegister?
        for entry in entries {
            if latest?.join(entry.register) == nil { latest = entry.register }
        }
        return latest
    }
}

extension AddWinsMap.Entry {
    @_lifetime(writer: copy writer)
    func encodeContent(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putText(key.text)
        try register.encode(into: &writer)
    }

    @_lifetime(reader: copy reader)
    init(decodingContent reader: inout ByteReader, dot: Dot) throws(CodecError) {
        key = AddWinsMap.Key(text: try reader.getText(atMost: AddWinsMap.maximumKeyByteCount))
        self.dot = dot
        register = try LatestRegister(decoding: &reader)
    }
}
