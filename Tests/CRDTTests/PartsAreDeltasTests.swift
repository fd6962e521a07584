import CairnBasics
import CairnCRDT
import Testing

@Suite struct PartsAreDeltasTests {
    @Test func aPartBringsItsEntityUpToDateAndTouchesNoOther() {
        for seed in UInt64(0)..<30 {
            var random = SeededRandom(seed: seed)
            var site = Site(1)
            for _ in 0..<40 { site.editAtRandom(&random) }
            let old = site.lattice
            for _ in 0..<60 { site.editAtRandom(&random) }
            for id in site.lattice.knownIDs + old.knownIDs {
                var copy = old
                let part = site.lattice.restricted(to: id)
                let changed = copy.join(part)
                #expect(copy[id] == site.lattice[id])
                #expect(changed == (old[id] == copy[id] ? [] : [id]))
                for other in old.knownIDs where other != id { #expect(copy[other] == old[other]) }
            }
        }
    }

    @Test func aPartOfSomeFieldsCarriesTheirRemovalsAndLeavesTheRest() {
        var site = Site(1)
        let id = site.create()
        for value in 1...3 { site.insert(id, .integer(Int64(value))) }
        site.put(id, "key", .integer(1))
        var copy = site.lattice
        site.remove(id, .integer(2))
        site.removeKey(id, "key")
        copy.join(site.lattice.restricted(to: id, fields: [.set]))
        #expect(copy[id]?[.set]?.set?.elements == [.integer(1), .integer(3)])
        #expect(copy[id]?[.map]?.map?["key"] == .integer(1), "the map was not in the part")
        copy.join(site.lattice.restricted(to: id, fields: [.map, .counter]))
        #expect(copy == site.lattice)
    }

    @Test func thePartOfADeletedEntityDeletesItAndThatOfAnUnknownOneIsEmpty() {
        var site = Site(1)
        let id = site.create()
        var copy = site.lattice
        site.delete(id)
        copy.join(site.lattice.restricted(to: id))
        #expect(copy.isDeleted(id))
        #expect(site.lattice.restricted(to: EntityID(raw: 1 << 40 | 1)).isEmpty)
    }

    @Test func everyPartTogetherIsTheWhole() throws {
        for seed in UInt64(0)..<10 {
            let whole = randomHistory(seed: seed, edits: 80).reduce(into: Lattice()) { $0.join($1) }
            var assembled = whole.extract(whole.sortedIDs + whole.sortedIDs)
            #expect(try Lattice(encoded: assembled.encoded()) == assembled)
            #expect(assembled.entityCount == whole.entityCount)
            assembled.join(whole)
            #expect(assembled == whole)
        }
    }

    @Test func aCopyThatForgotAnEntityGetsItBackWhole() {
        for seed in UInt64(0)..<20 {
            var random = SeededRandom(seed: seed)
            var site = Site(1)
            for _ in 0..<60 { site.editAtRandom(&random) }
            var copy = site.lattice.extract(site.lattice.sortedIDs)
            let full = copy
            for id in copy.sortedIDs {
                copy.forget(id)
                #expect(copy[id] == nil)
                #expect(!copy.isDeleted(id))
                #expect(copy.entityCount == full.entityCount - 1)
                copy.join(site.lattice.restricted(to: id))
                #expect(copy == full)
            }
            for id in copy.sortedIDs { copy.forget(id) }
            #expect(copy.isEmpty, "forgetting everything leaves nothing")
        }
    }
}
