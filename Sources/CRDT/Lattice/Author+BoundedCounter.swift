// Edits of bounded counters. Nil says that this replica lacks the rights: others may have them, and
// may hand them over.
//
// A replica is one run of a node, so rights would be stranded with every restart; `inherit` moves
// them on, all at once or as far as an edit needs them.

public import CairnBasics

extension Author {
    /// Raises a bounded counter; this replica gets the rights to lower it again.
    /// - Precondition: `lattice` has joined every earlier delta of this author; so below.
    public mutating func grant(
        _ id: EntityID, _ field: FieldID, _ amount: UInt64, in lattice: Lattice
    ) -> Lattice {
        let counter = bounded(id, field, in: lattice)
        guard amount > 0 else { return Lattice() }
        return edit(id, field, .bounded(counter.granting(amount, to: replica)), in: lattice)
    }

    /// Lowers a bounded counter by rights of this replica; nil when it has too few.
    ///
    /// - Parameter inheriting: whether it first takes over what earlier boots of its node still
    ///   have, where it lacks rights itself; see `inherit` for when it may.
    public mutating func spend(
        _ id: EntityID, _ field: FieldID, _ amount: UInt64, inheriting: Bool = false,
        in lattice: Lattice
    ) -> Lattice? {
        let replica = replica
        return use(amount, of: id, field, inheriting, in: lattice) {
            $0.spending(amount, of: replica)
        }
    }

    /// Hands rights of this replica to another; nil when it has too few or is that other.
    public mutating func transfer(
        _ id: EntityID, _ field: FieldID, _ amount: UInt64, to receiver: ReplicaID,
        inheriting: Bool = false, in lattice: Lattice
    ) -> Lattice? {
        let replica = replica
        return use(amount, of: id, field, inheriting, in: lattice) {
            $0.transferring(amount, of: replica, to: receiver)
        }
    }

    /// Takes over the rights that earlier boots of this replica's node still have.
    ///
    /// Writes their last will, so nobody else may: they must have stopped, and all that they ever
    /// let out must be in `lattice`. A node that journals before it tells has it after a restart;
    /// one that does not could spend a second time what it spent before the crash.
    public mutating func inherit(
        _ id: EntityID, _ field: FieldID, in lattice: Lattice
    ) -> Lattice {
        let delta = bounded(id, field, in: lattice).bequeathing(to: replica)
        guard !delta.accounts.isEmpty else { return Lattice() }
        return edit(id, field, .bounded(delta), in: lattice)
    }

    /// An edit by rights of this replica, after an inheritance where that is wanted and needed: one
    /// delta, so that nobody hears of half of it.
    private mutating func use(
        _ amount: UInt64, of id: EntityID, _ field: FieldID, _ inheriting: Bool,
        in lattice: Lattice, _ edit: (BoundedCounter) -> BoundedCounter?
    ) -> Lattice? {
        var counter = bounded(id, field, in: lattice)
        var delta = BoundedCounter()
        if inheriting, counter.rights(of: replica) < amount {
            delta = counter.bequeathing(to: replica)
            _ = counter.join(delta)
        }
        guard let use = edit(counter) else { return nil }
        _ = delta.join(use)
        return amount > 0 ? self.edit(id, field, .bounded(delta), in: lattice) : Lattice()
    }

    private func bounded(
        _ id: EntityID, _ field: FieldID, in lattice: Lattice
    ) -> BoundedCounter {
        current(id, field, in: lattice)?.bounded ?? BoundedCounter()
    }
}
