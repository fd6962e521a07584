// Edits of bounded counters. Nil says that this replica lacks the rights: others may have them, and
// may hand them over.
//
// A replica is one run of a node, so rights would be stranded with every restart; `inherit` moves
// them on.

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
    public mutating func spend(
        _ id: EntityID, _ field: FieldID, _ amount: UInt64, in lattice: Lattice
    ) -> Lattice? {
        let counter = bounded(id, field, in: lattice)
        guard let delta = counter.spending(amount, of: replica) else { return nil }
        return amount > 0 ? edit(id, field, .bounded(delta), in: lattice) : Lattice()
    }

    /// Hands rights of this replica to another; nil when it has too few or is that other.
    public mutating func transfer(
        _ id: EntityID, _ field: FieldID, _ amount: UInt64, to receiver: ReplicaID,
        in lattice: Lattice
    ) -> Lattice? {
        let counter = bounded(id, field, in: lattice)
        guard let delta = counter.transferring(amount, of: replica, to: receiver) else {
            return nil
        }
        return amount > 0 ? edit(id, field, .bounded(delta), in: lattice) : Lattice()
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

    private func bounded(
        _ id: EntityID, _ field: FieldID, in lattice: Lattice
    ) -> BoundedCounter {
        current(id, field, in: lattice)?.bounded ?? BoundedCounter()
    }
}
