import CairnBasics
import CairnCRDT
import Testing

/// Two sites that hear each other at once, one of which makes the edits.
@Suite struct MemoryFollowsLiveStateTests {
    /// How much longer the encoding is after `rounds` of `churn` than after the first.
    private func growth(
        rounds: Int, _ churn: (inout Site, EntityID, Int) -> Void
    ) -> Int {
        var site = Site(1)
        let id = site.create()
        churn(&site, id, 0)
        let before = site.lattice.encoded().count
        for round in 1...rounds { churn(&site, id, round) }
        return site.lattice.encoded().count - before
    }

    /// What the numbers in a context may grow by as they count higher; no list grows.
    static let longerNumbers = 8

    @Test func createdAndDeletedEntitiesLeaveNothingBehind() {
        let grown = growth(rounds: 5_000) { site, _, _ in
            let id = site.create()
            site.set(id, .text("a name that takes some room"))
            site.delete(id)
        }
        #expect(grown <= Self.longerNumbers)
    }

    @Test func insertedAndRemovedElementsLeaveNothingBehind() {
        let grown = growth(rounds: 5_000) { site, id, round in
            site.insert(id, .integer(Int64(round)))
            site.remove(id, .integer(Int64(round)))
        }
        #expect(grown <= Self.longerNumbers)
    }

    @Test func keysPutOverAndOverAndRemovedLeaveNothingBehind() {
        let grown = growth(rounds: 3_000) { site, id, round in
            site.put(id, "\(round)", .integer(1))
            site.put(id, "\(round)", .integer(2))
            site.removeKey(id, "\(round)")
        }
        #expect(grown <= Self.longerNumbers)
    }

    @Test func overwritingTakesNoRoom() {
        let grown = growth(rounds: 2_000) { site, id, round in
            site.set(id, .integer(1))
            site.add(id, round % 2 == 0 ? 1 : -1)
            site.insert(id, .text("same"))
            site.put(id, "same", .text("same"))
        }
        #expect(grown <= Self.longerNumbers)
    }

    @Test func sitesThatDeleteEachOthersEntitiesLeaveNothingBehind() {
        var left = Site(1)
        var right = Site(2)
        for _ in 0..<500 {
            let mine = left.create()
            let theirs = right.create()
            right.receive(left.journal[left.journal.count - 1])
            left.receive(right.journal[right.journal.count - 1])
            left.delete(theirs)
            right.delete(mine)
            right.receive(left.journal[left.journal.count - 1])
            left.receive(right.journal[right.journal.count - 1])
        }
        #expect(left.lattice == right.lattice)
        #expect(left.lattice.entityCount == 0)
        #expect(left.lattice.encoded().count <= 24)
    }
}
