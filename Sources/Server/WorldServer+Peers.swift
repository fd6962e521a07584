// The other nodes of the world: what they say is joined like everything else, and journalled here as
// well; what this node commits goes to them once its disk has it. The shell carries the datagrams, over
// a bus of which nothing is expected (see CairnPeers).

import CairnAgents
public import CairnBasics
import CairnCRDT
public import CairnPeers
import CairnStore
import CairnWire
import CairnWorld

extension WorldServer {
    /// Takes a message of another node; anything may come.
    ///
    /// - Parameter node: whom the bus says it is from.
    public mutating func handlePeer(
        _ bytes: RawSpan, from node: UInt8, now: Instant, wallMilliseconds: UInt64
    ) {
        precondition(transmitCursor == nil, "drain pollTransmit before the next datagram")
        let arrival = peers?.handle(
            bytes, from: node, lattice: world.lattice, now: now,
            wallMilliseconds: wallMilliseconds)
        switch arrival {
        case .delta(let delta)?: join(delta, wallMilliseconds: wallMilliseconds)
        case .motions(let replica, let tick, let body)?:
            takeMotions(body, of: replica, tick: tick)
        case .ask(let ask, let peer)?: handOver(ask, to: peer)
        case .nothing?, nil: break
        }
        if let peers { counters.peers = peers.counters }
    }

    /// The next message for another node; to be drained after each tick.
    public mutating func pollPeer() -> PeerDatagram? { peers?.poll() }

    /// True for the node that places the world file's objects and runs its characters.
    var isFounder: Bool { peers?.isFounder ?? true }

    mutating func joinPeers(now: Instant) {
        guard !configuration.peers.isEmpty else { return }
        var name = StateDigest()
        for byte in description.name.utf8 { name.combine(UInt64(byte)) }
        peers = PeerGroup(
            replica: author.replica, peers: configuration.peers, world: name.value,
            lattice: world.lattice, now: now)
    }

    /// What the other nodes should hear goes out at the end of every tick.
    mutating func sendToPeers(now: Instant) {
        for wish in rightsWishes { peers?.askForRights(wish, lattice: world.lattice, now: now) }
        rightsWishes.removeAll(keepingCapacity: true)
        guard peers != nil else { return }
        sendMotions()
        peers?.endTick(record: journal.lastSequence, lattice: world.lattice, now: now)
        if let peers { counters.peers = peers.counters }
    }

    /// Takes note of entities that changed, whoever changed them.
    ///
    /// - Returns: The things that stand since now.
    mutating func follow(_ changed: [EntityID]) {
        if peers != nil {
            peers?.note(changed, lattice: world.lattice)
            for id in changed where !world.lattice.contains(id) { peerBodies.forget(id) }
        }
    }

    /// Joins what another node has committed.
    private mutating func join(_ delta: Lattice, wallMilliseconds: UInt64) {
        guard author.observe(delta, wallMilliseconds: wallMilliseconds) else { return }
        let changed = world.apply(delta)
        gathered.join(delta)
        follow(changed)
        for id in changed where id.replica == author.replica && !world.lattice.contains(id) {
            loseBody(id)
        }
        sweepGhosts(among: changed)
        if isFounder { removeTwins(of: changed) }
    }

    /// Bodies of an earlier boot of this node, whose disk is older than what the others have (a backup
    /// that was put back): nobody else deletes them.
    private mutating func sweepGhosts(among changed: [EntityID]) {
        for id in changed
        where id.replica.node == author.replica.node && id.replica != author.replica {
            guard let life = world.lattice[id]?.life, isMover(life.kind) else { continue }
            commit(author.delete(id, in: world.lattice))
        }
    }

    /// A body of this node is gone: the others had not heard of it for too long. Whoever had it is
    /// told to join again, since its client knows itself by the body's id.
    private mutating func loseBody(_ id: EntityID) {
        let characterCount = characters.count
        characters.removeAll { $0.entity == id }
        if characters.count < characterCount { counters.bodiesLost &+= 1 }
        for index in sessions.indices where sessions.contains(index) {
            guard sessions[index].entity == id else { continue }
            counters.bodiesLost &+= 1
            guard sessions[index].removal == nil else { continue }
            sessions[index].removal = CloseReason(
                .removed, "your body left the world while this server was cut off; join again")
        }
    }

    /// A founder that lost its disk places the world file's objects a second time, before it hears
    /// of the first: the older ones, which people may have edited, stay.
    private mutating func removeTwins(of arrived: [EntityID]) {
        for id in arrived {
            guard let maker = world.lattice[id]?.life?.owner, maker >> 63 == 1 else { continue }
            let twins = world.table.ids.filter {
                $0 != .none && world.lattice[$0]?.life?.owner == maker
            }.sorted()
            for twin in twins.dropFirst() { commit(author.delete(twin, in: world.lattice)) }
        }
    }

    /// Hands rights of this node to another.
    private mutating func handOver(_ ask: RightsAsk, to peer: ReplicaID) {
        guard world.lattice.contains(ask.id) else { return }
        let amount = PeerGroup.handedOver(
            of: rights(in: ask.field, of: ask.id), asked: ask.amount)
        _ = handRights(amount, in: ask.field, of: ask.id, to: peer)
    }
}
