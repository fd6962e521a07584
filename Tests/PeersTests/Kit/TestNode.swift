import CairnBasics
import CairnCRDT

@testable import CairnPeers

/// One node in a test: an author, its lattice, its peers, and a disk that lags behind.
struct TestNode {
    let number: UInt8
    let others: [UInt8]
    var boot: UInt32 = 1
    /// How far its wall clock is off, in milliseconds.
    var skew: Int64 = 0
    var author: Author
    var lattice = Lattice()
    var group: PeerGroup
    /// What the disk has, and what it has not yet: one record for each tick that changed something.
    var disk = Lattice()
    var unwritten: [(record: UInt64, delta: Lattice, due: Instant)] = []
    var journal = Lattice()
    var records: UInt64 = 0
    /// False while the disk stalls.
    var writes = true
    /// Every id and element that it was told would last.
    var entities: [EntityID] { lattice.sortedIDs }

    init(
        _ number: UInt8, others: [UInt8], boot: UInt32 = 1, disk: Lattice = Lattice(), now: Instant
    ) {
        self.number = number
        self.others = others
        self.boot = boot
        self.disk = disk
        lattice = disk
        let replica = ReplicaID(node: number, boot: boot)
        author = Author(
            replica: replica,
            clock: HybridClock(replica: replica, notBefore: max(.earliest, disk.newestTime)))
        group = PeerGroup(
            replica: replica, peers: others, world: 7, lattice: disk, now: now)
    }

    /// Its wall clock.
    func wall(_ now: Instant) -> UInt64 {
        UInt64(1_700_000_000_000 + now.nanoseconds / 1_000_000 + skew)
    }

    mutating func commit(_ delta: Lattice) {
        group.note(lattice.join(delta), lattice: lattice)
        journal.join(delta)
        group.gather(delta)
    }

    mutating func receive(_ bytes: [UInt8], from node: UInt8, now: Instant) {
        let arrival = group.handle(
            bytes.rawBytes, from: node, lattice: lattice, now: now, wallMilliseconds: wall(now))
        switch arrival {
        case .delta(let delta):
            precondition(author.observe(delta, wallMilliseconds: wall(now)))
            group.note(lattice.join(delta), lattice: lattice)
            journal.join(delta)
        case .ask(let ask, let peer): handOver(ask, to: peer)
        case .motions, .nothing: break
        }
    }

    private mutating func handOver(_ ask: RightsAsk, to peer: ReplicaID) {
        let rights = lattice[ask.id]?[ask.field]?.bounded?.rights(of: author.replica) ?? 0
        let amount = PeerGroup.handedOver(of: rights, asked: ask.amount)
        guard amount > 0,
            let delta = author.transfer(ask.id, ask.field, amount, to: peer, in: lattice)
        else { return }
        commit(delta)
    }

    mutating func tick(now: Instant) {
        if !journal.isEmpty {
            records += 1
            unwritten.append((records, journal, now + .milliseconds(100)))
            journal = Lattice()
        }
        group.endTick(record: records, lattice: lattice, now: now)
        while writes, let first = unwritten.first, first.due <= now { write(first) }
    }

    private mutating func write(_ record: (record: UInt64, delta: Lattice, due: Instant)) {
        unwritten.removeFirst()
        disk.join(record.delta)
        group.recorded(through: record.record)
    }

    /// The disk catches up.
    mutating func sync() {
        while let first = unwritten.first { write(first) }
    }

    /// kill -9, and a start from what the disk has.
    mutating func crash(now: Instant) {
        let skew = self.skew
        self = TestNode(number, others: others, boot: boot + 1, disk: disk, now: now)
        self.skew = skew
    }
}

extension TestNode {
    static let register = FieldID(1)
    static let counter = FieldID(2)
    static let set = FieldID(3)
    static let map = FieldID(4)
    static let rights = FieldID(5)

    @discardableResult mutating func create(now: Instant) -> EntityID {
        let (id, delta) = author.create(
            kind: KindID(1), owner: UInt64(number), wallMilliseconds: wall(now))
        commit(delta)
        return id
    }

    mutating func set(_ id: EntityID, _ value: Scalar, now: Instant) {
        commit(author.set(id, Self.register, value, wallMilliseconds: wall(now)))
    }

    /// Any edit of any entity.
    mutating func edit(_ random: inout SeededRandom, now: Instant) {
        let ids = entities
        guard !ids.isEmpty, random.below(8) > 0 else {
            create(now: now)
            return
        }
        let id = ids[Int(random.below(UInt32(ids.count)))]
        let word = Scalar.integer(Int64(random.below(6)))
        let key = "k\(random.below(4))"
        switch random.below(9) {
        case 0 where ids.count > 6: commit(author.delete(id, in: lattice))
        case 1: commit(author.add(id, Self.counter, Int64(random.below(9)) - 4, in: lattice))
        case 2, 3: commit(author.insert(id, Self.set, word, in: lattice))
        case 4: commit(author.remove(id, Self.set, word, in: lattice))
        case 5:
            commit(
                author.put(id, Self.map, key: key, word, in: lattice, wallMilliseconds: wall(now)))
        case 6: commit(author.removeKey(id, Self.map, key, in: lattice))
        case 7: commit(author.grant(id, Self.rights, 3, in: lattice))
        default: set(id, word, now: now)
        }
    }
}
