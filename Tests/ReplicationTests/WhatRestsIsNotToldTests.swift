import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWorld
import Testing

@Suite struct WhatRestsIsNotToldTests {
    @Test func aWorldAtRestCostsNothingOnceItIsKnown() {
        var town = Town(seed: 1)
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<100 { town.createSomewhere() }
        var session = Session(interestMetres: 100)
        for _ in 0..<40 { run(&town, &store, &session) }
        let sent = session.blocksSent
        for _ in 0..<100 { run(&town, &store, &session) }
        #expect(session.blocksSent == sent)
        #expect(session.differences(from: town.world) == [])
    }

    @Test func whatStoppedWhileEveryPacketWasLostIsToldAgain() {
        var town = Town(seed: 2)
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<50 { town.createSomewhere() }
        var session = Session(interestMetres: 100)
        for _ in 0..<20 { run(&town, &store, &session) }
        session.faults = Faults(loss: Ratio(1, in: 1))
        town.walk()
        for _ in 0..<30 { run(&town, &store, &session) }
        session.faults = .none
        for _ in 0..<20 { run(&town, &store, &session) }
        #expect(session.differences(from: town.world) == [])
    }

    @Test func aPageThatEmptiesIsToldAndForgotten() {
        var town = Town(seed: 3)
        var store = BlockStore(tickHertz: 20)
        for x in [Int32(-40), 0, 40] {
            town.create(at: Motion(position: Position(x: x * 1_024, y: 0, z: 0)))
        }
        var session = Session(interestMetres: 100)
        for _ in 0..<10 { run(&town, &store, &session) }
        #expect(session.subscription.followedPages.count == 3)
        town.delete(town.ids[1])
        for _ in 0..<10 { run(&town, &store, &session) }
        #expect(session.differences(from: town.world) == [])
        #expect(session.replica.entities.visibleCount == 2)
        // The page ends at the server, and then at the client.
        for _ in 0..<400 { run(&town, &store, &session) }
        #expect(session.subscription.followedPages.count == 2)
        #expect(session.differences(from: town.world) == [])
        // Its index serves another cell.
        town.create(at: Motion(position: Position(x: 0, y: 40 * 1_024, z: 0)))
        for _ in 0..<10 { run(&town, &store, &session) }
        #expect(session.subscription.followedPages.map(\.raw) == [0, 1, 2])
        #expect(session.differences(from: town.world) == [])
    }

    private func run(_ town: inout Town, _ store: inout BlockStore, _ session: inout Session) {
        store.beginTick(world: town.world)
        session.run(&store, town.world)
        town.beginTick()
    }
}
