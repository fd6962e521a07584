// What an intent will make of a field, by the same edits as the server's author makes: written here by
// a replica that exists nowhere, into a state that nobody merges from.

import CairnBasics
import CairnCRDT
import CairnWorld

extension Intent {
    /// The field's state after this edit; the state itself where the edit does not fit the field.
    /// - Complexity: O(size of the state)
    func foreseen(on state: FieldState?, by rules: FieldDescription) -> FieldState? {
        let id = EntityID(createdBy: 1)
        var lattice = state.map { Lattice(edited: id, rules.id, $0) } ?? Lattice()
        let clock = HybridClock(replica: .handles, notBefore: lattice.newestTime)
        var author = Author(replica: .handles, clock: clock)
        guard let delta = edit(of: id, rules, by: &author, in: lattice) else { return state }
        lattice.join(delta)
        return lattice[id]?[rules.id] ?? state
    }

    /// Nil where the edit does not go with the policy, or the value is none that a field can hold.
    private func edit(
        of id: EntityID, _ rules: FieldDescription, by author: inout Author, in lattice: Lattice
    ) -> Lattice? {
        switch (rules.policy, self) {
        case (.latest, .set(_, let field, let value)):
            guard let value = value.canonical else { return nil }
            return author.set(id, field, value, wallMilliseconds: 0)
        case (.maximum, .set(_, let field, .integer(let number))):
            return author.raise(id, field, to: number, in: lattice)
        case (.minimum, .set(_, let field, .integer(let number))):
            return author.lower(id, field, to: number, in: lattice)
        case (.multiValue, .set(_, let field, let value)):
            guard let value = value.canonical else { return nil }
            return author.write(id, field, value, in: lattice)
        case (.attachment, .set(_, let field, .entity(let parent))):
            guard parent == .none || parent.number > 0 else { return nil }
            return author.attach(
                id, field, to: parent == .none ? nil : parent, in: lattice, wallMilliseconds: 0)
        case (.counter, .add(_, let field, let amount)):
            return author.add(id, field, amount, in: lattice)
        case (.bounded, .add(_, let field, let amount)):
            let counter = lattice[id]?[field]?.bounded
            if let foreseen = counter?.foreseeing(amount) {
                return Lattice(edited: id, field, .bounded(foreseen))
            }
            return amount > 0
                ? author.grant(id, field, amount.magnitude, in: lattice) : nil
        case (.set, .insert(_, let field, let element)):
            guard let element = element.canonical else { return nil }
            return author.insert(id, field, element, in: lattice)
        case (.set, .remove(_, let field, let element)):
            return author.remove(id, field, element, in: lattice)
        case (.map, .put(_, let field, let key, let value)):
            guard let value = value.canonical,
                key.utf8.count <= AddWinsMap.maximumKeyByteCount
            else { return nil }
            return author.put(id, field, key: key, value, in: lattice, wallMilliseconds: 0)
        case (.map, .removeKey(_, let field, let key)):
            return author.removeKey(id, field, key, in: lattice)
        default: return nil
        }
    }
}
