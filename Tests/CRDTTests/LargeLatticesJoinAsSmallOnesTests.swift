import CairnBasics
import CairnCRDT
import Testing

/// Lattices of thousands of rows find theirs through an index and join by the batch; what comes out
/// must be what joining one edit after the other gives, and what a dictionary says.
@Suite struct LargeLatticesJoinAsSmallOnesTests {
    @Test(arguments: UInt64(0)..<6)
    func batchesGiveWhatSingleEditsGive(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var site = Site(1)
        var (large, small) = (Lattice(), Lattice())
        var living: [EntityID: Int64] = [:]
        for round in Int64(0)..<40 {
            var batch = Lattice()
            var expected: Set<EntityID> = []
            site.journal = []
            for _ in 0..<random.draw(400) {
                let id = site.create()
                site.set(id, .integer(round))
                living[id] = round
                expected.insert(id)
            }
            let known = living.keys.sorted().shuffled(using: &random)
            for id in known.prefix(random.draw(400)) {
                site.set(id, .integer(-round))
                if random.oneIn(3) { site.add(id, 1) }
                living[id] = -round
                expected.insert(id)
            }
            for id in known.suffix(random.draw(200)) {
                site.delete(id)
                living[id] = nil
                expected.insert(id)
            }
            for delta in site.journal {
                small.join(delta)
                batch.join(delta)
            }
            if random.oneIn(2) { batch = try Lattice(encoded: batch.encoded()) }
            let before = large
            let changed = large.join(batch)
            #expect(changed == expected.filter { before[$0] != large[$0] }.sorted())
            #expect(large == small && large.join(batch) == [])
        }
        #expect(large.sortedIDs == living.keys.sorted() && large.entityCount == living.count)
        for (id, value) in living { #expect(large[id]?.latest(.register) == .integer(value)) }
        #expect(large == site.lattice && large.encoded() == small.encoded())
        large.join(try Lattice(encoded: site.lattice.encoded()))
        #expect(large == small)
    }
}
