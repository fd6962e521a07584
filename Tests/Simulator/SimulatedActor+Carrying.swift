// What actors do with their hands, and what they do in one step: the part of their habits that moves
// things between bodies and accounts.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnWorld

extension SimulatedActor {
    /// Something to do with a thing; much of it is refused, as most things are far away.
    func chooseCarrying(_ thing: EntityID, at place: Position) -> Intent {
        let mine = client.entityIDs.filter {
            client.field(.holder, of: $0)?.latest?.value == .entity(client.entity)
        }
        let others = client.entityIDs.filter {
            $0 != client.entity && client.kind(of: $0)?.role == .avatar
        }
        let other = others.isEmpty ? nil : others[Int(random.below(UInt32(others.count)))]
        let account = UInt64(1 + random.below(8))
        switch random.below(8) {
        case 0, 1: return mine.first.map { .putDown($0, Motion(position: place)) } ?? .pickUp(thing)
        case 2: return .pickUp(thing)
        case 3:
            guard let other, let held = mine.first else { return .pickUp(thing) }
            return .give(held, to: other)
        case 4:
            guard let other else { return .pickUp(thing) }
            return .trade(with: other, mine: Array(mine.prefix(1)), theirs: [])
        case 5:
            return random.chance(Ratio(1, in: 2))
                ? .share(thing, account) : .unshare(thing, account)
        case 6: return .handOver(thing, account)
        default:
            return .all([
                .pickUp(thing), .insert(thing, SimulatedField.tags, .text("taken")),
                .add(thing, SimulatedField.count, 1),
            ])
        }
    }
}
