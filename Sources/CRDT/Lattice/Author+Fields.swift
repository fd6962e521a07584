// Edits of the fields that add, collect and overwrite. The empty delta comes back where there is nothing to do: the entity is deleted or
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
}
