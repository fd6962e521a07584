// Edits of the registers other than latest-wins, and of attachments.

public import CairnBasics

extension Author {
    /// Raises a maximum register; nothing to do when it is as large already.
    public func raise(
        _ id: EntityID, _ field: FieldID, to value: Int64, in lattice: Lattice
    ) -> Lattice {
        if let held = lattice[id]?[field]?.maximum, held.value >= value { return Lattice() }
        return edited(id, field, .maximum(MaximumRegister(value)), in: lattice)
    }

    /// Lowers a minimum register; nothing to do when it is as small already.
    public func lower(
        _ id: EntityID, _ field: FieldID, to value: Int64, in lattice: Lattice
    ) -> Lattice {
        if let held = lattice[id]?[field]?.minimum, held.value <= value { return Lattice() }
        return edited(id, field, .minimum(MinimumRegister(value)), in: lattice)
    }

    /// Writes a multi-value register, in place of every value that is in it here.
    /// - Precondition: `lattice` has joined every earlier delta of this author.
    public mutating func write(
        _ id: EntityID, _ field: FieldID, _ value: Scalar, in lattice: Lattice
    ) -> Lattice {
        let register = current(id, field, in: lattice)?.multiValue ?? MultiValueRegister()
        guard let dot = nextDot(after: register.store.context) else { return Lattice() }
        let delta = register.writing(Self.admitted(value), by: dot)
        return edit(id, field, .multiValue(delta), in: lattice)
    }

    /// Attaches an entity to a parent, or to nothing.
    ///
    /// - Returns: Nil when the entity would come to hang on itself, as far as is known here. What
    ///   is moved elsewhere at the same time may still close a circle; see `Attachment`.
    /// - Complexity: O(depth)
    public mutating func attach(
        _ id: EntityID, _ field: FieldID, to parent: EntityID?, in lattice: Lattice,
        wallMilliseconds: UInt64
    ) -> Lattice? {
        if let parent, lattice.wouldHangOnItself(id, attachedTo: parent, field) { return nil }
        let stamp = clock.now(wallMilliseconds: wallMilliseconds)
        return edited(
            id, field, .attachment(Attachment(stamp: stamp, parent: parent)), in: lattice)
    }

    private func edited(
        _ id: EntityID, _ field: FieldID, _ delta: FieldState, in lattice: Lattice
    ) -> Lattice {
        lattice.isDeleted(id) || id.number == 0 ? Lattice() : Lattice(edited: id, field, delta)
    }
}
