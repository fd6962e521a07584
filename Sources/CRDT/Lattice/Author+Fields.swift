// Edits of fields. The empty delta comes back where there is nothing to do: the entity is deleted or
// can never exist, the amount is zero, the element is not there. An entity whose creation has not arrived may be
// edited; the edit waits as an embryo.
//
// Values come from the door, which has checked them: one that is not canonical is a caller's bug.

public import CairnBasics

extension Author {
    /// Sets a latest-wins field.
    public mutating func set(
        _ id: EntityID, _ field: FieldID, _ value: Scalar, wallMilliseconds: UInt64
    ) -> Lattice {
        let stamp = clock.now(wallMilliseconds: wallMilliseconds)
        let register = LatestRegister(stamp: stamp, value: Self.admitted(value))
        return id.number > 0 ? Lattice(edited: id, field, .latest(register)) : Lattice()
    }

    /// Adds to a counter; a negative amount subtracts.
    /// - Precondition: `lattice` has joined every earlier delta of this author; so below.
    public mutating func add(
        _ id: EntityID, _ field: FieldID, _ amount: Int64, in lattice: Lattice
    ) -> Lattice {
        let counter = current(id, field, in: lattice)?.counter ?? Counter()
        guard amount != 0 else { return Lattice() }
        return edit(id, field, .counter(counter.adding(amount, by: replica)), in: lattice)
    }

    /// Adds an element to a set.
    public mutating func insert(
        _ id: EntityID, _ field: FieldID, _ element: Scalar, in lattice: Lattice
    ) -> Lattice {
        let set = current(id, field, in: lattice)?.set ?? AddWinsSet()
        guard let dot = nextDot(after: set.store.context) else { return Lattice() }
        return edit(id, field, .set(set.inserting(Self.admitted(element), by: dot)), in: lattice)
    }

    /// Removes an element from a set, as far as its additions have been seen.
    public mutating func remove(
        _ id: EntityID, _ field: FieldID, _ element: Scalar, in lattice: Lattice
    ) -> Lattice {
        guard let set = current(id, field, in: lattice)?.set else { return Lattice() }
        guard set.contains(element) else { return Lattice() }
        return edit(id, field, .set(set.removing(element)), in: lattice)
    }

    /// Puts a value at a key of a map.
    /// - Precondition: The key has at most `AddWinsMap.maximumKeyByteCount` bytes.
    public mutating func put(
        _ id: EntityID, _ field: FieldID, key: String, _ value: Scalar, in lattice: Lattice,
        wallMilliseconds: UInt64
    ) -> Lattice {
        precondition(key.utf8.count <= AddWinsMap.maximumKeyByteCount, "the map key is too long")
        let map = current(id, field, in: lattice)?.map ?? AddWinsMap()
        guard let dot = nextDot(after: map.store.context) else { return Lattice() }
        let stamp = clock.now(wallMilliseconds: wallMilliseconds)
        let register = LatestRegister(stamp: stamp, value: Self.admitted(value))
        return edit(id, field, .map(map.putting(register, at: key, by: dot)), in: lattice)
    }

    /// Removes a key from a map, as far as its puts have been seen.
    public mutating func removeKey(
        _ id: EntityID, _ field: FieldID, _ key: String, in lattice: Lattice
    ) -> Lattice {
        guard let map = current(id, field, in: lattice)?.map else { return Lattice() }
        guard map[key] != nil else { return Lattice() }
        return edit(id, field, .map(map.removing(key)), in: lattice)
    }

    /// What the field holds now, after the check that this author's edits have all been joined.
    private func current(
        _ id: EntityID, _ field: FieldID, in lattice: Lattice
    ) -> FieldState? {
        if let lastEdit {
            let joined =
                lattice.isDeleted(lastEdit.id)
                || lattice[lastEdit.id]?[lastEdit.field]?.covers(lastEdit.delta, of: replica)
                    ?? false
            precondition(joined, "join an author's delta before the next edit")
        }
        return lattice[id]?[field]
    }

    private mutating func edit(
        _ id: EntityID, _ field: FieldID, _ delta: FieldState, in lattice: Lattice
    ) -> Lattice {
        if lattice.isDeleted(id) || id.number == 0 { return Lattice() }
        lastEdit = Edit(id: id, field: field, delta: delta)
        return Lattice(edited: id, field, delta)
    }

    /// The next event of this replica in a field; nil when 2^32 have been seen, which only happens
    /// if somebody else used this replica's name.
    private func nextDot(after context: CausalContext) -> Dot? {
        let (counter, overflow) = context.lastCounter(of: replica).addingReportingOverflow(1)
        return overflow ? nil : Dot(replica: replica, counter: counter)
    }

    private static func admitted(_ value: Scalar) -> Scalar {
        guard let canonical = value.canonical else {
            preconditionFailure("the door lets canonical scalars in only")
        }
        return canonical
    }
}

extension FieldState {
    /// True when this state has joined `delta`, an edit by `replica`.
    fileprivate func covers(_ delta: FieldState, of replica: ReplicaID) -> Bool {
        switch (self, delta) {
        case (.counter(let state), .counter(let delta)):
            let mine = state.tally(of: replica)
            let written = delta.tally(of: replica)
            return mine.added >= written.added && mine.subtracted >= written.subtracted
        case (.set(let state), .set(let delta)):
            return state.store.context.lastCounter(of: replica)
                >= delta.store.context.lastCounter(of: replica)
        case (.map(let state), .map(let delta)):
            return state.store.context.lastCounter(of: replica)
                >= delta.store.context.lastCounter(of: replica)
        default:
            return delta.isReplaced(by: self)
        }
    }
}
