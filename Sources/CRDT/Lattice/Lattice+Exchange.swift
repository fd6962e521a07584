// What two replicas that compare notes tell each other (anti-entropy).
//
// One rule holds for everything that is sent: a context must never cover a living entity that is not
// in the same delta, since whoever joins it would take that entity for deleted. So when entities
// are left out for want of room, their ids come out of the context as well.

public import CairnBasics

extension Lattice {
    /// What a replica that has seen `seen` of the given ids lacks of them: the living as they are,
    /// the dead as deletions.
    ///
    /// - Parameter rowLimit: how many living entities to include at most, lowest ids first; the
    ///   rest is still lacking when the other asks again.
    /// - Complexity: O(entities + ranges), and the rows that are lacking sorted
    public func lacking(
        in seen: CausalContext, of ids: ClosedRange<EntityID>, rowLimit: Int
    ) -> Lattice {
        let unseen = context.clipped(to: ids).subtracting(seen)
        guard !unseen.isEmpty else { return Lattice() }
        let living = rows.indices
            .filter { rows[$0].state.life != nil && unseen.contains(rows[$0].id.dot) }
            .sorted { rows[$0].id < rows[$1].id }
        var leftOut = CausalContext()
        for row in living.dropFirst(rowLimit) { leftOut.insert(rows[row].id.dot) }
        var delta = Lattice()
        delta.context = leftOut.isEmpty ? unseen : unseen.subtracting(leftOut)
        for row in living.prefix(rowLimit) {
            delta.rows.append(rows[row].id, rows[row].state)
            delta.entityCount += 1
        }
        return delta
    }

    /// A digest of what is known of one entity, embryos included: equal states have equal digests.
    /// Nil when there is no row.
    /// - Complexity: O(size of the entity)
    public func digest(of id: EntityID) -> UInt64? {
        guard let row = rows.row(of: id) else { return nil }
        var digest = StateDigest()
        digest.combine(rows[row].state.encoded.rawBytes)
        return digest.value
    }

    /// The ids of all rows, embryos included, ascending.
    /// - Complexity: O(n log n)
    public var sortedRowIDs: [EntityID] { rows.rows.map(\.id).sorted() }

    /// Every entity that is created, edited or deleted in here.
    /// - Complexity: O(rows + ranges)
    public var names: CausalContext {
        var names = context
        for row in rows.rows where row.id.number > 0 { names.insert(row.id.dot) }
        return names
    }

    /// This delta without anything that it says of the given entities.
    /// - Complexity: O(rows + ranges)
    public func without(_ ids: CausalContext) -> Lattice {
        var rest = Lattice()
        rest.context = context.subtracting(ids)
        for row in rows.rows where !ids.contains(row.id.dot) {
            rest.rows.append(row.id, row.state)
            if row.state.life != nil { rest.entityCount += 1 }
        }
        return rest
    }

    /// The deletions in this delta, without its rows.
    /// - Complexity: O(rows + ranges)
    public var deletions: Lattice {
        var living = CausalContext()
        for row in rows.sortedRows where rows[row].state.life != nil {
            living.insert(rows[row].id.dot)
        }
        var deletions = Lattice()
        deletions.context = context.subtracting(living)
        return deletions
    }

    /// The oldest time stamped anywhere in here; nil when there is no stamp.
    /// - Complexity: O(n)
    public var oldestTime: HybridTime? {
        var oldest: HybridTime?
        for row in rows.rows {
            let state = row.state
            var times = state.fields.compactMap(\.state.oldestTime)
            if let life = state.life { times.append(life.created) }
            for time in times { oldest = min(oldest ?? time, time) }
        }
        return oldest
    }
}

extension FieldState {
    /// The oldest time stamped in this state; nil when it has no stamps.
    fileprivate var oldestTime: HybridTime? {
        switch self {
        case .latest(let register): register.stamp.time
        case .attachment(let attachment): attachment.stamp.time
        case .map(let map): map.store.items.map(\.register.stamp.time).min()
        case .counter, .set, .maximum, .minimum, .multiValue, .bounded: nil
        }
    }
}

extension EntityState {
    /// The canonical encoding as an array.
    var encoded: [UInt8] {
        encodeBytes(growingFrom: 256) { (writer) throws(CodecError) in
            try encode(into: &writer)
        }
    }
}
