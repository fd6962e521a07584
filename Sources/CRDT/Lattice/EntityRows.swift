// Rows lie in one array, in no order that means anything, and a hash index finds them. A delta is a
// lattice of one or two entities and is made for every edit, so few rows are searched without one.
//
// A row is 80 bytes and holds an entity's first field: what an edit of a large world waits for is
// memory, and so it waits for a slot of the index and for the row. A row takes 1.3 to 2.7 slots of
// 4 bytes, so an entity with one field that is a number takes at most 91 bytes in all.

import CairnBasics

/// Entities and their states, found by id.
struct EntityRows: Sendable {
    /// An entity and what is known of it.
    struct Row: Equatable, Sendable {
        let id: EntityID
        var state: EntityState
    }

    /// Up to so many rows a search is as fast as a hash, and an empty table would cost more.
    private static let unindexedRows = 8

    var rows: [Row] = []
    private(set) var index: RowIndex?

    var count: Int { rows.count }

    var indices: Range<Int> { rows.indices }

    /// How many rows there is room for, and how many slots the index has.
    var capacity: (rows: Int, slots: Int) { (rows.capacity, index?.slotCount ?? 0) }

    subscript(row: Int) -> Row {
        _read { yield rows[row] }
        _modify { yield &rows[row] }
    }

    /// The row of an entity; nil when there is none.
    /// - Complexity: O(1) expected
    func row(of id: EntityID) -> Int? {
        if let index { return index.row(of: id, in: rows) }
        return rows.firstIndex { $0.id == id }
    }

    /// Adds a row for an entity that has none.
    /// - Complexity: O(1) amortised
    mutating func append(_ id: EntityID, _ state: EntityState) {
        rows.append(Row(id: id, state: state))
        if index != nil {
            index?.insert(rows.count - 1, in: rows)
        } else if rows.count > Self.unindexedRows {
            index = RowIndex(of: rows)
        }
    }

    /// Removes a row; the last one takes its place.
    /// - Complexity: O(1) expected
    mutating func remove(at row: Int) {
        let last = rows.count - 1
        index?.remove(row, in: rows)
        if row < last {
            index?.rename(last, to: row, in: rows)
            rows.swapAt(row, last)
        }
        rows.removeLast()
        if rows.capacity > Self.leastRoom && rows.count * Self.mostRoom < rows.capacity { shrink() }
    }

    /// Gives back the room that a larger world left.
    private mutating func shrink() {
        var moved: [Row] = []
        moved.reserveCapacity(rows.count * 2)
        moved.append(contentsOf: rows)
        rows = moved
        if index != nil { index = RowIndex(of: rows) }
    }

    /// Room for so many rows is not worth giving back.
    private static let leastRoom = 1_024
    /// Rows have at most so many times the room they take; between that and twice, the room stays
    /// as it is, so that a count which sways costs nothing.
    private static let mostRoom = 6

    /// All rows, ascending by id.
    /// - Complexity: O(n log n), O(n) when they lie so.
    var sortedRows: [Int] {
        let isAscending = indices.dropFirst().allSatisfy { rows[$0 - 1].id < rows[$0].id }
        return isAscending ? Array(indices) : indices.sorted { rows[$0].id < rows[$1].id }
    }
}

extension EntityRows: Equatable {
    /// True when both hold the same entities in the same states, whatever their history.
    static func == (left: EntityRows, right: EntityRows) -> Bool {
        guard left.count == right.count else { return false }
        return left.rows.allSatisfy { row in
            guard let other = right.row(of: row.id) else { return false }
            return row.state == right.rows[other].state
        }
    }
}
