import CairnBasics
import CairnGeometry
import CairnReplication
import Testing

@Suite struct EveryClientSeesWhatIsThereTests {
    @Test(arguments: 0..<12)
    func afterAHarshNetworkHasCalmedDownEveryPictureIsExact(seed: Int) {
        var town = Town(seed: UInt64(seed))
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<150 { town.createSomewhere() }
        var sessions = (0..<4).map { number in
            Session(
                interestMetres: [16, 32, 48, 200][number], faults: .harsh,
                seed: UInt64(seed * 10 + number))
        }
        for step in 0..<400 {
            town.beginTick()
            town.walk()
            for _ in 0..<3 { town.editSomething() }
            if step % 5 == 0 { town.createSomewhere() }
            if step % 5 == 2, let id = town.pick() { town.delete(id) }
            for index in sessions.indices where index != 3 {
                sessions[index].centre.x += Int32(town.random.below(3_000)) - 1_500
                sessions[index].centre.y += Int32(town.random.below(3_000)) - 1_500
            }
            store.beginTick(world: town.world)
            for index in sessions.indices { sessions[index].run(&store, town.world) }
        }
        for index in sessions.indices { sessions[index].faults = .none }
        for _ in 0..<40 {
            town.beginTick()
            store.beginTick(world: town.world)
            for index in sessions.indices { sessions[index].run(&store, town.world) }
        }
        for session in sessions {
            #expect(session.differences(from: town.world) == [])
            #expect(session.overlooked(in: town.world) == [])
            #expect(session.replica.counts.digestsAgreed > 100)
            #expect(session.replica.counts.digestsDiffered == 0)
            #expect(session.replica.counts.refusals == 0)
        }
    }

    @Test(arguments: 0..<8)
    func whoJumpsToAndFroWhileLeavesAndKeyframesOvertakeEachOtherSeesWhatIsThere(seed: Int) {
        var town = Town(seed: UInt64(seed))
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<60 { town.createSomewhere() }
        var session = Session(interestMetres: 16, faults: .harsh, seed: UInt64(seed))
        for step in 0..<300 {
            town.beginTick()
            if step % 7 == 0 { town.walk() }
            // Far enough for everything to be left, and soon back.
            if step % (3 + seed) == 0 { session.centre.x = session.centre.x == 0 ? 60_000 : 0 }
            store.beginTick(world: town.world)
            session.run(&store, town.world)
        }
        session.faults = .none
        for _ in 0..<40 {
            town.beginTick()
            store.beginTick(world: town.world)
            session.run(&store, town.world)
        }
        #expect(session.differences(from: town.world) == [])
        #expect(session.overlooked(in: town.world) == [])
    }

    @Test func whereThereAreMorePagesThanOneMayFollowTheNearestAreFollowed() {
        var town = Town(seed: 1, cellMetres: 2)
        var store = BlockStore(tickHertz: 20)
        for x in Int32(-24)..<24 {
            for y in Int32(-24)..<24 {
                let place = Position(x: x * 2_048, y: y * 2_048, z: 0)
                town.create(at: Motion(position: place))
            }
        }
        var session = Session(interestMetres: 80, cellMetres: 2)
        session.packetsPerTick = 40
        for step in 0..<60 {
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
            if step == 20 { session.centre = Position(x: 30_000, y: -20_000, z: 0) }
            if step == 40 {
                town.create(at: Motion(position: Position(x: 30_000, y: -20_000, z: 5_000)))
            }
        }
        #expect(session.subscription.followedPages.count == BlockLimits.followedPages)
        #expect(session.differences(from: town.world) == [])
        session.subscription.interestMetres = 20
        #expect(session.overlooked(in: town.world) == [])
    }

    @Test(arguments: 0..<4)
    func onAPerfectNetworkEveryTickIsExact(seed: Int) {
        var town = Town(seed: UInt64(seed))
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<100 { town.createSomewhere() }
        var session = Session(interestMetres: 40)
        session.packetsPerTick = 100
        for step in 0..<200 {
            town.beginTick()
            town.walk()
            town.editSomething()
            if step % 10 == 0 { town.createSomewhere() }
            session.centre.x += 700
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            let motions = session.differences(from: town.world).filter { $0.contains("elsewhere") }
            #expect(motions == [], "tick \(step)")
        }
    }
}
