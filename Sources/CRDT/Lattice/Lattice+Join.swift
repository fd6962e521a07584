// The one join. Commutative, associative, idempotent and monotone for every pair of lattices, also
// for such as no honest replica makes.
//
// Costs what the delta costs: its rows are looked up, and so are the ids in its context that it has
// no row for, which are its deletions. When the delta is itself a whole state, with more ids in its
// context than there are rows here, the rows here are looked up in it instead.

public import CairnBasics

extension Lattice {
    /// Joins another state or a delta into this one.
    ///
    /// - Returns: The ids whose state changed, ascending, each once: created, edited or deleted.
    /// - Complexity: O(m) for a delta that names m ids, and what the fields' joins take.
    @discardableResult public mutating func join(_ delta: Lattice) -> [EntityID] {
        var changed: [EntityID] = []
        removeDeleted(by: delta, into: &changed)
        joinRows(of: delta, into: &changed)
        context.join(delta.context)
        return changed.sortedAscending()
    }

    /// Removes the rows here whose ids the delta has seen and has no row for.
    private mutating func removeDeleted(by delta: Lattice, into changed: inout [EntityID]) {
        guard rows.count > 0, !delta.context.isEmpty else { return }
        if delta.context.dotCount <= UInt64(rows.count) {
            for range in delta.context.ranges {
                for counter in range.first...range.last {
                    let id = EntityID(replica: range.replica, number: counter)
                    if delta.rows.row(of: id) != nil { continue }
                    guard let row = rows.row(of: id) else { continue }
                    removeRow(at: row)
                    changed.append(id)
                }
            }
        } else {
            let deleted = rows.indices.map { rows[$0].id }.filter {
                delta.context.contains($0.dot) && delta.rows.row(of: $0) == nil
            }
            for id in deleted { if let row = rows.row(of: id) { removeRow(at: row) } }
            changed += deleted
        }
    }

    private mutating func joinRows(of delta: Lattice, into changed: inout [EntityID]) {
        changed.reserveCapacity(changed.count + delta.rows.count)
        if delta.rows.count < Self.fewRows {
            for their in delta.rows.indices {
                let mine = rows.row(of: delta.rows[their].id) ?? -1
                joinRow(mine, with: their, of: delta, into: &changed)
            }
            return
        }
        var start = 0
        while start < delta.rows.count {
            // A delta has an id once, so the rows that are found stay where they are.
            let batch = rows.find(delta.rows, from: start)
            rows.joinAlike(batch, of: delta.rows, into: &changed)
            for i in batch.unlike {
                joinRow(Int(batch.rows[i]), with: start + i, of: delta, into: &changed)
            }
            start += batch.count
        }
    }

    /// So few are not worth a batch.
    private static let fewRows = 8

    /// Joins a row of a delta into the one here; -1 when there is none.
    private mutating func joinRow(
        _ mine: Int, with their: Int, of delta: Lattice, into changed: inout [EntityID]
    ) {
        let id = delta.rows[their].id
        let isBorn = delta.rows[their].state.life != nil
        if mine < 0 {
            // Seen here before and gone: deleted, whatever is said of it now.
            if context.contains(id.dot) { return }
            rows.append(id, delta.rows[their].state)
            if isBorn { entityCount += 1 }
        } else {
            if isBorn, rows[mine].state.life == nil { entityCount += 1 }
            guard rows[mine].state.join(delta.rows[their].state) else { return }
        }
        changed.append(id)
    }

    /// Removes a row and keeps count of the living.
    mutating func removeRow(at row: Int) {
        if rows[row].state.life != nil { entityCount -= 1 }
        rows.remove(at: row)
    }
}
