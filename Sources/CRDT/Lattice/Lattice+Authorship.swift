// A replica has joined all it ever wrote, so nobody can teach it anything about itself. Whoever tries
// writes in its name: an attacker, or a second node that runs on a copy of its data. Joining that
// would use its dots a second time, and one of two edits would be lost everywhere.

public import CairnBasics

extension Lattice {
    /// True when joining this delta would teach `known` anything that `replica`, or a later boot of
    /// its node, has written.
    ///
    /// - Parameter known: a state that has joined every delta of that replica's author.
    /// - Complexity: O(size of the delta)
    public func teaches(_ known: Lattice, about replica: ReplicaID) -> Bool {
        let lastBoot = ReplicaID(raw: replica.raw | 0xff_ffff)
        let own = replica...lastBoot
        let ownIDs =
            EntityID(replica: replica, number: 0)...EntityID(replica: lastBoot, number: .max)
        if !context.clipped(to: ownIDs).subtracting(known.context).isEmpty { return true }
        for row in rows.rows where !known.isDeleted(row.id) {
            let (id, state) = (row.id, row.state)
            let mine = known[id]
            if own.contains(id.replica) {
                guard let life = mine?.life else { return true }
                if let told = state.life, life < told { return true }
            }
            for field in state.fields where field.state.teaches(mine?[field.id], about: own) {
                return true
            }
        }
        return false
    }
}

extension FieldState {
    fileprivate func teaches(_ known: FieldState?, about own: ClosedRange<ReplicaID>) -> Bool {
        switch self {
        case .latest(let told):
            guard own.contains(told.stamp.replica) else { return false }
            return known?.latest?.isReplaced(by: told) ?? true
        case .attachment(let told):
            guard own.contains(told.stamp.replica) else { return false }
            return known?.attachment.map { $0 < told } ?? true
        case .counter(let told):
            return told.tallies.contains { tally in
                guard own.contains(tally.replica) else { return false }
                let mine = known?.counter?.tally(of: tally.replica)
                return tally.added > mine?.added ?? 0
                    || tally.subtracted > mine?.subtracted ?? 0
            }
        case .bounded(let told):
            return told.accounts.contains { account in
                guard own.contains(account.replica) else { return false }
                var mine =
                    known?.bounded?.account(of: account.replica)
                    ?? BoundedCounter.Account(replica: account.replica)
                return mine.join(account)
            }
        case .set(let told):
            return told.store.teaches(known?.set?.store.context, about: own)
        case .multiValue(let told):
            return told.store.teaches(known?.multiValue?.store.context, about: own)
        case .map(let told):
            return told.store.teaches(known?.map?.store.context, about: own)
                || told.store.items.contains { entry in
                    guard own.contains(entry.dot.replica) else { return false }
                    let mine = known?.map?.store.items.first { $0.dot == entry.dot }
                    return mine?.register.isReplaced(by: entry.register) ?? false
                }
        // Nobody signs what is only the largest or the smallest of all that were said.
        case .maximum, .minimum: return false
        }
    }
}

extension DottedStore {
    fileprivate func teaches(
        _ known: CausalContext?, about own: ClosedRange<ReplicaID>
    ) -> Bool {
        let ids =
            EntityID(
                replica: own.lowerBound, number: 0)...EntityID(
                replica: own.upperBound, number: .max)
        return !context.clipped(to: ids).subtracting(known ?? CausalContext()).isEmpty
    }
}
