// The table follows the lattice: what is created stands, what is deleted goes,
// what is edited is news.

public import CairnBasics
public import CairnCRDT
import CairnGeometry

extension WorldState {
    /// Joins a delta and lets the table and the hash follow: what was created stands at its
    /// placement, what was deleted is gone, what was placed anew has moved, and every changed field
    /// has a new version in its page.
    ///
    /// - Returns: The ids whose state changed, ascending, each once.
    /// - Complexity: that of the join, and O(fields) for every entity that changed.
    @discardableResult public mutating func apply(_ delta: Lattice) -> [EntityID] {
        let changed = lattice.join(delta)
        for id in changed { follow(id, delta) }
        return changed
    }

    private mutating func follow(_ id: EntityID, _ delta: Lattice) {
        let row = table.row(of: id)
        guard let state = lattice[id], let life = state.life else {
            if let row { remove(row: row) } else { ledgers.remove(id) }
            attachments.forget(id)
            return
        }
        // What is kept for sessions stands nowhere and is told to nobody.
        guard life.kind != .ledger else { return ledgers.insert(id, of: life.owner) }
        guard let row else {
            add(id, life, state)
            return
        }
        var isPlaced = false
        for field in delta[id]?.fields ?? [] {
            if field.id == .placement {
                // Peers tell placements again; what has moved since must not go back to one.
                let stamp = state[.placement]?.latest?.stamp
                guard stamp != table.placedAt[row] else { continue }
                table.placedAt[row] = stamp
                isPlaced = true
            } else if let whole = state[field.id] {
                noteChange(of: field.id, whole, row: row)
                noteAttachment(of: id, field.id, whole)
            }
            if field.id == .holder {
                followHolder(of: id, state)
                // Out of somebody's hands a thing stands where it was put last.
                isPlaced = isPlaced || state.writtenHolder == nil
            }
        }
        if isPlaced, let motion = Self.placement(in: state) { move(row: row, to: motion) }
        recount(row: row, state)
    }

    /// Counts an entity anew after its fields have changed.
    private mutating func recount(row: Int, _ state: EntityState) {
        count(row: row, -1)
        table.owners[row] = state.owner
        table.storedBytes[row] = state.storedByteCount
        count(row: row, 1)
    }

    /// Gives a row to an entity that has just come to life. Without a placement it stands at the
    /// origin until it has one.
    private mutating func add(_ id: EntityID, _ life: EntityLife, _ state: EntityState) {
        let motion = Self.placement(in: state) ?? Motion(position: .origin)
        let row = table.insert(id, kind: life.kind, owner: state.owner, motion: motion)
        table.placedAt[row] = state[.placement]?.latest?.stamp
        table.storedBytes[row] = state.storedByteCount
        count(row: row, 1)
        followHolder(of: id, state)
        enter(row: row, cell: hash.grid.cell(of: motion.position))
        for field in state.fields where field.id != .placement {
            noteChange(of: field.id, field.state, row: row)
            noteAttachment(of: id, field.id, field.state)
        }
    }

    private mutating func noteAttachment(
        of id: EntityID, _ field: FieldID, _ state: FieldState
    ) {
        guard case .attachment(let attachment) = state else { return }
        attachments.note(id, field, parent: attachment.written)
    }

    static func placement(in state: EntityState) -> Motion? {
        guard case .bytes(let bytes) = state.latest(.placement) else { return nil }
        return Motion(restingBytes: bytes)
    }

    /// Gives every part of a field a new version.
    private mutating func noteChange(of field: FieldID, _ state: FieldState, row: Int) {
        changeCount &+= 1
        let page = table.pages[row]
        let partCount = state.parts(ofAtMost: FieldPart.byteCount).count
        table.fieldVersions[row].removeAll { $0.part.field == field }
        for number in 0..<partCount {
            let part = FieldPart(field: field, number: UInt16(truncatingIfNeeded: number))
            table.fieldVersions[row].append(
                FieldVersion(part: part, version: hash.nextPropertyVersion(of: page)))
        }
    }
}
