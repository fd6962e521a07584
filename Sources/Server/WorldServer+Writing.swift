// What an intent that the door has let in does to shared state, written on a draft.

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

extension WorldServer {
    /// Writes one intent that is no whole.
    /// - Precondition: the door has let it in, as the draft stands.
    mutating func write(
        _ intent: Intent, by actor: Actor, into prepared: inout PreparedIntent,
        wallMilliseconds: UInt64
    ) throws(Refusal) {
        switch intent {
        case .create(let kind, let motion, let name):
            let (id, delta) = author.created(
                kind, owner: actor.identity, motion: motion, name: name,
                wallMilliseconds: wallMilliseconds)
            prepared.draft.add(delta)
            prepared.created.append(id)
        case .say(let text): prepared.speech = (text, listeners(of: actor))
        case .delete(let id):
            prepared.draft.add(author.delete(id, in: prepared.draft.lattice))
        case .set, .add, .insert, .remove, .put, .removeKey:
            writeEdit(intent, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
        case .place(let id, let motion), .putDown(let id, let motion):
            hand(id, to: .none, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
            prepared.draft.add(
                author.set(
                    id, .placement, .bytes(motion.restingBytes),
                    wallMilliseconds: wallMilliseconds))
        case .pickUp(let id):
            hand(id, to: actor.entity, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
        case .give(let id, let receiver):
            hand(id, to: receiver, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
        case .trade:
            writeTrade(by: actor, into: &prepared, wallMilliseconds: wallMilliseconds)
        case .share(let id, let identity):
            prepared.draft.add(
                author.insert(
                    id, .keepers, .integer(Int64(identity)), in: prepared.draft.lattice))
        case .unshare(let id, let identity):
            prepared.draft.add(
                author.remove(
                    id, .keepers, .integer(Int64(clamping: identity)), in: prepared.draft.lattice))
        case .handOver(let id, let identity):
            own(id, identity, into: &prepared.draft, wallMilliseconds: wallMilliseconds)
        case .all: return  // Its parts come one by one.
        }
    }

    /// Writes an edit of one field by its policy; nothing happens where that cannot be.
    private mutating func writeEdit(
        _ intent: Intent, into draft: inout Draft, wallMilliseconds: UInt64
    ) {
        guard
            let delta = written(intent, upon: draft.lattice, wallMilliseconds: wallMilliseconds)
        else { return }
        draft.add(delta)
    }

    /// Edits one field at once, for the world file's own things.
    mutating func edit(_ intent: Intent, wallMilliseconds: UInt64) {
        guard let delta = written(intent, upon: world.lattice, wallMilliseconds: wallMilliseconds)
        else { return }
        commit(delta)
    }

    private mutating func written(
        _ intent: Intent, upon lattice: Lattice, wallMilliseconds: UInt64
    ) -> Lattice? {
        guard let id = intent.subject, let field = intent.field,
            let kind = lattice[id]?.life?.kind,
            let rules = description.field(field, of: kind)
        else { return nil }
        return intent.written(
            by: &author, under: rules, in: lattice, wallMilliseconds: wallMilliseconds)
    }

    /// Puts a thing into the hands of a body, or out of all hands. Nothing is written that is so.
    mutating func hand(
        _ thing: EntityID, to body: EntityID, into draft: inout Draft, wallMilliseconds: UInt64
    ) {
        guard (draft.lattice[thing]?.writtenHolder ?? .none) != body else { return }
        draft.add(author.set(thing, .holder, .entity(body), wallMilliseconds: wallMilliseconds))
    }

    /// Makes an account the owner of a thing; whom the last owner let edit it may no longer.
    mutating func own(
        _ thing: EntityID, _ identity: UInt64, into draft: inout Draft, wallMilliseconds: UInt64
    ) {
        guard draft.lattice[thing]?.owner != identity else { return }
        for keeper in draft.lattice[thing]?.keepers ?? [] {
            draft.add(
                author.remove(
                    thing, .keepers, .integer(Int64(clamping: keeper)), in: draft.lattice))
        }
        draft.add(
            author.set(
                thing, .owner, .integer(Int64(clamping: identity)),
                wallMilliseconds: wallMilliseconds))
    }
}

extension Author {
    /// Creates an entity with its place and, where there is one, its name.
    mutating func created(
        _ kind: KindID, owner: UInt64, motion: Motion, name: String?, wallMilliseconds: UInt64
    ) -> (EntityID, Lattice) {
        var (id, delta) = create(kind: kind, owner: owner, wallMilliseconds: wallMilliseconds)
        delta.join(
            set(id, .placement, .bytes(motion.restingBytes), wallMilliseconds: wallMilliseconds))
        if let name {
            delta.join(set(id, .name, .text(name), wallMilliseconds: wallMilliseconds))
        }
        return (id, delta)
    }
}
