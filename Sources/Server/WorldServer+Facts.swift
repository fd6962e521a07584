// What the door is told: entities as the world has them, or as a draft would leave them.

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

extension WorldServer {
    /// A draft of all that an intent names.
    func draft(for intent: Intent) -> Draft {
        var ids: [EntityID] = []
        for part in intent.parts {
            if let subject = part.subject { ids.append(subject) }
            ids += part.others
        }
        return author.draft(touching: ids, in: world.lattice)
    }

    /// What the door must know of the entity that an intent is about.
    func facts(
        for intent: Intent, by actor: Actor, in draft: borrowing Draft
    ) -> EntityFacts? {
        guard let id = intent.subject, var facts = facts(of: id, by: actor, in: draft) else {
            return nil
        }
        let state = draft.lattice[id]
        if case .set(_, let field, .entity(let parent)) = intent,
            description.field(field, of: facts.kind)?.policy == .attachment
        {
            facts.attachment = world.attachmentFacts(of: id, field, to: parent)
        }
        switch intent {
        case .share(_, let identity):
            facts.elementCount = state?.keepers.count ?? 0
            facts.holdsElement = state?.isKept(by: identity) ?? false
        default:
            if let field = intent.field, let state = state?[field] {
                facts.take(state, for: intent, on: author.replica)
            }
        }
        return facts
    }

    /// An entity of the world; nil for one that has no place in it, or would be gone by now.
    func facts(
        of id: EntityID, by actor: Actor, in draft: borrowing Draft
    ) -> EntityFacts? {
        guard let row = world.table.row(of: id), let state = draft.lattice[id], state.life != nil
        else { return nil }
        let holder = holder(of: id, in: draft)
        let place = place(of: id, row: row, heldBy: holder, in: draft)
        var facts = EntityFacts(
            id: id, kind: world.table.kinds[row], owner: state.owner,
            position: self.place(row: row, now: place, for: actor),
            isKept: state.isKept(by: actor.identity), holder: holder ?? .none)
        if let role = description.kind(facts.kind)?.role, role != .object {
            facts.load = load(of: id, in: draft)
        }
        return facts
    }

    /// Where an entity would be: with its carrier, where it was put, or where it is.
    private func place(
        of id: EntityID, row: Int, heldBy holder: EntityID?, in draft: borrowing Draft
    ) -> Position {
        if let holder, let place = world.motion(of: holder)?.position { return place }
        guard let edited = draft.delta[id], case .bytes(let bytes)? = edited.latest(.placement)
        else { return world.table.motions[row].position }
        return Motion(restingBytes: bytes)?.position ?? world.table.motions[row].position
    }

    /// The living body that would carry a thing.
    private func holder(of thing: EntityID, in draft: borrowing Draft) -> EntityID? {
        guard let holder = draft.lattice[thing]?.writtenHolder, world.table.row(of: holder) != nil
        else { return nil }
        return holder
    }

    /// How many things a body would carry.
    /// - Complexity: O(things carried by anybody)
    func load(of body: EntityID, in draft: borrowing Draft) -> Int {
        var load = 0
        for entry in world.carried where entry.holder == body {
            if !draft.entities.contains(entry.thing) { load += 1 }
        }
        for thing in draft.entities where draft.lattice[thing]?.writtenHolder == body { load += 1 }
        return load
    }
}

extension EntityFacts {
    /// What the field holds that an edit is about.
    fileprivate mutating func take(
        _ state: FieldState, for intent: Intent, on replica: ReplicaID
    ) {
        switch (state, intent) {
        case (.set(let set), .insert(_, _, let element)),
            (.set(let set), .remove(_, _, let element)):
            elementCount = set.count
            holdsElement = set.contains(element)
        case (.map(let map), .put(_, _, let key, _)), (.map(let map), .removeKey(_, _, let key)):
            elementCount = map.count
            holdsElement = map[key] != nil
        case (.counter(let counter), _): counterValue = counter.value
        case (.bounded(let counter), _):
            counterValue = Int64(clamping: counter.aboveBound)
            rights = counter.inheritableRights(of: replica)
        default: break
        }
    }
}
