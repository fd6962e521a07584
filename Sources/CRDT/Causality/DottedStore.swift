// The dot store under add-wins sets and maps (Almeida, Shoker, Baquero: "Delta state replicated
// data types", 2018, section 7): items, each born by a dot, and the context of all dots this field
// has ever seen.
//
// Under concurrency: an item that one side has and the other lacks has been removed if the other's
// context holds its dot, and is news otherwise. So a removal removes exactly what it had seen, and
// an item added at the same time stays: add wins.
//
// Dots are counted per field and replica, so the context of a field that has received everything is
// one range per replica that ever wrote to it, and a field can be shipped alone: whoever joins it
// learns its removals, and nothing about anything else.

import CairnBasics

/// One thing in a dotted store: a label that is looked up, the dot that bore it, perhaps a payload.
protocol DottedItem: Equatable, Sendable {
    associatedtype Label: Comparable

    var label: Label { get }
    var dot: Dot { get }

    /// Joins the payload of an item with the same label and dot. Honest replicas never make two
    /// that differ; if they do differ, every replica must still choose the same.
    mutating func absorb(_ twin: Self)

    /// Writes all but the dot.
    @_lifetime(writer: copy writer)
    func encodeContent(into writer: inout ByteWriter) throws(CodecError)
    /// Reads all but the dot, which has been read.
    @_lifetime(reader: copy reader)
    init(decodingContent reader: inout ByteReader, dot: Dot) throws(CodecError)
}

/// Items sorted by label, then dot, and what has been seen.
///
/// Every item's dot is in the context. One label may have several items: those added concurrently.
struct DottedStore<Item: DottedItem>: Equatable, Sendable {
    private(set) var items: [Item] = []
    private(set) var context = CausalContext()

    init() {}

    /// A delta that bears `item` and removes the items with the given dots.
    init(adding item: Item, removing seen: some Sequence<Dot>) {
        items = [item]
        context.insert(item.dot)
        for dot in seen { context.insert(dot) }
    }

    /// A delta that removes the items with the given dots.
    init(removing seen: some Sequence<Dot>) {
        for dot in seen { context.insert(dot) }
    }

    /// Joins another state or delta of the same field.
    ///
    /// - Returns: True when this store changed.
    /// - Complexity: O(items of both · log ranges)
    mutating func join(_ other: DottedStore) -> Bool {
        var changed = false
        var joined: [Item] = []
        joined.reserveCapacity(items.count + other.items.count)
        var mine = 0
        var theirs = 0
        while mine < items.count || theirs < other.items.count {
            switch Self.side(of: items, at: mine, against: other.items, at: theirs) {
            case .left:
                let item = items[mine]
                mine += 1
                if other.context.contains(item.dot) { changed = true } else { joined.append(item) }
            case .right:
                let item = other.items[theirs]
                theirs += 1
                if !context.contains(item.dot) {
                    joined.append(item)
                    changed = true
                }
            case .both:
                var item = items[mine]
                item.absorb(other.items[theirs])
                if item != items[mine] { changed = true }
                joined.append(item)
                mine += 1
                theirs += 1
            }
        }
        if changed { items = joined }
        return context.join(other.context) || changed
    }

    /// The items with this label.
    /// - Complexity: O(log items)
    func items(labelled label: Item.Label) -> ArraySlice<Item> {
        let start = items.partitionPoint { $0.label < label }
        var end = start
        while end < items.count && items[end].label == label { end += 1 }
        return items[start..<end]
    }

    /// How many different labels there are.
    /// - Complexity: O(items)
    var labelCount: Int {
        var count = 0
        for index in items.indices where index == 0 || items[index].label != items[index - 1].label
        {
            count += 1
        }
        return count
    }

    /// Adds an item that comes after all there are; for decoding.
    mutating func append(_ item: Item) { items.append(item) }

    /// Sets what has been seen; for decoding.
    init(context: CausalContext) { self.context = context }

    private enum Side { case left, right, both }

    private static func side(
        of left: [Item], at i: Int, against right: [Item], at j: Int
    ) -> Side {
        if i == left.count { return .right }
        if j == right.count { return .left }
        if left[i].comes(before: right[j]) { return .left }
        return right[j].comes(before: left[i]) ? .right : .both
    }
}

extension DottedItem {
    /// The order of items in a store: by label, then dot.
    func comes(before other: Self) -> Bool {
        if label < other.label { return true }
        return label == other.label && dot < other.dot
    }
}
