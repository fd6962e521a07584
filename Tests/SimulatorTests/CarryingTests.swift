import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator
import Testing

/// Things in hands: picked up, carried about, put down, given and traded.
@Suite struct CarryingTests {
    @Test func whatIsPickedUpMovesWithItsCarrierForEverybody() {
        var world = Simulation.gathered(3)
        let thing = world.make(0)
        #expect(world.ask(2, .pickUp(thing)).isAccepted)
        #expect(world.holder(of: thing) == world.body(2))
        world.actors[2].client.steer(
            velocity: Velocity(metresPerSecondX: 3, 1, 0), orientation: .identity)
        world.run(for: .seconds(3))
        world.actors[2].client.steer(velocity: .zero, orientation: .identity)
        world.run(for: .seconds(1))
        let carrier = world.place(of: world.body(2))
        #expect(world.place(of: thing) == carrier)
        #expect(world.actors[0].client.newestMotion(of: thing)?.position == carrier)
        let told = world.actors[0].client.field(.holder, of: thing)?.latest?.value
        #expect(told == .entity(world.body(2)))
        let down = Motion(position: carrier)
        #expect(world.ask(2, .putDown(thing, down)).isAccepted)
        world.actors[2].client.steer(
            velocity: Velocity(metresPerSecondX: -3, 0, 0), orientation: .identity)
        world.run(for: .seconds(2))
        #expect(world.place(of: thing) == carrier, "what is put down stays")
    }

    @Test func whatSomebodyCarriesNobodyElsePicksUp() {
        var world = Simulation.gathered(3)
        let thing = world.make(0)
        #expect(world.ask(2, .pickUp(thing)).isAccepted)
        #expect(world.ask(0, .pickUp(thing)).refusal?.rule == .held)
        #expect(world.holder(of: thing) == world.body(2))
    }

    @Test func nobodyCarriesMoreThanBothArmsHold() {
        var world = Simulation.gathered(1)
        let things = (0..<WorldLimits.carriedThings + 1).map { _ in world.make(0) }
        #expect(world.ask(0, .all(things.map { .pickUp($0) })).refusal?.part == 9)
        #expect(things.allSatisfy { world.holder(of: $0) == nil })
        #expect(world.ask(0, .all(things.dropLast().map { .pickUp($0) })).isAccepted)
        #expect(world.ask(0, .pickUp(things.last!)).refusal?.rule == .held)
        let here = Motion(position: world.place(of: world.body(0)))
        let swap = Intent.all([.putDown(things[0], here), .pickUp(things.last!)])
        #expect(world.ask(0, swap).isAccepted)
    }

    @Test func whoLeavesPutsDownWhatTheyCarryWhereTheyStand() {
        var world = Simulation.gathered(3)
        let thing = world.make(2)
        #expect(world.ask(2, .pickUp(thing)).isAccepted)
        world.actors[2].client.steer(
            velocity: Velocity(metresPerSecondX: 4, 0, 0), orientation: .identity)
        world.run(for: .seconds(2))
        let last = world.place(of: world.body(2))
        world.deliver(world.leave(2), from: 2)
        world.run(for: .seconds(1))
        #expect(world.holder(of: thing) == nil)
        #expect(abs(world.place(of: thing).x - last.x) < Position.unitsPerMetre)
        #expect(world.actors[0].client.entityIDs.contains(thing))
        world.killAndRestart()
        #expect(abs(world.place(of: thing).x - last.x) < Position.unitsPerMetre)
    }

    @Test func whatWasCarriedWhenTheServerDiedStandsWhereItWasPutDownLast() {
        var world = Simulation.gathered(1)
        let thing = world.make(0)
        let place = world.place(of: thing)
        #expect(world.ask(0, .pickUp(thing)).isAccepted)
        world.actors[0].client.steer(
            velocity: Velocity(metresPerSecondX: 4, 0, 0), orientation: .identity)
        world.run(for: .seconds(2))
        #expect(world.place(of: thing) != place)
        world.killAndRestart()
        #expect(world.holder(of: thing) == nil && world.place(of: thing) == place)
        world.run(for: .seconds(2))
        #expect(world.place(of: thing) == place)
    }

    @Test func aGiftIsInTheOtherHandsAndStillItsMakers() {
        var world = Simulation.gathered(5)
        let thing = world.make(0)
        #expect(world.ask(0, .give(thing, to: world.body(2))).refusal?.rule == .held)
        #expect(world.ask(0, .pickUp(thing)).isAccepted)
        #expect(world.ask(0, .give(thing, to: world.body(1))).refusal?.rule == .reach)
        #expect(world.ask(0, .give(thing, to: world.body(2))).isAccepted)
        #expect(world.holder(of: thing) == world.body(2))
        #expect(world.server.lattice[thing]?.owner == 1)
    }

