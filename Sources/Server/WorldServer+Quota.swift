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

    /// Counts the things among the entities that changed, whoever changed them, once each.
    ///
    /// - Returns: Those that stand since now.
    mutating func countThings(among changed: [EntityID]) -> [EntityID] {
        var arrived: [EntityID] = []
        for id in changed {
            if let row = world.table.row(of: id) {
                guard thingOwners[id.raw] == nil,
                    description.kind(world.table.kinds[row])?.role == .object
                else { continue }
                let owner = world.table.owners[row]
                thingOwners[id.raw] = owner
                thingCounts[owner] = (thingCounts[owner] ?? 0) + 1
                arrived.append(id)
            } else if let owner = thingOwners.remove(id.raw) {
                let count = (thingCounts[owner] ?? 0) - 1
                thingCounts[owner] = count > 0 ? count : nil
            }
        }
        return arrived
    }
}
