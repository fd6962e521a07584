// Who is written to hang on whom, the other way round than the lattice has it: what comes along when
// something is moved. Without it that would take a look at every entity there is.
//
// Follows the lattice like the table does. What is written may be dead or close a circle, so whoever
// reads here asks the lattice whether it holds. Memory follows the entities that live.

import CairnBasics

/// For every entity and field, the living entities whose field names it.
struct AttachmentIndex {
    private struct Place: Hashable {
        var entity: EntityID
        var field: FieldID
    }

    /// What each entity is written to hang on, one field or a few.
    private var parents: [EntityID: [Place]] = [:]
    /// Ascending.
    private var children: [Place: [EntityID]] = [:]

    /// The entities whose `field` names `id`, ascending.
    func children(of id: EntityID, _ field: FieldID) -> [EntityID] {
        children[Place(entity: id, field: field)] ?? []
    }

    /// Takes note of what an entity's field says now.
    /// - Complexity: O(attachments of the entity + children of both parents)
    mutating func note(_ child: EntityID, _ field: FieldID, parent: EntityID?) {
        var places = parents[child] ?? []
        if let index = places.firstIndex(where: { $0.field == field }) {
            let old = places.remove(at: index)
            guard old.entity != parent else { return }
            drop(child, from: old)
        }
        if let parent {
            let place = Place(entity: parent, field: field)
            places.append(place)
            var siblings = children[place] ?? []
            siblings.insert(child, at: siblings.partitionPoint(notBefore: child))
            children[place] = siblings
        }
        parents[child] = places.isEmpty ? nil : places
    }

    /// Forgets an entity that is gone. Those that hung on it are still written to, until they go.
    mutating func forget(_ child: EntityID) {
        for place in parents.removeValue(forKey: child) ?? [] { drop(child, from: place) }
    }

    private mutating func drop(_ child: EntityID, from place: Place) {
        children[place]?.removeAll { $0 == child }
        if children[place]?.isEmpty == true { children[place] = nil }
    }
}

extension [EntityID] {
    /// Where an id belongs in an ascending array.
    fileprivate func partitionPoint(notBefore id: EntityID) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
