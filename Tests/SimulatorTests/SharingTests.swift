import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator
import Testing

/// Owners who let others edit their things, or hand them over. Accounts count from 1.
@Suite struct SharingTests {
    private func rename(_ thing: EntityID) -> Intent { .set(thing, .name, .text("renamed")) }

    @Test func whomAnOwnerTrustsMayEditAndPlaceAndNothingMore() {
        var world = Simulation.gathered(3)
        let thing = world.make(0)
        #expect(world.ask(2, rename(thing)).refusal?.rule == .ownership)
        #expect(world.ask(0, .share(thing, 3)).isAccepted)
        #expect(world.ask(2, rename(thing)).isAccepted)
        #expect(world.ask(2, .place(thing, world.server.motion(of: thing)!)).isAccepted)
        #expect(world.ask(2, .delete(thing)).refusal?.rule == .ownership)
        #expect(world.ask(2, .share(thing, 2)).refusal?.rule == .ownership)
        #expect(world.ask(2, .handOver(thing, 3)).refusal?.rule == .ownership)
        #expect(world.ask(0, .unshare(thing, 3)).isAccepted)
        #expect(world.ask(2, rename(thing)).refusal?.rule == .ownership)
    }

    @Test func aThingHasSoManyKeepersAndNoMore() {
        var world = Simulation.gathered(1)
        let thing = world.make(0)
        world.run(for: .seconds(2))
        let shares = (1...UInt64(WorldLimits.keepers)).map { Intent.share(thing, 100 + $0) }
        #expect(world.ask(0, .all(shares)).isAccepted)
        #expect(world.ask(0, .share(thing, 99)).refusal?.rule == .elements)
        #expect(world.ask(0, .share(thing, 101)).isAccepted, "who keeps it already may be named")
        #expect(world.ask(0, .all([.unshare(thing, 101), .share(thing, 99)])).isAccepted)
    }

    @Test func whoIsHandedAThingOwnsItAloneAndForGood() {
        var world = Simulation.gathered(3)
        let thing = world.make(0)
        #expect(world.ask(0, .share(thing, 2)).isAccepted)
        #expect(world.ask(0, .handOver(thing, 3)).isAccepted)
        #expect(world.ask(0, rename(thing)).refusal?.rule == .ownership)
        #expect(world.server.lattice[thing]?.keepers == [], "the old owner's keepers are gone")
        #expect(world.ask(2, rename(thing)).isAccepted)
        world.run(for: .seconds(1))
        world.killAndRestart()
        world.run(for: .seconds(2))
        #expect(world.ask(0, .delete(thing)).refusal?.rule == .ownership)
        #expect(world.ask(2, .delete(thing)).isAccepted)
    }

    @Test func quotasFollowWhatIsHandedOverAlsoThroughARestart() {
        var world = Simulation.gathered(3) { $0.thingsPerIdentity = 4 }
        let things = (0..<4).map { _ in world.make(0) }
        #expect(world.make(0) == .none)
        #expect(world.ask(0, .handOver(things[0], 3)).isAccepted)
        #expect(world.make(0) != .none, "what is handed over makes room")
        #expect(world.server.holding(of: 3).things == 1)
        let holding = world.server.holding(of: 3)
        world.run(for: .seconds(1))
        world.killAndRestart()
        #expect(world.server.holding(of: 3) == holding)
        #expect(world.server.holding(of: 1).things == 4)
    }

    @Test func nobodyFillsMoreThanHalfOfSomebodyElsesRoom() {
        var world = Simulation.gathered(3) { $0.thingsPerIdentity = 4 }
        let things = (0..<4).map { _ in world.make(0) }
        #expect(world.ask(0, .handOver(things[0], 3)).isAccepted)
        #expect(world.ask(0, .handOver(things[1], 3)).isAccepted)
        #expect(world.ask(0, .handOver(things[2], 3)).refusal?.rule == .quota)
        #expect(world.make(2) != .none && world.make(2) != .none)
        #expect(world.make(2) == .none)
    }

    @Test func ofThingsInTwoHandsNobodyLosesTrack() {
        var world = Simulation.gathered(3)
        let thing = world.make(0)
        #expect(world.ask(2, .pickUp(thing)).isAccepted)
        #expect(world.ask(0, .handOver(thing, 3)).isAccepted)
        #expect(world.holder(of: thing) == world.body(2))
        #expect(world.ask(2, .delete(thing)).isAccepted, "an owner may end what they carry")
        #expect(world.make(2) != .none)
        #expect(world.server.entityCount > 0 && world.server.holding(of: 1).things == 0)
    }
}
