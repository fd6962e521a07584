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
    /// - Complexity: O(m log m) for a delta that names m ids, and what the fields' joins take.
    @discardableResult public mutating func join(_ delta: Lattice) -> [EntityID] {
        var changed: [EntityID] = []
        removeDeleted(by: delta, into: &changed)
        // A delta has an id once, so the rows that are found stay where they are.
        let found = rows.rows(of: delta.rows.ids)
        changed.reserveCapacity(changed.count + found.count)
        for (their, mine) in found.enumerated() {
            let isNews = mine < 0 ? append(their, of: delta) : joinRow(mine, with: their, of: delta)
            if isNews { changed.append(delta.rows.ids[their]) }
        }
        context.join(delta.context)
        changed.sort()
        return changed
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
            for id in rows.ids where delta.context.contains(id.dot) {
                if delta.rows.row(of: id) != nil { continue }
                guard let row = rows.row(of: id) else { continue }
                removeRow(at: row)
                changed.append(id)
            }
        }
    }

    /// Takes over a row of a delta that has none here.
    private mutating func append(_ row: Int, of delta: Lattice) -> Bool {
        let id = delta.rows.ids[row]
        // Seen here before and gone: deleted, whatever is said of it now.
        if context.contains(id.dot) { return false }
        rows.append(id, delta.rows.states[row])
        if delta.rows.states[row].life != nil { entityCount += 1 }
        return true
    }

    /// Joins a row of a delta into one here.
    private mutating func joinRow(_ mine: Int, with theirs: Int, of delta: Lattice) -> Bool {
        var changed = rows.states[mine].joinFields(delta.rows.states[theirs])
        if let life = delta.rows.states[theirs].life {
            let known = rows.states[mine].life
            if known == nil { entityCount += 1 }
            if known.map({ $0 < life }) ?? true {
                rows.states[mine].life = life
                changed = true
            }
        }
        return changed
    }

    /// Removes a row and keeps count of the living.
    mutating func removeRow(at row: Int) {
        if rows.states[row].life != nil { entityCount -= 1 }
        rows.remove(at: row)
    }
}
