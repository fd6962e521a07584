// What an edit becomes, by the policy of its field. The door has let it in, so what does not fit the
// policy changes nothing.

import CairnBasics
import CairnCRDT
import CairnWorld

extension WorldServer {
    /// Sets a field of an entity, or offers it a value; see `Intent.set`.
    mutating func set(
        _ id: EntityID, _ field: FieldID, _ value: Scalar, wallMilliseconds: UInt64
    ) {
        switch (policy(of: field, of: id), value) {
        case (.latest, _):
            commit(author.set(id, field, value, wallMilliseconds: wallMilliseconds))
        case (.maximum, .integer(let number)):
            commit(author.raise(id, field, to: number, in: world.lattice))
        case (.minimum, .integer(let number)):
            commit(author.lower(id, field, to: number, in: world.lattice))
        case (.multiValue, _): commit(author.write(id, field, value, in: world.lattice))
        case (.attachment, .entity(let parent)):
            let delta = author.attach(
                id, field, to: parent == .none ? nil : parent, in: world.lattice,
                wallMilliseconds: wallMilliseconds)
            if let delta { commit(delta) }
        default: return
        }
    }

    /// Adds to a counter, or takes from it; see `Intent.add`.
    mutating func add(_ id: EntityID, _ field: FieldID, _ amount: Int64) {
        switch policy(of: field, of: id) {
        case .counter: commit(author.add(id, field, amount, in: world.lattice))
        case .bounded where amount < 0: take(amount.magnitude, from: id, field)
        case .bounded:
            commit(author.grant(id, field, amount.magnitude, in: world.lattice))
        default: return
        }
    }

    private func policy(of field: FieldID, of id: EntityID) -> FieldPolicy? {
        guard let kind = world.lattice[id]?.life?.kind else { return nil }
        return description.field(field, of: kind)?.policy
    }
}
