import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWorld
import Testing

@Suite struct CrossingsDoNotBlinkTests {
    private static func motion(_ metres: Int32) -> Motion {
        Motion(position: Position(x: metres * 1_024, y: 0, z: 0))
    }

    /// Runs a walk along the x axis and returns every event.
    private static func events(
        faults: Faults, from start: Int32, to end: Int32, knowsInterest: Bool = true
    ) -> [ReplicaEvent] {
        var town = Town(seed: 1)
        var store = BlockStore(tickHertz: 20)
        let id = town.create(at: motion(start))
        var session = Session(interestMetres: 32, faults: faults, seed: 7)
        session.recordsEvents = true
        if knowsInterest { session.replica.follow(centre: .origin, interestMetres: 32) }
        func tick(_ town: inout Town, _ session: inout Session, _ store: inout BlockStore) {
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
        }
        for _ in 0..<20 { tick(&town, &session, &store) }
        for metres in stride(from: start, through: end, by: start < end ? 1 : -1) {
            if let row = town.world.table.row(of: id) {
                town.world.move(row: row, to: motion(metres))
            }
            tick(&town, &session, &store)
        }
        session.faults = .none
        for _ in 0..<30 { tick(&town, &session, &store) }
        return session.events
    }

    @Test func whoWalksThroughManyCellsEntersOnce() {
        let events = Self.events(faults: .none, from: -30, to: 30)
        #expect(events.count == 1)
    }

    @Test func someLostPacketsDoNotMakeItBlink() {
        let faults = Faults(loss: Ratio(1, in: 8), delay: 1, jitter: 1)
        #expect(Self.events(faults: faults, from: -30, to: 30).count == 1)
    }

    @Test func whoWalksOutOfSightIsLeftOnce() {
        let events = Self.events(faults: .none, from: 0, to: 120)
        #expect(events.count == 2)
        guard case .left(_, let reason) = events.last else {
            Issue.record("it was not left")
            return
        }
        #expect(reason == .outOfInterest)
    }

    @Test func whoJumpsFarAwayIsLeftAtOnce() {
        var town = Town(seed: 1)
        var store = BlockStore(tickHertz: 20)
        let id = town.create(at: Self.motion(0))
        var session = Session(interestMetres: 32)
        session.recordsEvents = true
        session.replica.follow(centre: .origin, interestMetres: 32)
        for _ in 0..<5 {
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
        }
        if let row = town.world.table.row(of: id) {
            town.world.move(row: row, to: Self.motion(900))
        }
        store.beginTick(world: town.world)
        session.run(&store, town.world)
        #expect(session.events == [.entered(id), .left(id, .moved)])
    }

    @Test func whoIsDeletedIsLeftWithThatReason() {
        var town = Town(seed: 1)
        var store = BlockStore(tickHertz: 20)
        let id = town.create(at: Self.motion(0))
        var session = Session(interestMetres: 32)
        session.recordsEvents = true
        for _ in 0..<5 {
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
        }
        town.delete(id)
        store.beginTick(world: town.world)
        session.run(&store, town.world)
        #expect(session.events == [.entered(id), .left(id, .deleted)])
    }
}
