// The rights of this node in bounded counters: what it may take without asking anybody.
//
// A replica is one run of a node, so after a restart the rights lie with the runs before. They are
// taken over when they are needed, counter by counter, and not all at the start: a counter gets an
// account for every run that touches it, and none for those that do not.
//
// Holds true only while nobody has heard what the disk has not: after a crash this node takes over
// what its recovered state says that the last run had left. So a spend must not reach another node
// before its record is committed; clients may see it earlier, since they write nothing.

public import CairnBasics
import CairnCRDT
import CairnPeers
import CairnWorld

extension WorldServer {
    /// Wishes kept for whoever asks other nodes; each counter has one, the largest.
    static let rightsWishLimit = 256

    /// How much of a bounded counter this node may take now, the rights of its earlier runs among
    /// it. 0 for what is no bounded counter.
    public func rights(in field: FieldID, of id: EntityID) -> UInt64 {
        world.lattice[id]?[field]?.bounded?.inheritableRights(of: author.replica) ?? 0
    }

    /// Hands rights of this node to another, as many as it has up to `amount`.
    ///
    /// - Returns: How many were handed over.
    public mutating func handRights(
        _ amount: UInt64, in field: FieldID, of id: EntityID, to receiver: ReplicaID
    ) -> UInt64 {
        let handed = min(amount, rights(in: field, of: id))
        guard handed > 0, receiver != author.replica,
            let delta = author.transfer(
                id, field, handed, to: receiver, inheriting: true, in: world.lattice)
        else { return 0 }
        commit(delta)
        return handed
    }

    /// Takes note of what a refused intent would have needed, though the counter stands high enough:
    /// others have the rights. They are asked at the tick's end; what they hand over comes as a delta,
    /// if at all, and whoever needs it tries again.
    mutating func noteRightsWish(_ intent: Intent) {
        guard case .add(let id, let field, let amount) = intent, amount < 0 else { return }
        let missing = amount.magnitude &- min(amount.magnitude, rights(in: field, of: id))
        let wish = RightsAsk(id: id, field: field, amount: missing)
        if let index = rightsWishes.firstIndex(where: { $0.id == id && $0.field == field }) {
            rightsWishes[index].amount = max(rightsWishes[index].amount, missing)
        } else if rightsWishes.count < Self.rightsWishLimit {
            rightsWishes.append(wish)
        }
    }
}
