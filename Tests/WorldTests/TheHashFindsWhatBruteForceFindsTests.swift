import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

@Suite struct TheHashFindsWhatBruteForceFindsTests {
    @Test(arguments: [2, 16, 256])
    func longRunsOfMovesAgreeWithASearchOfEverybody(cellMetres: Int) {
        var random = SeededRandom(seed: UInt64(cellMetres))
        var crowd = Crowd(cellMetres: cellMetres)
        for step in 0..<3_000 {
            if step % 50 == 0 { crowd.world.beginTick(crowd.world.tick + 1) }
            crowd.disturb(&random)
            if step % 20 == 0 {
                let centre = Crowd.position(&random)
                let radius = random.below(120 * 1_024)
                #expect(crowd.found(within: radius, of: centre) == crowd.near(radius, centre))
            }
        }
        #expect(crowd.faults() == [])
    }

    @Test func positionsOnTheEdgeOfACellBelongToOneCell() {
        let grid = CellGrid(cellMetres: 16)
        let edge: Int32 = 16 * 1_024
        for (coordinate, cell) in [
            (0, 0), (edge - 1, 0), (edge, 1), (-1, -1), (-edge, -1), (-edge - 1, -2),
            (.min, .min >> 14), (.max, .max >> 14),
        ] as [(Int32, Int32)] {
            let key = grid.cell(of: Position(x: coordinate, y: 0, z: coordinate))
            #expect(key == CellKey(x: cell, y: 0, z: cell))
            #expect((key.x, key.y, key.z) == (cell, 0, cell))
            #expect(grid.corner(of: key).x <= coordinate)
        }
    }

    @Test func keysAreOrderedByTheirCoordinates() {
        let coordinates: [Int32] = [-1_048_576, -2, -1, 0, 1, 2, 1_048_575]
        for (x, y) in zip(coordinates, coordinates.dropFirst()) {
            #expect(CellKey(x: x, y: 0, z: 5) < CellKey(x: y, y: 0, z: -5))
            #expect(CellKey(x: 0, y: 0, z: x) < CellKey(x: 0, y: 0, z: y))
        }
    }

    @Test func aSearchOfTheWholeWorldEnds() {
        var random = SeededRandom(seed: 1)
        var crowd = Crowd(cellMetres: 2)
        for _ in 0..<200 { crowd.disturb(&random) }
        let centre = Position(x: .min, y: .max, z: 0)
        #expect(crowd.found(within: 0x7fff_ffff, of: .origin).count == crowd.ids.count)
        #expect(crowd.found(within: 5, of: centre).isEmpty)
    }
}

@Suite struct CrowdsShareCellsInPagesTests {
    @Test func aCellHoldsAsManyAsComeAndItsPagesFillUpAgain() {
        var random = SeededRandom(seed: 1)
        var crowd = Crowd(cellMetres: 16)
        for _ in 0..<100 { crowd.create(at: Position(x: 5, y: 5, z: 5)) }
        let cell = crowd.world.hash.grid.cell(of: Position(x: 5, y: 5, z: 5))
        #expect(crowd.pages(of: cell).count == 4)
        for _ in 0..<60 { crowd.deleteOne(&random) }
        for _ in 0..<60 { crowd.create(at: Position(x: 6, y: 6, z: 6)) }
        #expect(crowd.pages(of: cell).count == 4)
        #expect(crowd.faults() == [])
    }

    @Test func aPageThatStaysEmptyEndsAndItsIndexIsUsedAgain() {
        var random = SeededRandom(seed: 1)
        var crowd = Crowd(cellMetres: 16)
        crowd.create(at: .origin)
        let generation = crowd.world.hash.pages[0].generation
        crowd.deleteOne(&random)
        crowd.world.beginTick(Tick(150))
        #expect(crowd.world.hash.pages[0].isLive)
        crowd.world.beginTick(Tick(300))
        #expect(!crowd.world.hash.pages[0].isLive)
        #expect(crowd.world.hash.firstPage(of: CellKey(x: 0, y: 0, z: 0)) == nil)
        crowd.create(at: Position(x: -9_000, y: 0, z: 0))
        #expect(crowd.world.hash.pages.count == 1)
        #expect(crowd.world.hash.pages[0].generation != generation)
        #expect(crowd.faults() == [])
    }

    @Test func aPageThatFillsInTimeLivesOn() {
        var random = SeededRandom(seed: 1)
        var crowd = Crowd(cellMetres: 16)
        crowd.create(at: .origin)
        crowd.deleteOne(&random)
        crowd.world.beginTick(Tick(150))
        crowd.create(at: .origin)
        crowd.world.beginTick(Tick(600))
        #expect(crowd.world.hash.pages[0].isLive)
        #expect(crowd.faults() == [])
    }
}