    // MARK: Trades

    /// Two neighbours, each with a thing of their own in hand.
    private func market(_ world: inout Simulation) -> (EntityID, EntityID) {
        let (first, second) = (world.make(0), world.make(2))
        #expect(world.ask(0, .pickUp(first)).isAccepted)
        #expect(world.ask(2, .pickUp(second)).isAccepted)
        return (first, second)
    }

    @Test func aTradeHappensWhenBothHaveAskedForIt() {
        var world = Simulation.gathered(3)
        let (first, second) = market(&world)
        let offer = Intent.trade(with: world.body(2), mine: [first], theirs: [second])
        #expect(world.ask(0, offer).isAccepted)
        #expect(world.holder(of: first) == world.body(0), "one side alone trades nothing")
        let told = world.actors[2].events.contains(
            .offered(by: world.body(0), gives: [first], wants: [second]))
        #expect(told)
        let records = world.server.counters.journalRecords
        let answer = Intent.trade(with: world.body(0), mine: [second], theirs: [first])
        #expect(world.ask(2, answer).isAccepted)
        #expect(world.holder(of: first) == world.body(2))
        #expect(world.holder(of: second) == world.body(0))
        #expect(world.server.lattice[first]?.owner == 3, "what one owns, one trades away")
        #expect(world.server.lattice[second]?.owner == 1)
        #expect(world.server.counters.journalRecords == records + 1)
        // The offer is used up: the way back needs two who want it again.
        let back = Intent.trade(with: world.body(0), mine: [first], theirs: [second])
        #expect(world.ask(2, back).isAccepted)
        #expect(world.holder(of: first) == world.body(2))
        let agreed = Intent.trade(with: world.body(2), mine: [second], theirs: [first])
        #expect(world.ask(0, agreed).isAccepted)
        #expect(world.holder(of: first) == world.body(0))
        // And all is as it was: what was offered then does not count again.
        #expect(world.ask(2, answer).isAccepted)
        #expect(world.holder(of: first) == world.body(0))
    }

    @Test func anOfferThatIsNotMirroredTradesNothing() {
        var world = Simulation.gathered(3)
        let (first, second) = market(&world)
        #expect(
            world.ask(0, .trade(with: world.body(2), mine: [first], theirs: [second])).isAccepted)
        #expect(world.ask(2, .trade(with: world.body(0), mine: [second], theirs: [])).isAccepted)
        #expect(world.holder(of: first) == world.body(0))
        #expect(world.holder(of: second) == world.body(2))
    }

    @Test func anOfferIsForgottenAfterHalfAMinute() {
        var world = Simulation.gathered(3)
        let (first, second) = market(&world)
        #expect(
            world.ask(0, .trade(with: world.body(2), mine: [first], theirs: [second])).isAccepted)
        world.run(for: .seconds(30))
        #expect(
            world.ask(2, .trade(with: world.body(0), mine: [second], theirs: [first])).isAccepted)
        #expect(world.holder(of: first) == world.body(0))
    }

    @Test func whatIsNoLongerInHandIsNotTraded() {
        var world = Simulation.gathered(3)
        let (first, second) = market(&world)
        #expect(
            world.ask(0, .trade(with: world.body(2), mine: [first], theirs: [second])).isAccepted)
        let here = Motion(position: world.place(of: world.body(0)))
        #expect(world.ask(0, .putDown(first, here)).isAccepted)
        let answer = world.ask(2, .trade(with: world.body(0), mine: [second], theirs: [first]))
        #expect(answer.refusal?.rule == .held)
        #expect(world.holder(of: first) == nil && world.holder(of: second) == world.body(2))
    }

    @Test func oneBodyHasAFewOffersOutAndNoMore() {
        var world = Simulation.gathered(3)
        let (first, second) = market(&world)
        let offers: [Intent] = [
            .trade(with: world.body(2), mine: [first], theirs: [second]),
            .trade(with: world.body(2), mine: [first], theirs: []),
            .trade(with: world.body(2), mine: [], theirs: [second]),
        ]
        // The oldest of five makes room for the last.
        for intent in offers {
            #expect(world.ask(0, intent).isAccepted)
            world.run(for: .seconds(1))
        }
        #expect(world.server.holdings.offers == 3)
        let more = (0..<2).map { _ in world.make(0) }
        for thing in more {
            #expect(world.ask(0, .pickUp(thing)).isAccepted)
            #expect(
                world.ask(0, .trade(with: world.body(2), mine: [thing], theirs: [])).isAccepted)
            world.run(for: .seconds(1))
        }
        #expect(world.server.holdings.offers == 4)
        #expect(
            world.ask(2, .trade(with: world.body(0), mine: [second], theirs: [first])).isAccepted)
        #expect(world.holder(of: first) == world.body(0), "the first offer has gone")
    }
}
