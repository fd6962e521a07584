// Rows lie in arrays, in no order that means anything, and a hash table finds them. A delta is a
// lattice of one or two entities and is made for every edit, so few rows are searched without one.

import CairnBasics

/// Entities and their states, found by id.
struct EntityRows: Sendable {
    /// Up to so many rows a search is as fast as a hash, and an empty table would cost more.
    private static let unindexedRows = 8

    private(set) var ids: [EntityID] = []
    var states: [EntityState] = []
    private var index: FlatMap<Int32>?

    var count: Int { ids.count }

    /// The row of an entity; nil when there is none.
    /// - Complexity: O(1) expected
    func row(of id: EntityID) -> Int? {
        if let index { return index[id.raw].map(Int.init) }
        return ids.firstIndex(of: id)
    }

    /// The rows of many entities, -1 for those that have none.
    ///
    /// Whole states and deltas as they are decoded ascend alike, so the row after the last one
    /// found is tried before the hash. And a loop that does nothing but look up waits for many
    /// cache misses at once, where a join after every look-up would wait for each.
    /// - Complexity: O(1) expected each
    func rows(of wanted: [EntityID]) -> [Int] {
        var next = 0
        return wanted.map { id in
            let isNext = next < ids.count && ids[next] == id
            let row = isNext ? next : row(of: id) ?? -1
            next = row + 1
            return row
        }
    }

    /// Adds a row for an entity that has none.
    /// - Complexity: O(1) amortised
    mutating func append(_ id: EntityID, _ state: EntityState) {
        let row = ids.count
        ids.append(id)
        states.append(state)
        if index != nil {
            index?.insert(Int32(row), for: id.raw)
        } else if ids.count > Self.unindexedRows {
            var built = FlatMap<Int32>(capacity: ids.count * 2)
            for (row, id) in ids.enumerated() { built.insert(Int32(row), for: id.raw) }
            index = built
        }
    }

    /// Removes a row; the last one takes its place.
    /// - Complexity: O(1) expected
    mutating func remove(at row: Int) {
        index?.remove(ids[row].raw)
        let last = ids.count - 1
        if row < last {
            ids[row] = ids[last]
            states.swapAt(row, last)
            index?.insert(Int32(row), for: ids[row].raw)
        }
        ids.removeLast()
        states.removeLast()
    }

    /// All rows, ascending by id.
    /// - Complexity: O(n log n)
    var sortedRows: [Int] { ids.indices.sorted { ids[$0] < ids[$1] } }
}

extension EntityRows: Equatable {
    /// True when both hold the same entities in the same states, whatever their history.
    static func == (left: EntityRows, right: EntityRows) -> Bool {
        guard left.count == right.count else { return false }
        return left.ids.indices.allSatisfy { row in
            guard let other = right.row(of: left.ids[row]) else { return false }
            return left.states[row] == right.states[other]
        }
    }
}
