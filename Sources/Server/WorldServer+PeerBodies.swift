// Bodies across nodes. Each node moves its own and tells the others where they are, every tick those
// that moved and every body about once a second: the latest wins, nothing is acknowledged or kept.
//
// A body must not stand for ever when its node is gone. Nodes that are silent for a minute lose
// theirs, which the lowest node that is still there deletes. Whoever is cut off with fewer than half
// of all nodes is more likely gone itself, and waits ten minutes. A node that was cut off only
// finds its bodies deleted when it hears of the others again: its clients are told to join anew.

import CairnAgents
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnPeers
import CairnWorld

/// What a node keeps for the bodies that it tells of and hears of; it follows their number.
struct PeerBodies {
    /// What was last told of this node's bodies, and at which tick others' were last heard of.
    var told = FlatMap<Motion>()
    var heard = FlatMap<UInt64>()
    /// Nodes whose bodies have been stopped, since nobody knows where they are.
    var stopped: Set<UInt8> = []
    let startedAt: Instant
    var sweepDue: Instant

    init(now: Instant) {
        startedAt = now
        sweepDue = now
    }

    /// How long a node may be silent before its bodies stand still, and before they are deleted: by
    /// most of the nodes, and by fewer than half of them.
    static let stopAfter = TimeSpan.seconds(1)
    static let deleteAfter = TimeSpan.seconds(60)
    static let deleteAfterAsFew = TimeSpan.seconds(600)
    /// How often that is looked after.
    static let sweepPeriod = TimeSpan.seconds(1)
    /// Every body is told again after so many ticks, in case its last move was lost.
    static let refreshTicks: UInt64 = 20
    /// A body's number within its replica, and its motion.
    static let entryByteCount = 4 + Motion.encodedByteCount

    mutating func forget(_ id: EntityID) {
        told.remove(id.raw)
        heard.remove(id.raw)
    }
}

extension WorldServer {
    /// Tells the others where this node's bodies are.
    mutating func sendMotions() {
        var body: [UInt8] = []
        for index in sessions.indices where sessions.contains(index) {
            tellMotion(of: sessions[index].entity, in: &body)
        }
        for index in characters.indices { tellMotion(of: characters[index].entity, in: &body) }
        if !body.isEmpty { peers?.sendMotions(tick: counters.ticks &+ 1, body: body) }
    }

    private mutating func tellMotion(of id: EntityID, in body: inout [UInt8]) {
        guard id != .none, let row = world.table.row(of: id) else { return }
        let motion = world.table.motions[row]
        let isDue = (UInt64(id.number) &+ counters.ticks) % PeerBodies.refreshTicks == 0
        guard isDue || peerBodies.told[id.raw] != motion else { return }
        peerBodies.told[id.raw] = motion
        if body.count + PeerBodies.entryByteCount > PeerGroup.motionsByteCount {
            peers?.sendMotions(tick: counters.ticks &+ 1, body: body)
            body.removeAll(keepingCapacity: true)
        }
        for shift in stride(from: 0, to: 32, by: 8) {
            body.append(UInt8(truncatingIfNeeded: id.number >> UInt32(shift)))
        }
        body += motion.encodedBytes
    }

    /// Moves another node's bodies, and nobody else's, to where it says that they are.
    mutating func takeMotions(_ body: [UInt8], of replica: ReplicaID, tick: UInt64) {
        guard body.count % PeerBodies.entryByteCount == 0 else {
            peers?.counters.refusedBytes &+= 1
            return
        }
        var reader = ByteReader(body.rawBytes)
        do throws(CodecError) {
            while reader.remaining > 0 {
                let id = EntityID(replica: replica, number: try reader.get(UInt32.self))
                take(try Motion(decoding: &reader), of: id, tick: tick)
            }
        } catch {
            peers?.counters.refusedBytes &+= 1
        }
    }

    private mutating func take(_ motion: Motion, of id: EntityID, tick: UInt64) {
        guard let row = world.table.row(of: id), isMover(world.table.kinds[row]),
            tick > peerBodies.heard[id.raw] ?? 0
        else {
            peers?.counters.motionsRefused &+= 1
            return
        }
        peers?.counters.motionsTaken &+= 1
        peerBodies.heard[id.raw] = tick
        var moved = motion
        moved.position = description.bounds.clamped(motion.position)
        world.move(row: row, to: moved)
    }

    /// True for the kinds whose entities their node moves, characters among them;
    /// `WorldState.isBody` means those alone that come and go with a session.
    func isMover(_ kind: KindID) -> Bool {
        guard let role = description.kind(kind)?.role else { return false }
        return role != .object
    }

    /// Looks after the bodies of nodes that have fallen silent.
    mutating func watchPeers(now: Instant) {
        guard let nodes = peers?.nodes else { return }
        for node in nodes {
            let isSilent = peers?.silence(of: node, now: now) ?? .zero > PeerBodies.stopAfter
            if !isSilent {
                peerBodies.stopped.remove(node)
            } else if peerBodies.stopped.insert(node).inserted {
                for row in rows(ofBodiesOf: { $0 == node }) { stop(row: row) }
            }
        }
        guard now >= peerBodies.sweepDue else { return }
        peerBodies.sweepDue = now + PeerBodies.sweepPeriod
        sweepSilentBodies(nodes, now: now)
    }

    private mutating func sweepSilentBodies(_ nodes: [UInt8], now: Instant) {
        let own = configuration.node
        let present = nodes.filter {
            peers?.silence(of: $0, now: now) ?? .zero <= PeerLimits.silence
        }
        guard present.allSatisfy({ own < $0 }) else { return }
        let count = 2 * (present.count + 1)
        // Of two halves, the one with the founder counts as most.
        let areMost = count > nodes.count + 1 || count == nodes.count + 1 && isFounder
        let limit = areMost ? PeerBodies.deleteAfter : PeerBodies.deleteAfterAsFew
        // A node that is no peer any more was last heard before this one started.
        let sinceStart = now - peerBodies.startedAt
        let silences = nodes.map { ($0, peers?.silence(of: $0, now: now) ?? .zero) }
        let rows = rows(ofBodiesOf: { node in
            guard node != own else { return false }
            return silences.first { $0.0 == node }?.1 ?? sinceStart > limit
        })
        for id in rows.map({ world.table.ids[$0] }).sorted() {
            peerBodies.forget(id)
            counters.bodiesSwept &+= 1
            commit(author.delete(id, in: world.lattice))
        }
    }

    private func rows(ofBodiesOf isWanted: (UInt8) -> Bool) -> [Int] {
        world.table.rows.filter { row in
            let id = world.table.ids[row]
            return id != .none && isWanted(id.replica.node) && isMover(world.table.kinds[row])
        }
    }

    /// People whose bodies other nodes move, as this node's characters see them.
    var guests: [PersonSighting] {
        guard peers != nil else { return [] }
        let own = configuration.node
        return rows(ofBodiesOf: { $0 != own }).compactMap { row in
            let role = description.kind(world.table.kinds[row])?.role
            guard role == .avatar || role == .device else { return nil }
            let motion = world.table.motions[row]
            return PersonSighting(
                id: world.table.ids[row], position: motion.position, velocity: motion.velocity,
                isDevice: role == .device)
        }
    }
}
