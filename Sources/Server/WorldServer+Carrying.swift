// Things in hands that are no more: what a body carries is put down where it stands when it leaves,
// and what a body carried that is gone without a word stands where it was put down last. Nothing is
// lost with anybody.

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

extension WorldServer {
    /// Puts things down where they are now, in one step.
    mutating func putDown(all things: [EntityID]) {
        guard !things.isEmpty else { return }
        world.moveCarried()
        var draft = author.draft(touching: things, in: world.lattice)
        for thing in things {
            guard let motion = world.motion(of: thing) else { continue }
            hand(thing, to: .none, into: &draft, wallMilliseconds: newestWallMilliseconds)
            draft.add(
                author.set(
                    thing, .placement, .bytes(motion.restingBytes),
                    wallMilliseconds: newestWallMilliseconds))
        }
        commit(draft.delta)
    }

    /// Before the server ends: its bodies end with it.
    mutating func putDownAll() {
        putDown(
            all: world.carried.compactMap {
                $0.holder.replica == author.replica && world.holder(of: $0.thing) != nil
                    ? $0.thing : nil
            })
    }

    /// After a start: the bodies of this node's last run are gone.
    mutating func releaseCarried() {
        let left = world.carried.filter {
            $0.holder.replica.node == author.replica.node && world.holder(of: $0.thing) == nil
        }
        for entry in left {
            commit(
                author.set(
                    entry.thing, .holder, .entity(.none), wallMilliseconds: newestWallMilliseconds))
        }
    }
}
