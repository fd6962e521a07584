// How much of a world one client may fill. Everything else that a client can make the server hold has
// a cap of its own; things stay when their maker leaves, so they are counted by identity.

import CairnBasics
import CairnCRDT
import CairnWorld

extension WorldServer {
    /// Why an intent that the door let in would put more into the world than there is room for.
    func lackOfRoom(for intent: Intent, by actor: Actor) -> Refusal? {
        guard case .create = intent else { return nil }
        if world.table.count >= configuration.entityLimit {
            return Refusal(
                rule: .quota, reason: "the world is full; something must be deleted first")
        }
        let count = thingCounts[actor.identity] ?? 0
        guard actor.role != .operator, count >= configuration.thingsPerIdentity else { return nil }
        return Refusal(
            rule: .quota,
            reason: "you have \(count) things in the world, as many as one may; delete one first")
    }

    /// One of an identity's things came or went.
    mutating func countThing(of owner: UInt64, _ change: Int) {
        let count = (thingCounts[owner] ?? 0) + change
        thingCounts[owner] = count > 0 ? count : nil
    }

    /// Counts what stands in a world that was recovered.
    /// - Precondition: no body stands in it.
    mutating func countThings() {
        for id in world.lattice.sortedIDs {
            guard let life = world.lattice[id]?.life, life.kind != .ledger else { continue }
            countThing(of: life.owner, 1)
        }
    }
}
