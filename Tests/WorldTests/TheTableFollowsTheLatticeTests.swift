import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

@Suite struct TheTableFollowsTheLatticeTests {
    private static let elsewhere = Motion(position: Position(x: -70_000, y: 3, z: 9))

    @Test func whatIsCreatedStandsAtItsPlacement() {
        var crowd = Crowd(cellMetres: 16)
        let id = crowd.create(at: Self.elsewhere.position)
        #expect(crowd.world.motion(of: id) == Self.elsewhere)
        #expect(crowd.faults() == [])
    }

    @Test func anEditBeforeTheCreationWaitsForIt() {
        var crowd = Crowd(cellMetres: 16)
        let (id, birth) = crowd.author.create(kind: KindID(4), owner: 2, wallMilliseconds: 1)
        let placed = crowd.author.set(
            id, .placement, .bytes(Self.elsewhere.restingBytes), wallMilliseconds: 2)
        let named = crowd.author.set(id, .name, .text("early"), wallMilliseconds: 3)
        crowd.world.apply(placed)
        crowd.world.apply(named)
        #expect(crowd.world.table.count == 0)
        crowd.world.apply(birth)
        #expect(crowd.world.motion(of: id) == Self.elsewhere)
        let row = crowd.world.table.row(of: id) ?? -1
        #expect(crowd.world.table.kinds[row] == KindID(4))
        #expect(crowd.world.table.owners[row] == 2)
        #expect(crowd.world.table.fieldVersions[row].map(\.part.field) == [.name])
    }

    @Test func whatIsDeletedIsGoneForEver() {
        var crowd = Crowd(cellMetres: 16)
        let id = crowd.create(at: .origin)
        let named = crowd.author.set(id, .name, .text("late"), wallMilliseconds: 9)
        crowd.world.apply(crowd.author.delete(id, in: crowd.world.lattice))
        #expect(crowd.world.table.row(of: id) == nil)
        crowd.world.apply(named)
        #expect(crowd.world.table.row(of: id) == nil)
        #expect(crowd.world.table.count == 0)
    }

    @Test func aNewPlacementMovesAndAnOldOneDoesNot() {
        var crowd = Crowd(cellMetres: 16)
        let id = crowd.create(at: .origin)
        let old = crowd.author.set(
            id, .placement, .bytes(Motion(position: .origin).restingBytes), wallMilliseconds: 50)
        let new = crowd.author.set(
            id, .placement, .bytes(Self.elsewhere.restingBytes), wallMilliseconds: 60)
        crowd.world.apply(new)
        #expect(crowd.world.motion(of: id) == Self.elsewhere)
        crowd.world.apply(old)
        #expect(crowd.world.motion(of: id) == Self.elsewhere)
    }

    @Test func onlyTheEditedFieldGetsANewVersion() {
        var crowd = Crowd(cellMetres: 16)
        let id = crowd.create(at: .origin)
        crowd.world.apply(crowd.author.set(id, .name, .text("a"), wallMilliseconds: 5))
        crowd.world.apply(
            crowd.author.add(id, FieldID(2), 1, in: crowd.world.lattice))
        let row = crowd.world.table.row(of: id) ?? -1
        let before = crowd.world.table.fieldVersions[row]
        crowd.world.apply(
            crowd.author.add(id, FieldID(2), 1, in: crowd.world.lattice))
        let after = crowd.world.table.fieldVersions[row]
        #expect(before.map(\.part.field) == [.name, FieldID(2)])
        #expect(after[0] == before[0])
        #expect(after[1].version > before[1].version)
    }

    @Test func inAnotherPageAllPropertiesAreNews() {
        var crowd = Crowd(cellMetres: 16)
        let id = crowd.create(at: .origin)
        crowd.world.apply(crowd.author.set(id, .name, .text("a"), wallMilliseconds: 5))
        let row = crowd.world.table.row(of: id) ?? -1
        crowd.world.move(row: row, to: Self.elsewhere)
        let page = crowd.world.table.pages[row]
        #expect(crowd.world.hash.pages[page.index].propertyVersion == 1)
        #expect(crowd.world.table.fieldVersions[row].map(\.version) == [1])
    }

    @Test(arguments: 0..<4)
    func journalsReplayedInAnyOrderMakeTheSameWorld(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var crowd = Crowd(cellMetres: 16)
        crowd.keepsJournal = true
        for _ in 0..<300 { crowd.disturb(&random) }
        var replayed = Crowd(cellMetres: 16)
        for delta in crowd.journal.shuffled(using: &random) { replayed.world.apply(delta) }
        #expect(replayed.world.lattice == crowd.world.lattice)
        #expect(replayed.world.table.count == crowd.world.table.count)
        #expect(replayed.faults() == [])
        for id in crowd.ids { #expect(replayed.world.motion(of: id) != nil) }
    }
}
