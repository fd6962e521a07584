import CairnBasics
import CairnCRDT
import Testing

@testable import CairnPeers

/// The one rule of everything that travels: no context covers a living entity that is not in the
/// same delta, or whoever joins it would delete that entity.
@Suite struct TransfersNeverCoverWhatTheyLackTests {
    /// A state with live and dead entities, some of them long.
    private func state(_ seed: UInt64) -> Lattice {
        var random = SeededRandom(seed: seed)
        let now = Instant(nanoseconds: 0)
        var node = TestNode(1, others: [2], now: now)
        for _ in 0..<400 { node.edit(&random, now: now) }
        let ids = node.entities
        for index in 0..<40 {
            let delta = node.author.put(
                ids[0], TestNode.map, key: "\(index)",
                .text(String(repeating: "z", count: 300)), in: node.lattice,
                wallMilliseconds: node.wall(now))
            node.commit(delta)
        }
        return node.lattice
    }

    private func isSafe(_ delta: Lattice, of whole: Lattice) -> Bool {
        var older = whole
        older.join(delta)
        return older == whole
    }

    @Test(arguments: 1...10)
    func partsJoinToTheWholeInAnyOrderAndEachAloneIsSafe(seed: Int) {
        let whole = state(UInt64(seed))
        var random = SeededRandom(seed: UInt64(seed))
        let parts = whole.parts(ofAtMost: 1_024)
        #expect(parts.count > 10)
        #expect(parts.allSatisfy { $0.encoded().count <= 1_024 })
        #expect(parts.allSatisfy { isSafe($0, of: whole) })
        var joined = Lattice()
        for part in parts.shuffled(using: &random) + parts.prefix(3) { joined.join(part) }
        #expect(joined == whole)
        #expect(joined.digest == whole.digest)
    }

    @Test(arguments: 1...10)
    func whatIsLeftOutForWantOfRoomIsNotCovered(seed: Int) {
        let whole = state(UInt64(seed))
        let all = EntityID(raw: 0)...EntityID(raw: .max)
        var other = Lattice()
        for _ in 0..<whole.entityCount {
            let delta = whole.lacking(in: other.context, of: all, rowLimit: 1)
            #expect(isSafe(delta, of: whole))
            let before = other.entityCount
            other.join(delta)
            #expect(other.entityCount == before + 1)
        }
        #expect(other == whole)
    }

    @Test func aStretchTellsOfEveryIdOnceAndAllOfThem() {
        var context = CausalContext()
        for counter in stride(from: UInt32(1), to: 200, by: 2) {
            context.insert(
                Dot(replica: ReplicaID(node: UInt8(counter % 3), boot: 1), counter: counter))
        }
        var start = EntityID(raw: 0)
        var joined = CausalContext()
        for _ in 0..<100 {
            let (ids, seen) = context.stretch(from: start, rangeLimit: 7)
            #expect(ids.lowerBound == start)
            #expect(seen == context.clipped(to: ids))
            joined.join(seen)
            if ids.upperBound.raw == .max { break }
            start = EntityID(raw: ids.upperBound.raw + 1)
        }
        #expect(joined == context)
    }

    @Test func differencesOfContextsAreSetDifferences() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<2_000 {
            var sets: [Set<Dot>] = [[], []]
            var contexts = [CausalContext(), CausalContext()]
            for side in 0..<2 {
                for _ in 0..<random.below(12) {
                    let dot = Dot(
                        replica: ReplicaID(raw: random.below(2)), counter: 1 + random.below(9))
                    sets[side].insert(dot)
                    contexts[side].insert(dot)
                }
            }
            var expected = CausalContext()
            for dot in sets[0].subtracting(sets[1]) { expected.insert(dot) }
            #expect(contexts[0].subtracting(contexts[1]) == expected)
        }
    }
}
