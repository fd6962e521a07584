import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWire
import CairnWorld
import Simulator
import Testing

#if DEBUG
    private let hostileAttempts = 10_000
#else
    private let hostileAttempts = 150_000
#endif

/// Clients with good tokens that mean harm: the server stands, everyone else goes on as if they were
/// not there, and each of them is refused, throttled or shown out.
@Suite struct HostileClientsTests {
    // MARK: Everything at once

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func aCrowdOfHostileClientsHarmsNobody(seed: UInt64) {
        var options = Simulation.Options(faults: LinkConditions(delay: .milliseconds(5)))
        options.clients = 6
        var world = Simulation(seed: seed, options: options)
        world.run(for: .seconds(1))
        for habit in HostileHabit.allCases where habit != .watching {
            for _ in 0..<2 { _ = world.addIntruder(habit) }
        }
        var attempts = 0
        while attempts < hostileAttempts {
            world.run(for: .milliseconds(200))
            expectBounds(world.server.holdings)
            attempts = world.intruders.reduce(0) { $0 + $1.sentFrames + $1.sentMessages }
        }
        let counters = world.server.counters
        #expect(counters.malformed > 50 && counters.intentsRefused > 500)
        #expect(counters.motionsRefused > 100)
        #expect(counters.sightings > 10)
        world.calmDown()
        let faults = world.faults
        #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(5))")
        let done = world.actors.map { (accepted: $0.accepted, refused: $0.refused) }
        // Some hardly ever ask for anything.
        #expect(
            done.allSatisfy { $0.accepted > 0 || $0.refused < 4 },
            "somebody got nothing done: \(done)")
        #expect(done.count { $0.accepted > 10 } > 3)
        #expect(world.server.holdings.sessions == world.actors.count)
        #expect(world.server.holdings.queuedBytes == 0)
        #expect(world.server.lattice.encoded().count < 2_000_000)
    }

    /// What the server may hold for 34 clients at the very most, see `TransportLimits`.
    private func expectBounds(_ holdings: ServerHoldings) {
        #expect(holdings.sessions <= 64)
        #expect(holdings.heardLines <= 256)
        #expect(holdings.events <= 1_024)
        #expect(holdings.intentsAwaitingDisk <= 64 * 64)
        #expect(holdings.queuedBytes < 34 * 64 * 1_024)
        #expect(holdings.entities < 34 * 1_024)
    }

    // MARK: The wrong order

    private func world(clients: Int, thingsPerIdentity: Int = 1_024) -> Simulation {
        var world = Simulation.quiet(clients: clients, thingsPerIdentity: thingsPerIdentity)
        world.run(for: .seconds(1))
        return world
    }

    /// Somebody who has joined and not said anything yet.
    private func intruder(_ world: inout Simulation) -> HostileActor {
        let intruder = world.addIntruder(.silent)
        world.run(for: .milliseconds(300))
        #expect(intruder.isConnected)
        return intruder
    }

    private func present(_ world: inout Simulation) -> HostileActor {
        let intruder = intruder(&world)
        intruder.say(.enter(Entrance()))
        intruder.say(.ready)
        world.run(for: .milliseconds(300))
        #expect(intruder.welcomes.count == 1)
        return intruder
    }

    @Test func whatIsWantedBeforeEnteringDoesNotHappen() {
        var world = world(clients: 1)
        let intruder = intruder(&world)
        let entities = world.server.entityCount
        intruder.say(.ready)
        intruder.say(
            .intent(number: 1, .create(SimulatedKind.thing, Motion(position: .origin), name: nil)))
        intruder.say(.look(at: .origin, radiusMetres: 10))
        intruder.say(.sightings([]))
        world.run(for: .milliseconds(500))
        #expect(intruder.welcomes.isEmpty && intruder.accepted == 0)
        #expect(world.server.clientCount == 1 && world.server.entityCount == entities)
        intruder.say(.enter(Entrance()))
        intruder.say(.ready)
        world.run(for: .milliseconds(500))
        #expect(world.server.clientCount == 2, "a wrong start must not spoil a right one")
    }

    @Test func whoEntersTwiceHasOneBody() {
        var world = world(clients: 1)
        let entities = world.server.entityCount
        let intruder = intruder(&world)
        for _ in 0..<3 { intruder.say(.enter(Entrance(interestMetres: .max))) }
        for _ in 0..<3 { intruder.say(.ready) }
        world.run(for: .milliseconds(500))
        #expect(intruder.welcomes.count == 1)
        #expect(world.server.entityCount == entities + 1 && world.server.clientCount == 2)
    }

    @Test func whoNeverEntersIsShownOut() {
        var world = world(clients: 1)
        let intruder = intruder(&world)
        world.run(for: .seconds(29))
        #expect(intruder.endings.isEmpty)
        intruder.isActive = false
        world.run(for: .seconds(3))
        #expect(intruder.endings.map(\.code) == [.protocolViolation])
        #expect(world.server.holdings.sessions == 1)
    }

    @Test func whoKeepsSayingWhatIsOutOfOrderIsShownOut() {
        var world = world(clients: 1)
        let intruder = present(&world)
        intruder.isActive = false
        for _ in 0..<400 { intruder.say(.enter(Entrance())) }
        world.run(for: .seconds(1))
        #expect(intruder.endings.map(\.code) == [.protocolViolation])
        #expect(world.server.clientCount == 1)
    }

    // MARK: Too much

    @Test func aBurstOfIntentsIsRefusedAndAFloodEndsTheSession() {
        var world = world(clients: 1)
        let intruder = present(&world)
        intruder.isActive = false
        for number in 0..<UInt32(200) { intruder.say(.intent(number: number, .delete(.none))) }
        world.run(for: .seconds(1))
        #expect(intruder.isConnected, "a hasty program is no reason to end")
        #expect(intruder.refusals[.unknownEntity] ?? 0 >= 40)
        #expect(intruder.refusals[.rate] ?? 0 >= 100)
        for number in 0..<UInt32(1_000) { intruder.say(.intent(number: number, .delete(.none))) }
        world.run(for: .seconds(1))
        #expect(intruder.endings.map(\.code) == [.protocolViolation])
    }

    /// The longest wait for an answer, in milliseconds, of an actor that edits every 100 ms.
    private func longestWait(_ world: inout Simulation, seconds: Int) -> Int64 {
        let client = world.actors[0]
        var longest = TimeSpan.zero
        for _ in 0..<seconds * 10 {
            let number = client.client.submit(.set(client.client.entity, FieldID(1), .text("A")))
            let asked = world.now
            client.events.removeAll()
            while !client.events.contains(.accepted(intent: number, created: .none)),
                world.now - asked < .seconds(5)
            {
                world.run(for: .milliseconds(5))
            }
            longest = max(longest, world.now - asked)
            world.run(for: max(.zero, asked + .milliseconds(100) - world.now))
        }
        return longest.nanoseconds / 1_000_000
    }

    @Test func nobodyWaitsLongerWhileOthersShoutAndFlood() {
        var world = world(clients: 3)
        let calm = longestWait(&world, seconds: 3)
        for _ in 0..<20 { _ = world.addIntruder(.speechFlood) }
        for _ in 0..<10 { _ = world.addIntruder(.intentFlood) }
        for _ in 0..<10 { _ = world.addIntruder(.steeringFlood) }
        world.run(for: .seconds(1))
        let flooded = longestWait(&world, seconds: 10)
        #expect(calm > 0 && flooded <= calm + 55, "\(flooded) ms instead of \(calm) ms")
        #expect(world.actors.allSatisfy { $0.client.isPresent })
        #expect(world.actors.allSatisfy { $0.heard > 0 }, "nobody shouted")
    }

    @Test func nobodyPutsMoreIntoTheWorldThanTheirShare() {
        var world = world(clients: 1, thingsPerIdentity: 10)
        let intruder = present(&world)
        let entities = world.server.entityCount
        func create(_ number: UInt32) {
            intruder.say(
                .intent(
                    number: number,
                    .create(SimulatedKind.thing, Motion(position: .origin), name: "junk")))
        }
        for number in 0..<UInt32(30) { create(number) }
        world.run(for: .seconds(1))
        #expect(world.server.entityCount == entities + 10)
        #expect(intruder.refusals[.quota] == 20)
        let mine = world.server.lattice.sortedIDs.last!
        intruder.say(.intent(number: 40, .delete(mine)))
        create(41)
        create(42)
        world.run(for: .seconds(1))
        #expect(world.server.entityCount == entities + 10)
        #expect(intruder.refusals[.quota] == 21, "what is deleted makes room for one")
    }

    @Test func aThingThatIsLeftBehindStillCountsForItsMaker() {
        var world = world(clients: 1, thingsPerIdentity: 3)
        let intruder = present(&world)
        for number in 0..<UInt32(3) {
            intruder.say(
                .intent(
                    number: number,
                    .create(SimulatedKind.thing, Motion(position: .origin), name: nil)))
        }
        world.run(for: .seconds(2))
        #expect(intruder.accepted == 3)
        world.killAndRestart()
        // The intruder misses its server, and joins the new one.
        world.run(for: .seconds(12))
        intruder.say(.enter(Entrance()))
        intruder.say(.ready)
        intruder.say(
            .intent(number: 9, .create(SimulatedKind.thing, Motion(position: .origin), name: nil)))
        world.run(for: .seconds(1))
        #expect(intruder.accepted == 3 && intruder.refusals[.quota] == 1)
    }

    @Test func talkInAWorldWhereNothingIsWrittenIsNotHeldAgainstTheSpeaker() {
        var world = world(clients: 1)
        var refused = 0
        for _ in 0..<100 {
            world.actors[0].client.submit(.say("hello"))
            world.run(for: .seconds(1))
            refused = world.actors[0].refused
        }
        #expect(refused == 0 && world.actors[0].accepted == 100)
    }

    @Test func unfinishedMessagesEndTheConnectionBeforeTheyFillTheMemory() {
        var world = world(clients: 1)
        let intruder = world.addIntruder(.unfinished)
        world.run(for: .seconds(5))
        #expect(intruder.endings.contains { $0.code == .overrun })
        #expect(intruder.joins > 1 && world.server.clientCount <= 2)
    }

    // MARK: Absurd numbers

    @Test func aTeleportingDeviceMovesNoFasterThanItsKind() {
        var world = world(clients: 1)
        let intruder = world.addIntruder(.teleports)
        world.run(for: .seconds(1))
        let body = intruder.welcomes.last!
        var last = world.server.motion(of: body)!.position
        var longest = 0.0
        for _ in 0..<20 {
            world.run(for: .seconds(1))
            let here = world.server.motion(of: body)!.position
            longest = max(longest, Double(here.squaredDistance(to: last)).squareRoot() / 1_024)
            #expect(world.server.description.bounds.contains(here))
            last = here
        }
        #expect(intruder.endings.isEmpty)
        // 6 m/s, and a second of credit.
        #expect(longest > 0 && longest < 13)
    }

    @Test func looksBeyondTheWorldShowWhatIsAtItsEdge() {
        var world = world(clients: 1)
        let intruder = world.addIntruder(.looks)
        world.run(for: .seconds(10))
        #expect(intruder.sentMessages > 1_000)
        #expect(intruder.endings.allSatisfy { $0.code == .protocolViolation })
        #expect(world.server.holdings.followedPages < 100)
    }

    @Test func absurdSightingsPlaceNobodyNowhere() {
        var world = world(clients: 1)
        let intruder = world.addIntruder(.sightings)
        world.run(for: .seconds(20))
        #expect(world.server.counters.sightings > 50)
        #expect(intruder.joins > 0 && world.actors[0].client.isPresent)
    }

    // MARK: Removal

    @Test func whoIsShownOutInTheMiddleOfATickLeavesTheSameWorldForAll() {
        var world = world(clients: 3)
        let offenders = (0..<8).map { _ in world.addIntruder(.silent) }
        for _ in 0..<3 { world.addActor() }
        world.run(for: .seconds(1))
        for _ in 0..<20 {
            for offender in offenders where offender.isConnected {
                offender.say(.enter(Entrance()))
                offender.say(.ready)
            }
            world.run(for: .milliseconds(400))
            for offender in offenders {
                // A step to the side, so that the page has news when the offender goes.
                offender.frames.append(offender.steeringFrame())
                offender.messages.append([0xff])
            }
            world.run(for: .milliseconds(400))
        }
        let ended = offenders.reduce(0) { $0 + $1.endings.count }
        #expect(ended > 100)
        for actor in world.actors {
            #expect(actor.client.statistics.divergences == 0, "actor \(actor.index)")
            #expect(actor.client.statistics.digestsCompared > 100)
        }
        world.calmDown()
        #expect(world.faults.isEmpty, "\(world.faults.prefix(5))")
    }
}
