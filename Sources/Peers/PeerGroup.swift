// One node's side of a world that several share, over a bus that may lose, repeat, reorder, delay,
// cut off, or belong to an attacker. Two ways lead to the same state:
//
//   * Deltas (Almeida, Shoker, Baquero: "Delta state replicated data types", 2018, section 6). What a
//     node commits goes to every peer under a running number of its boot, and again until the peer
//     has acknowledged it, for as long as it is kept.
//   * Comparison. Once a second nodes exchange digests of their states and, where these differ, what
//     they are made of; each sends what the other lacks. It needs no memory of the past, so it mends
//     whatever the first way leaves open: new boots, long cuts, crashes.
//
// Holds true: every message is right whenever it comes and however often, because all state is joined,
// and nothing that is sent has a context that covers a living entity which is not in it. So
// nothing but speed depends on the bus.
//
// Nothing travels before it is durable here, which keeps peers a sync apart instead of a tick. A node
// that crashes comes back as a new replica, so it makes no dot twice; but what its disk has lost it
// may be asked for again, by a client that returns, or spend again, and then the others must not
// have it already (see UnrecordedDeltas).
//
// Costs: O(delta) for each message; a comparison 2 KiB a second and peer while states are alike.

public import CairnBasics
public import CairnCRDT

/// A message for a peer.
public struct PeerDatagram: Hashable, Sendable {
    public var to: UInt8
    public var bytes: [UInt8]

    public init(to: UInt8, bytes: [UInt8]) {
        self.to = to
        self.bytes = bytes
    }
}

/// What a message of a peer asks of the node.
public enum PeerArrival: Equatable, Sendable {
    case nothing
    /// To be observed by the clock, joined and journalled: it has been acknowledged.
    case delta(Lattice)
    /// Where bodies made by `replica` are, at its tick.
    case motions(of: ReplicaID, tick: UInt64, body: [UInt8])
    /// Somebody is short of rights.
    case ask(RightsAsk, by: ReplicaID)
}

/// A node's peers.
public struct PeerGroup: Sendable {
    public let replica: ReplicaID
    let world: UInt64
    /// Ascending by node.
    var links: [PeerLink]
    var recent = RecentDeltas()
    var digests = EntityDigests()
    var unrecorded = UnrecordedDeltas()
    /// What this node has committed in the tick being built.
    var gathered = Lattice()
    /// Counters that rights were asked for, and when.
    var asked: [(ask: RightsAsk, at: Instant)] = []
    public var counters = PeerCounters()

    /// - Parameter peers: the other nodes of the world.
    /// - Parameter world: tells worlds apart that share a bus.
    /// - Parameter lattice: what this node starts with.
    public init(
        replica: ReplicaID, peers: [UInt8], world: UInt64, lattice: Lattice, now: Instant
    ) {
        self.replica = replica
        self.world = world
        links = Set(peers).subtracting([replica.node]).sorted().map {
            PeerLink(node: $0, now: now)
        }
        digests.note(lattice.sortedRowIDs, lattice: lattice)
    }

    /// The other nodes, ascending.
    public var nodes: [UInt8] { links.map(\.node) }

    /// The node that founds the world: the lowest number of all.
    public var isFounder: Bool { links.first.map { replica.node < $0.node } ?? true }

    /// How long a peer has been silent; nil for a node that is none.
    public func silence(of node: UInt8, now: Instant) -> TimeSpan? {
        links.first { $0.node == node }.map { now - $0.heardAt }
    }

    /// The replica that a peer writes as; nil before it was heard.
    public func replica(of node: UInt8) -> ReplicaID? {
        guard let link = links.first(where: { $0.node == node }), link.boot > 0 else { return nil }
        return ReplicaID(node: node, boot: link.boot)
    }

    /// Takes note of what changed in the lattice, whoever changed it.
    public mutating func note(_ changed: [EntityID], lattice: Lattice) {
        digests.note(changed, lattice: lattice)
    }

    /// Takes what this node has committed, to be sent when its disk has it.
    public mutating func gather(_ delta: Lattice) { gathered.join(delta) }

    /// What waits for the shell.
    public mutating func poll() -> PeerDatagram? {
        for index in links.indices {
            guard let bytes = links[index].outbox.popFirst() else { continue }
            links[index].outboxBytes -= bytes.count
            counters.messagesSent += 1
            counters.bytesSent += UInt64(bytes.count)
            return PeerDatagram(to: links[index].node, bytes: bytes)
        }
        return nil
    }

    /// Bytes kept for all peers: deltas and datagrams.
    public var heldBytes: Int {
        links.reduce(recent.byteCount) { $0 + $1.outboxBytes }
    }
}
