import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWorld
import Testing

@Suite struct TheNearestAreFreshTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func nearPagesHoldTheSixtyFourNearestInEveryTick(seed: UInt64) {
        var square = Square(people: 1_200, metres: 120, seed: seed)
        var store = BlockStore(tickHertz: 20)
        var session = Session(interestMetres: 100, cellMetres: 8, seed: seed)
        session.packetsPerTick = 20
        session.centre = Position(x: Int32(seed) * 9_000 - 20_000, y: 7_000, z: 0)
        for _ in 0..<60 {
            square.step()
            session.centre.x += 300
            session.centre.y -= 200
            store.beginTick(world: square.world)
            session.run(&store, square.world)
            let near = Set(session.subscription.nearPages)
            let nearest = square.rowsByDistance(from: session.centre).prefix(64)
            let missing = nearest.filter { !near.contains(square.world.table.pages[$0]) }
            #expect(missing == [], "tick \(square.world.tick)")
            for row in nearest {
                let mine = session.replica.entities.row(of: square.world.table.ids[row])
                let motion = mine.map { session.replica.entities.motion(row: $0) }
                #expect(motion == square.world.table.motions[row], "tick \(square.world.tick)")
            }
        }
        let pages = session.subscription.followedPages.count
        #expect(session.subscription.nearPages.count * 3 < pages, "most are not near")
        #expect(session.complaints == [])
    }

    @Test func fewAreAllNear() {
        var square = Square(people: 60, metres: 120, seed: 9)
        var store = BlockStore(tickHertz: 20)
        var session = Session(interestMetres: 100, cellMetres: 8)
        for _ in 0..<40 {
            square.step()
            store.beginTick(world: square.world)
            session.run(&store, square.world)
            #expect(Set(session.subscription.nearPages) == Set(session.subscription.followedPages))
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func theOthersAreAboutRightAndExactWhenTheyRest(seed: UInt64) {
        var square = Square(people: 800, metres: 120, seed: seed)
        var store = BlockStore(tickHertz: 20)
        var session = Session(
            interestMetres: 60, cellMetres: 8,
            faults: Faults(loss: Ratio(1, in: 20), delay: 1), seed: seed)
        session.packetsPerTick = 20
        for _ in 0..<80 {
            square.step()
            store.beginTick(world: square.world)
            session.run(&store, square.world)
        }
        // Nobody walks any more; whoever looks a second and a lost packet later sees all of it.
        session.faults.loss = .never
        for _ in 0..<45 {
            square.world.beginTick(square.world.tick + 1)
            store.beginTick(world: square.world)
            session.run(&store, square.world)
        }
        #expect(session.differences(from: square.world) == [])
        #expect(session.overlooked(in: square.world) == [])
    }
}
