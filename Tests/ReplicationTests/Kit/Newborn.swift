import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

/// The delta that gives life to an entity of any id, also of one that no author would reach.
func newborn(_ id: EntityID, kind: UInt16, at motion: Motion) -> Lattice {
    do {
        let bytes = try encodeBytes(capacity: 128) { (writer) throws(CodecError) in
            // The context: one replica, one range, one dot.
            try writer.putVarint(1)
            try writer.putVarint(UInt64(id.replica.raw))
            try writer.putVarint(0)
            try writer.putVarint(UInt64(id.number) - 1)
            try writer.putVarint(0)
            // One row, alive, with one field: its placement.
            try writer.putVarint(1)
            try writer.putVarint(id.raw)
            try writer.putVarint(1 << 1 | 1)
            try writer.putVarint(UInt64(kind))
            try writer.put(UInt64(0))
            try writer.put(UInt64(0))
            try writer.putVarint(0)
            try placement(motion).encode(into: &writer)
        }
        return try Lattice(encoded: bytes)
    } catch {
        preconditionFailure("not the lattice's encoding any more: \(error)")
    }
}

private func placement(_ motion: Motion) -> FieldState {
    let replica = ReplicaID(raw: 1)
    var author = Author(replica: replica, clock: HybridClock(replica: replica))
    let id = EntityID(replica: replica, number: 1)
    let delta = author.set(id, .placement, .bytes(motion.restingBytes), wallMilliseconds: 1)
    guard let state = delta[id]?[.placement] else { preconditionFailure("an edit has its field") }
    return state
}
