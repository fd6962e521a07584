// What the edits stand on: the field as it is, the check that this author's last edit is in it, and
// the next dot. An author that wrote from a state without its own last edit would use a dot or a
// total again, and one of two edits would be lost everywhere without a trace.

import CairnBasics

extension Author {
    /// What the field holds now, after the check that this author's edits have all been joined.
    func current(
        _ id: EntityID, _ field: FieldID, in lattice: Lattice
    ) -> FieldState? {
        if let lastEdit {
            let joined =
                lattice.isDeleted(lastEdit.id)
                || lattice.field(lastEdit.field, of: lastEdit.id)?.covers(
                    lastEdit.delta, of: replica)
                    ?? false
            precondition(joined, "join an author's delta before the next edit")
        }
        return lattice.field(field, of: id)
    }

    mutating func edit(
        _ id: EntityID, _ field: FieldID, _ delta: FieldState, in lattice: Lattice
    ) -> Lattice {
        if lattice.isDeleted(id) || id.number == 0 { return Lattice() }
        lastEdit = Edit(id: id, field: field, delta: delta)
        return Lattice(edited: id, field, delta)
    }

    /// The next event of this replica in a field; nil when 2^32 have been seen, which only happens
    /// if somebody else used this replica's name.
    func nextDot(after context: CausalContext) -> Dot? {
        let (counter, overflow) = context.lastCounter(of: replica).addingReportingOverflow(1)
        return overflow ? nil : Dot(replica: replica, counter: counter)
    }

    static func admitted(_ value: Scalar) -> Scalar {
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
            return state.covers(delta, of: replica)
        case (.map(let state), .map(let delta)):
            return state.covers(delta, of: replica)
        case (.multiValue(let state), .multiValue(let delta)):
            return state.covers(delta, of: replica)
        case (.bounded(var state), .bounded(let delta)):
            return !state.join(delta)
        default:
            return delta.isReplaced(by: self)
        }
    }
}
