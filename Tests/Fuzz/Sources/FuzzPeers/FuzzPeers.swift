// A node whose bus belongs to an attacker who knows the world's number and can count. The properties:
// nothing traps, what the node keeps for its peers stays under its cap, and a delta that it takes is
// one that it can join.

import CairnBasics
import CairnCRDT
import CairnPeers
import FuzzKit

/// A step's choice: whom it is from in the low bit, whether it is sealed, whether a tick ends.
func fuzz(_ bytes: RawSpan) {
    var lattice = Lattice()
    var now = Instant.zero
    var group = PeerGroup(
        replica: ReplicaID(node: 1, boot: 1), peers: [2, 3], world: 7, lattice: lattice, now: now)
    var steps = Steps(bytes)
    while let step = steps.next() {
        now = now + .milliseconds(step.milliseconds * 100)
        var message = step.bytes
        if step.choice & 2 == 0 { StateDigest.seal(&message) }
        let arrival = group.handle(
            message.rawBytes, from: 2 + (step.choice & 1), lattice: lattice, now: now,
            wallMilliseconds: 1_700_000_000_000)
        if case .delta(let delta) = arrival { group.note(lattice.join(delta), lattice: lattice) }
        if step.choice & 4 != 0 {
            group.endTick(record: 1, lattice: lattice, now: now)
            group.recorded(through: 1)
            while group.poll() != nil {}
        }
        precondition(group.heldBytes < 64 << 20)
    }
}
