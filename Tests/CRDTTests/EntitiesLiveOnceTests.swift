import CairnBasics
import CairnCRDT
import Testing

@Suite struct EntitiesLiveOnceTests {
    @Test func aNewEntityHasItsKindAndOwnerEverywhere() {
        var site = Site(1)
        let id = site.create(kind: 3, owner: 77)
        var other = Site(2)
        let changed = other.lattice.join(site.journal[0])
        #expect(changed == [id])
        #expect(other.lattice[id]?.life?.kind == KindID(3))
        #expect(other.lattice[id]?.life?.owner == 77)
        #expect(other.lattice.sortedIDs == [id])
    }

    @Test func aDeletedEntityStaysDeletedWhateverComesLate() {
        var site = Site(1)
        let id = site.create()
        site.set(id, .integer(1))
        site.insert(id, .integer(2))
        site.delete(id)
        #expect(site.lattice.isDeleted(id))
        let journal = site.journal
        for delta in journal + journal.reversed() { #expect(site.lattice.join(delta) == []) }
        #expect(!site.lattice.contains(id))
        #expect(site.lattice[id] == nil)
        #expect(site.lattice.entityCount == 0)
    }

    @Test func deletionWinsOverAConcurrentEdit() {
        var left = Site(1)
        let id = left.create()
        var right = Site(2)
        right.receive(left.lattice)
        left.delete(id)
        right.set(id, .text("still here"))
        right.insert(id, .text("and here"))
        left.receive(right.lattice)
        right.receive(left.lattice)
        #expect(left.lattice == right.lattice)
        #expect(left.lattice.isDeleted(id))
    }

    @Test func aDeletionThatOvertakesTheCreationStillDeletes() {
        var site = Site(1)
        let id = site.create()
        site.delete(id)
        var other = Site(2)
        for delta in site.journal.reversed() { other.receive(delta) }
        #expect(other.lattice == site.lattice)
        #expect(other.lattice.isDeleted(id))
    }

    @Test func idsAreNeverUsedAgain() {
        var site = Site(1)
        var ids: Set<EntityID> = []
        for _ in 0..<100 {
            let id = site.create()
            #expect(ids.insert(id).inserted)
            site.delete(id)
        }
        var rebooted = Site(1, boot: 2)
        rebooted.receive(site.lattice)
        #expect(ids.insert(rebooted.create()).inserted)
    }

    @Test func oneDeltaMayCreateEditAndDeleteManyAndNamesEachOnceInOrder() {
        var site = Site(2)
        let kept = site.create()
        let doomed = site.create()
        var copy = site.lattice
        let earlier = Site(1).author
        var other = Site(1)
        other.author = earlier
        other.receive(site.lattice)
        let created = other.create()
        other.set(created, .integer(1))
        other.set(kept, .integer(2))
        other.delete(doomed)
        #expect(copy.join(other.lattice) == [created, kept, doomed])
        #expect(copy == other.lattice)
        #expect(copy.join(other.lattice) == [])
    }
}

@Suite struct EditsWaitForTheirEntityTests {
    @Test func anEditThatOvertakesTheCreationWaitsAndThenShows() {
        var site = Site(1)
        let id = site.create()
        site.set(id, .text("name"))
        site.add(id, 5)
        var other = Site(2)
        #expect(other.lattice.join(site.journal[1]) == [id])
        #expect(!other.lattice.contains(id))
        #expect(other.lattice.embryoCount == 1)
        #expect(other.lattice.sortedIDs == [])
        #expect(other.lattice[id]?.life == nil)
        #expect(other.lattice[id]?.latest(.register) == .text("name"))
        other.lattice.join(site.journal[2])
        #expect(other.lattice.join(site.journal[0]) == [id])
        #expect(other.lattice == site.lattice)
        #expect(other.lattice.embryoCount == 0)
        #expect(other.lattice.entityCount == 1)
    }

    @Test func anEditOfAnEntityWhoseDeletionComesFirstGoes() {
        var site = Site(1)
        let id = site.create()
        site.set(id, .text("name"))
        site.delete(id)
        var other = Site(2)
        other.receive(site.journal[1])
        #expect(other.lattice.join(site.journal[2]) == [id])
        #expect(other.lattice.embryoCount == 0)
        #expect(other.lattice[id] == nil)
    }

    @Test func anEmbryoComesBackFromItsBytes() throws {
        var site = Site(1)
        let id = site.create()
        site.set(id, .text("name"))
        let embryo = site.journal[1]
        let decoded = try Lattice(encoded: embryo.encoded())
        #expect(decoded == embryo)
        #expect(decoded.embryoCount == 1)
    }
}
