import CairnBasics
import CairnCRDT
import Testing

/// Two sites that share one entity.
private struct Couple {
    var left = Site(1)
    var right = Site(2)
    let id: EntityID

    init() {
        id = left.create()
        right.receive(left.lattice)
    }

    mutating func meet() {
        let (mine, theirs) = (left.lattice, right.lattice)
        left.receive(theirs)
        right.receive(mine)
        #expect(left.lattice == right.lattice)
    }

    var maximum: Int64? { left.lattice[id]?[.maximum]?.maximum?.value }
    var minimum: Int64? { left.lattice[id]?[.minimum]?.minimum?.value }
    var values: [Scalar]? { left.lattice[id]?[.multiValue]?.multiValue?.values }
}

@Suite struct ExtremesOnlyMoveOneWayTests {
    @Test func theLargestWriteStandsWhateverCameLater() {
        var couple = Couple()
        couple.left.raise(couple.id, to: 7)
        couple.right.wall += 50
        couple.right.raise(couple.id, to: 5)
        couple.meet()
        #expect(couple.maximum == 7)
        couple.right.raise(couple.id, to: .max)
        couple.meet()
        #expect(couple.maximum == .max)
    }

    @Test func theSmallestWriteStandsWhateverCameLater() {
        var couple = Couple()
        couple.left.lower(couple.id, to: -7)
        couple.right.wall += 50
        couple.right.lower(couple.id, to: -5)
        couple.meet()
        #expect(couple.minimum == -7)
        couple.right.lower(couple.id, to: .min)
        couple.meet()
        #expect(couple.minimum == .min)
    }

    @Test func theFirstWriteStandsThoughItIsNegativeOrPositive() {
        var couple = Couple()
        couple.left.raise(couple.id, to: .min)
        couple.left.lower(couple.id, to: .max)
        couple.meet()
        #expect(couple.maximum == .min)
        #expect(couple.minimum == .max)
    }

    @Test func aWriteThatMovesNothingIsTheEmptyDelta() {
        var couple = Couple()
        couple.left.raise(couple.id, to: 3)
        couple.left.lower(couple.id, to: 3)
        let (author, lattice) = (couple.left.author, couple.left.lattice)
        for value in [3, 2] as [Int64] {
            #expect(author.raise(couple.id, .maximum, to: value, in: lattice).isEmpty)
        }
        for value in [3, 4] as [Int64] {
            #expect(author.lower(couple.id, .minimum, to: value, in: lattice).isEmpty)
        }
        couple.left.delete(couple.id)
        #expect(author.raise(couple.id, .maximum, to: 9, in: couple.left.lattice).isEmpty)
    }
}

@Suite struct ConcurrentWritesAreKeptTests {
    @Test func writesThatKnewNothingOfEachOtherAreBothRead() {
        var couple = Couple()
        couple.left.write(couple.id, .text("open"))
        couple.right.wall += 50
        couple.right.write(couple.id, .text("closed"))
        couple.meet()
        #expect(couple.values == [.text("closed"), .text("open")])
    }

    @Test func aWriteThatSawThemReplacesThemAll() {
        var couple = Couple()
        couple.left.write(couple.id, .text("open"))
        couple.right.write(couple.id, .text("closed"))
        couple.meet()
        couple.right.write(couple.id, .text("ajar"))
        couple.meet()
        #expect(couple.values == [.text("ajar")])
    }

    @Test func aWriteLeavesWhatItHasNotSeen() {
        var couple = Couple()
        couple.left.write(couple.id, .integer(1))
        couple.meet()
        couple.left.write(couple.id, .integer(2))
        couple.right.write(couple.id, .integer(3))
        couple.right.write(couple.id, .integer(4))
        couple.meet()
        #expect(couple.values == [.integer(2), .integer(4)], "1 and 3 were seen and replaced")
    }

    @Test func oneValueWrittenTwiceIsReadOnce() {
        var couple = Couple()
        couple.left.write(couple.id, .boolean(true))
        couple.right.write(couple.id, .boolean(true))
        couple.meet()
        #expect(couple.values == [.boolean(true)])
        couple.left.write(couple.id, .boolean(false))
        couple.meet()
        #expect(couple.values == [.boolean(false)])
    }

    @Test func writingOverAndOverTakesNoRoom() {
        var couple = Couple()
        couple.left.write(couple.id, .integer(0))
        let before = couple.left.lattice.encoded().count
        for value in Int64(1)...60 { couple.left.write(couple.id, .integer(value)) }
        #expect(couple.left.lattice.encoded().count == before)
    }
}
