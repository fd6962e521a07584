import CairnBasics
import CairnCRDT
import Testing

/// Two sites that share one entity.
private struct Couple {
    var left = Site(1)
    var right = Site(2)
    let id: EntityID

    init() {
        id = left.create(kind: 3, owner: 77)
        right.receive(left.lattice)
    }

    mutating func meet() {
        let (mine, theirs) = (left.lattice, right.lattice)
        left.receive(theirs)
        right.receive(mine)
        #expect(left.lattice == right.lattice)
    }

    var register: Scalar? { left.lattice[id]?.latest(.register) }
    var counter: Int64? { left.lattice[id]?[.counter]?.counter?.value }
    var set: AddWinsSet? { left.lattice[id]?[.set]?.set }
    var map: AddWinsMap? { left.lattice[id]?[.map]?.map }
}

@Suite struct EditsMeanWhatTheySayTests {
    @Test func theLaterWriteWins() {
        var couple = Couple()
        couple.left.set(couple.id, .text("early"))
        couple.right.wall += 5
        couple.right.set(couple.id, .text("late"))
        couple.meet()
        #expect(couple.register == .text("late"))
    }

    @Test func ofWritesAtOneTimeTheLargerReplicasWins() {
        var couple = Couple()
        couple.left.set(couple.id, .text("left"))
        couple.right.set(couple.id, .text("right"))
        couple.meet()
        #expect(couple.register == .text("right"))
    }

    @Test func aWriteThatSawAnotherWinsThoughItsWallClockIsBehind() {
        var couple = Couple()
        couple.left.set(couple.id, .text("seen"))
        couple.meet()
        couple.right.wall -= 300
        couple.right.set(couple.id, .text("answer"))
        couple.meet()
        #expect(couple.register == .text("answer"))
    }

    @Test func concurrentAdditionsAllCount() {
        var couple = Couple()
        for _ in 0..<10 { couple.left.add(couple.id, 3) }
        for _ in 0..<10 { couple.right.add(couple.id, -4) }
        couple.meet()
        couple.meet()
        #expect(couple.counter == -10)
    }

    @Test func aCounterSaturatesInsteadOfTrapping() {
        var couple = Couple()
        for _ in 0..<3 { couple.left.add(couple.id, .max) }
        #expect(couple.counter == .max)
        for _ in 0..<9 { couple.left.add(couple.id, .min) }
        couple.meet()
        #expect(couple.counter == 0, "both tallies are full")
    }

    @Test func anElementAddedWhileItIsRemovedElsewhereStays() {
        var couple = Couple()
        couple.left.insert(couple.id, .text("lamp"))
        couple.meet()
        couple.left.remove(couple.id, .text("lamp"))
        couple.right.insert(couple.id, .text("lamp"))
        couple.meet()
        #expect(couple.set?.elements == [.text("lamp")])
    }

    @Test func aRemovalThatSawEveryAdditionRemoves() {
        var couple = Couple()
        couple.left.insert(couple.id, .text("lamp"))
        couple.right.insert(couple.id, .text("lamp"))
        couple.meet()
        #expect(couple.set?.count == 1, "added twice, there once")
        couple.left.remove(couple.id, .text("lamp"))
        couple.meet()
        #expect(couple.set?.contains(.text("lamp")) == false)
        #expect(couple.set?.count == 0)
    }

    @Test func aRemovalThatOvertakesTheAdditionItSawStillRemoves() {
        var couple = Couple()
        couple.left.insert(couple.id, .text("lamp"))
        couple.left.remove(couple.id, .text("lamp"))
        let deltas = couple.left.journal.suffix(2)
        for delta in deltas.reversed() { couple.right.receive(delta) }
        #expect(couple.right.lattice == couple.left.lattice)
        #expect(couple.set?.count == 0)
    }

    @Test func setsKeepTheirElementsSortedWhateverTheOrderOfAddition() {
        var couple = Couple()
        for value in [3, 1, 2] as [Int64] { couple.left.insert(couple.id, .integer(value)) }
        couple.right.insert(couple.id, .integer(0))
        couple.meet()
        #expect(couple.set?.elements == [.integer(0), .integer(1), .integer(2), .integer(3)])
    }

    @Test func aKeyPutWhileItIsRemovedElsewhereStays() {
        var couple = Couple()
        couple.left.put(couple.id, "sign", .text("open"))
        couple.meet()
        couple.left.removeKey(couple.id, "sign")
        couple.right.put(couple.id, "sign", .text("closed"))
        couple.meet()
        #expect(couple.map?["sign"] == .text("closed"))
    }

    @Test func ofConcurrentPutsTheLatestIsReadUntilOneReplacesBoth() {
        var couple = Couple()
        couple.right.wall += 5
        couple.right.put(couple.id, "sign", .text("late"))
        couple.left.put(couple.id, "sign", .text("early"))
        couple.meet()
        #expect(couple.map?["sign"] == .text("late"))
        #expect(couple.map?.count == 1)
        couple.left.put(couple.id, "sign", .text("last"))
        couple.meet()
        #expect(couple.map?["sign"] == .text("last"))
        couple.right.removeKey(couple.id, "sign")
        couple.meet()
        #expect(couple.map?["sign"] == nil)
        #expect(couple.map?.keys == [])
    }

    @Test func keysThatOnlyLookEqualAreDifferentKeys() {
        var couple = Couple()
        couple.left.put(couple.id, "é", .integer(1))
        couple.left.put(couple.id, "e\u{301}", .integer(2))
        #expect(couple.map?.count == 2)
        #expect(couple.map?["é"] == .integer(1))
        #expect(couple.map?["e\u{301}"] == .integer(2))
    }
}
