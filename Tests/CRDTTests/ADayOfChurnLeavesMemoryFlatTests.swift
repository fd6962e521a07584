// A world of 10,000 entities in which every second 50 are created and 50 deleted, sets, maps and
// registers are edited, what happened is journalled, every ten minutes there is a checkpoint and
// every hour a restart, which is a new boot. After a day 4.3 million entities have come and gone,
// and what the lattice keeps memory for is what it was after the first hour.
//
// `scripts/test` lives through an hour, with a restart every ten minutes; the day is on request:
//
//     CAIRN_BENCH=1 swift test -c release --filter ADayOfChurn

import CairnBasics
import CairnCRDT
import Foundation
import Testing

/// One node and what it has stored.
private struct ChurningNode {
    static let liveCount = 10_000
    static let perSecond = 50

    var author = Site(1).author
    var lattice = Lattice()
    var living: [EntityID] = []
    var wall: UInt64 = 1_700_000_000_000
    var boot: UInt32 = 1
    /// Entities that are never deleted and edited in every boot.
    var elders: [EntityID] = []
    var checkpoint: [UInt8] = []
    /// A record a second since the checkpoint.
    var journal: [[UInt8]] = []
    private var record = Lattice()
    private var random = SeededRandom(seed: 1)

    init() {
        for _ in 0..<Self.liveCount { living.append(create()) }
        elders = Array(living.prefix(10))
        living.removeFirst(10)
        store()
    }

    mutating func liveASecond() {
        wall += 1_000
        for _ in 0..<Self.perSecond {
            let victim = random.draw(living.count)
            commit(author.delete(living[victim], in: lattice))
            living[victim] = create()
        }
        for elder in elders { edit(elder) }
        for _ in 0..<Self.perSecond { edit(random.choose(living)) }
        journal.append(record.encoded())
        record = Lattice()
    }

    mutating func store() {
        checkpoint = lattice.encoded()
        journal = []
        record = Lattice()
    }

    /// Comes back from what is stored, and must be what it was.
    mutating func restart() throws {
        var recovered = try Lattice(encoded: checkpoint)
        for record in journal { recovered.join(try Lattice(encoded: record)) }
        #expect(recovered == lattice)
        lattice = recovered
        boot += 1
        let replica = ReplicaID(node: 1, boot: boot)
        author = Author(
            replica: replica, clock: HybridClock(replica: replica, notBefore: lattice.newestTime))
    }

    private mutating func commit(_ delta: Lattice) {
        lattice.join(delta)
        record.join(delta)
    }

    private mutating func create() -> EntityID {
        let (id, delta) = author.create(kind: KindID(1), owner: 0, wallMilliseconds: wall)
        commit(delta)
        commit(author.set(id, .register, .text("a crate of apples"), wallMilliseconds: wall))
        commit(author.insert(id, .set, .integer(1), in: lattice))
        return id
    }

    /// A tag comes or goes, a key is put over, a count rises.
    private mutating func edit(_ id: EntityID) {
        let tag = Scalar.integer(Int64(random.draw(4)))
        let holdsTag = lattice[id]?[.set]?.set?.contains(tag) ?? false
        commit(
            holdsTag
                ? author.remove(id, .set, tag, in: lattice)
                : author.insert(id, .set, tag, in: lattice))
        commit(
            author.put(
                id, .map, key: "price", .integer(Int64(random.draw(99))), in: lattice,
                wallMilliseconds: wall))
        commit(author.add(id, .counter, 1, in: lattice))
    }
}

/// Memory of this process that is in use, in bytes.
private func residentBytes() throws -> Int {
    let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return Int(statm.split(separator: " ")[1])! * 4_096
}

@Suite(.serialized) struct ADayOfChurnLeavesMemoryFlatTests {
    static let isWholeDay = ProcessInfo.processInfo.environment["CAIRN_BENCH"] != nil
    #if DEBUG
        static let (seconds, secondsPerBoot) = (600, 100)
    #else
        static let (seconds, secondsPerBoot) = isWholeDay ? (86_400, 3_600) : (3_600, 600)
    #endif

    @Test func whatIsKeptFollowsWhatLives() throws {
        var node = ChurningNode()
        var kept: [LatticeCensus] = []
        var sizes: [Int] = []
        var resident: [Int] = []
        for second in 1...Self.seconds {
            node.liveASecond()
            if second % min(600, Self.secondsPerBoot) == 0 { node.store() }
            guard second % Self.secondsPerBoot == 0 else { continue }
            // A restart right after a checkpoint would test no replay.
            for _ in 0..<10 { node.liveASecond() }
            kept.append(node.lattice.census)
            sizes.append(node.checkpoint.count)
            resident.append(try residentBytes())
            try node.restart()
        }
        let first = kept[0]
        for (boot, now) in kept.enumerated() {
            #expect(now.rows == ChurningNode.liveCount)
            #expect(now.roomForRows <= 2 * 16_384 && now.slots == 16_384)
            // One range for every boot, however many were created and deleted in it.
            #expect(now.ranges == boot + 1)
            // Whoever lives on has one for every boot that wrote to it: ten elders, and crates of
            // which few see more than two boots.
            let elders = 20 * boot
            #expect(now.rangesInFields - first.rangesInFields < elders + first.rows / 4)
            #expect(now.items < first.items * 11 / 10)
            #expect(sizes[boot] < sizes[0] * 11 / 10 + 400 * boot)
            #expect(resident[boot] < resident[0] + 16 << 20)
        }
        print(
            "\(Self.seconds) s of churn, \(kept.count) boots: \(first) became \(kept.last!);",
            "checkpoints of \(sizes) bytes; resident \(resident.map { $0 >> 20 }) MiB")
    }

    @Test func aWorldThatShrinksGivesItsRoomBack() {
        var site = Site(1)
        let ids = (0..<20_000).map { _ in site.create() }
        site.journal = []
        let full = site.lattice.census
        for id in ids.dropFirst(100) { site.delete(id) }
        let small = site.lattice.census
        #expect(full.roomForRows >= 20_000 && full.slots == 32_768)
        #expect(small.rows == 100 && small.roomForRows <= 1_024 && small.slots <= 2_048)
        #expect(site.lattice.sortedIDs == Array(ids.prefix(100)))
        for id in ids { #expect(site.lattice.isDeleted(id) != site.lattice.contains(id)) }
    }

    /// What boots cost, and that only those cost anything which wrote to the field.
    @Test func aSetThatLivesThroughAThousandBootsCarriesThoseThatWroteToIt() throws {
        var site = Site(1)
        let (busy, quiet) = (site.create(), site.create())
        site.insert(quiet, .text("here"))
        for boot in UInt32(2)...1_001 {
            var next = Site(1, boot: boot)
            next.receive(site.lattice)
            next.insert(busy, .text("here"))
            next.remove(busy, .text("here"))
            site = next
        }
        let census = site.lattice.census
        #expect(census.ranges == 1)
        #expect(census.rangesInFields == 1_001)
        // Replica, number of ranges, first, length: a byte each for what ascends without gaps.
        #expect(try #require(site.lattice[busy]?[.set]).bytes().count <= 4 * 1_000 + 8)
        #expect(try #require(site.lattice[quiet]?[.set]).bytes().count <= 20)
    }
}
