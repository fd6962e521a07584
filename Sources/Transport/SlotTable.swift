import CairnBasics

/// Where a server keeps its connections: a connection owns the only sealer of its key, so it is
/// noncopyable, and stays in its row.
struct SlotTable: ~Copyable {
    private var rows: RowTable<ServerEndpoint.Slot>
    private var free: [Int] = []

    init(capacity: Int) { rows = RowTable(capacity: capacity) }

    /// How many rows are taken.
    var count: Int { rows.indices.count - free.count }
    /// One more than the highest row ever taken.
    var end: Int { rows.indices.count }

    /// True when a row is taken; false for any other number.
    func contains(_ index: Int) -> Bool { rows.contains(index) }

    /// The row, in place.
    /// - Precondition: it is taken.
    subscript(index: Int) -> ServerEndpoint.Slot {
        _read { yield rows[index] }
        _modify { yield &rows[index] }
    }

    /// Takes a row, the one freed last if there is one.
    /// - Precondition: `count` is under the capacity.
    mutating func insert(_ slot: consuming ServerEndpoint.Slot) -> Int {
        let index = free.popLast() ?? end
        rows.insert(slot, at: index)
        return index
    }

    /// Frees a row; what it owned is gone, its keys wiped.
    /// - Precondition: it is taken.
    mutating func remove(_ index: Int) {
        rows.remove(index)
        free.append(index)
    }
}
