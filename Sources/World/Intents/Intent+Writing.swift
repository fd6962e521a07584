// What an edit of one field becomes, by the field's policy: the only place that knows. A server writes
// with its replica's author; whoever foresees what a server will write does it with one of its own.

import CairnBasics
public import CairnCRDT

extension Intent {
    /// The delta of an edit that the door has let in.
    ///
    /// A bounded counter is taken from by rights of the author's replica and, where it has too few,
    /// of its node's earlier boots; see `Author.inherit` for why that is safe after a restart.
    ///
    /// - Parameter rules: the field's.
    /// - Returns: Nil where the edit does not go with the policy or its value is none that a field
    ///   can hold, where rights are lacking, and where the entity would hang on itself.
    /// - Complexity: O(size of the field)
    public func written(
        by author: inout Author, under rules: FieldDescription, in lattice: Lattice,
        wallMilliseconds: UInt64
    ) -> Lattice? {
        switch self {
        case .set(let id, let field, let value):
            guard let value = value.canonical else { return nil }
            return Self.set(
                id, field, value, rules.policy, by: &author, in: lattice, wallMilliseconds)
        case .add(let id, let field, let amount):
            switch rules.policy {
            case .counter: return author.add(id, field, amount, in: lattice)
            case .bounded where amount < 0:
                return author.spend(id, field, amount.magnitude, inheriting: true, in: lattice)
            case .bounded: return author.grant(id, field, amount.magnitude, in: lattice)
            default: return nil
            }
        case .insert(let id, let field, let element) where rules.policy == .set:
            guard let element = element.canonical else { return nil }
            return author.insert(id, field, element, in: lattice)
        case .remove(let id, let field, let element) where rules.policy == .set:
            guard let element = element.canonical else { return nil }
            return author.remove(id, field, element, in: lattice)
        case .put(let id, let field, let key, let value) where rules.policy == .map:
            guard let value = value.canonical,
                key.utf8.count <= AddWinsMap.maximumKeyByteCount
            else { return nil }
            return author.put(
                id, field, key: key, value, in: lattice, wallMilliseconds: wallMilliseconds)
        case .removeKey(let id, let field, let key) where rules.policy == .map:
            return author.removeKey(id, field, key, in: lattice)
        default: return nil
        }
    }

    private static func set(
        _ id: EntityID, _ field: FieldID, _ value: Scalar, _ policy: FieldPolicy,
        by author: inout Author, in lattice: Lattice, _ wallMilliseconds: UInt64
    ) -> Lattice? {
        switch (policy, value) {
        case (.latest, _):
            return author.set(id, field, value, wallMilliseconds: wallMilliseconds)
        case (.maximum, .integer(let number)):
            return author.raise(id, field, to: number, in: lattice)
        case (.minimum, .integer(let number)):
            return author.lower(id, field, to: number, in: lattice)
        case (.multiValue, _): return author.write(id, field, value, in: lattice)
        case (.attachment, .entity(let parent)):
            guard parent == .none || parent.number > 0 else { return nil }
            return author.attach(
                id, field, to: parent == .none ? nil : parent, in: lattice,
                wallMilliseconds: wallMilliseconds)
        default: return nil
        }
    }
}
