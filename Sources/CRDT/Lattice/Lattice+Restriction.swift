// Parts of a state that are deltas in their own right: joined into any older copy of the same state
// they bring the named entities up to date, removals and deletion included, and touch nothing else.
// That works because every field carries its own context.
//
// A receiver that keeps a partial copy forgets what it no longer follows. Forgetting is the one step
// that goes down in the order, so it is for copies that nobody merges from.

public import CairnBasics

extension Lattice {
    /// The delta that brings one entity up to date.
    ///
    /// - Parameter fields: The fields to include; nil for all.
    /// - Returns: For a living entity its life and the fields, for a deleted one its deletion, for
    ///   one that is not known nothing.
    /// - Complexity: O(size of the entity)
    public func restricted(to id: EntityID, fields: [FieldID]? = nil) -> Lattice {
        var part = Lattice()
        part.take(id, fields: fields, from: self)
        return part
    }

    /// The delta that brings the given entities up to date; an id may be given twice.
    /// - Complexity: O(size of the entities)
    public func extract(_ ids: [EntityID]) -> Lattice {
        var part = Lattice()
        for id in ids where part.rows.row(of: id) == nil { part.take(id, fields: nil, from: self) }
        return part
    }

    /// Drops an entity as if it had never been heard of, so that a part can bring it back later.
    ///
    /// For partial copies only, to keep their memory to what they follow: not a deletion, and not
    /// for a state that others join.
    /// - Complexity: O(1) expected for the row, O(ranges) for the context
    public mutating func forget(_ id: EntityID) {
        context.remove(id.dot)
        if let row = rows.row(of: id) { removeRow(at: row) }
    }

    private mutating func take(_ id: EntityID, fields: [FieldID]?, from whole: Lattice) {
        if whole.context.contains(id.dot) { context.insert(id.dot) }
        guard var state = whole[id] else { return }
        if let fields { state = state.restricted(to: fields) }
        if state.life == nil && state.fields.isEmpty { return }
        rows.append(id, state)
        if state.life != nil { entityCount += 1 }
    }
}
