import CairnBasics
import CairnCRDT
import Testing

@Suite struct AuthorsNeverWriteTwiceTests {
    @Test func anEditWithNothingToDoIsTheEmptyDelta() {
        var site = Site(1)
        let id = site.create()
        let lattice = site.lattice
        #expect(site.author.add(id, .counter, 0, in: lattice).isEmpty)
        #expect(site.author.remove(id, .set, .integer(1), in: lattice).isEmpty)
        #expect(site.author.removeKey(id, .map, "key", in: lattice).isEmpty)
        let unknown = EntityID(raw: 1 << 40 | 1)
        #expect(site.author.delete(unknown, in: lattice).isEmpty)
        site.delete(id)
        #expect(site.author.insert(id, .set, .integer(1), in: site.lattice).isEmpty)
        #expect(site.author.delete(id, in: site.lattice).isEmpty)
    }

    @Test func theIDThatNoEntityHasCannotBeEdited() {
        var site = Site(1)
        site.set(.none, .integer(1))
        site.insert(.none, .integer(1))
        site.add(.none, 1)
        #expect(site.lattice.isEmpty)
    }

    @Test func negativeZeroIsWrittenAsZero() {
        var site = Site(1)
        let id = site.create()
        site.set(id, .real(-0.0))
        #expect(site.lattice[id]?.latest(.register) == .real(0))
    }

    @Test func anEditAfterTheEditedEntityIsGoneGoesOn() {
        var site = Site(1)
        let first = site.create()
        let second = site.create()
        site.insert(first, .integer(1))
        site.delete(first)
        site.insert(second, .integer(2))
        #expect(site.lattice[second]?[.set]?.set?.elements == [.integer(2)])
    }

    @Test func anAuthorRefusesALatticeThatLacksItsLastEdit() async {
        await #expect(processExitsWith: .failure) {
            var site = Site(1)
            let id = site.create()
            _ = site.author.insert(id, .set, .integer(1), in: site.lattice)
            // The insertion was not joined, so this one would use its dot again.
            _ = site.author.insert(id, .set, .integer(2), in: site.lattice)
        }
    }

    @Test func anAuthorRefusesNaN() async {
        await #expect(processExitsWith: .failure) {
            var site = Site(1)
            let id = site.create()
            site.set(id, .real(.nan))
        }
    }
}
