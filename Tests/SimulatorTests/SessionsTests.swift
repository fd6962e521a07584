import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator
import Testing

/// What clients of one server live through, with perfect links.
@Suite struct SessionsTests {
    private func world(clients: Int) -> Simulation {
        var world = Simulation.quiet(clients: clients)
        world.run(for: .seconds(1))
        return world
    }

    private func kiosk(_ world: borrowing Simulation) -> EntityID {
        world.actors[0].client.entityIDs.first {
            world.actors[0].client.text(.name, of: $0) == "kiosk"
        }!
    }

    @Test func whoJoinsGetsABodyAndTheWorldAndIsSeenByTheOthers() {
        let world = world(clients: 2)
        let first = world.actors[0].client.entity
        #expect(first != .none)
        #expect(world.actors[0].client.description?.name == "simulated")
        #expect(world.actors[0].events.contains(.entered(entity: first)))
        #expect(world.server.clientCount == 2)
    }

    @Test func whatIsWantedBeforeTheWelcomeHappensAfterIt() {
        var world = Simulation.quiet(clients: 1)
        let number = world.actors[0].client.submit(.say("is anybody there?"))
        world.run(for: .seconds(1))
        let events = world.actors[0].events
        #expect(events.contains(.accepted(intent: number, created: .none)))
    }

    @Test func anEditIsAcceptedThenDurableAndSeenBySomebodyElse() {
        var world = world(clients: 3)
        let id = kiosk(world)
        let number = world.actors[0].client.submit(.add(id, SimulatedField.count, 5))
        world.run(for: .seconds(1))
        let events = world.actors[0].events
        let accepted = events.firstIndex(of: .accepted(intent: number, created: .none))
        let durable = events.firstIndex(of: .durable(through: number))
        #expect(accepted != nil && durable != nil && accepted! < durable!)
        #expect(world.actors[2].client.field(SimulatedField.count, of: id)?.counter?.value == 5)
    }

    @Test func aRefusalNamesTheRuleAndWhatWouldBeAccepted() {
        var world = world(clients: 1)
        let number = world.actors[0].client.submit(
            .set(kiosk(world), SimulatedField.colour, .integer(12)))
        world.run(for: .milliseconds(300))
        let refusal = world.actors[0].events.compactMap { event -> Refusal? in
            if case .refused(number, let refusal) = event { refusal } else { nil }
        }.first
        #expect(refusal?.rule == .range)
        #expect(refusal?.nearest == .value(.integer(9)))
        #expect(refusal?.reason.isEmpty == false)
    }

    @Test func whatIsSaidIsHeardNearbyWithTheSpeakersName() {
        var world = world(clients: 3)
        world.actors[0].client.submit(.say("hello"))
        world.run(for: .milliseconds(300))
        let speaker = world.actors[0].client.entity
        let heard = ClientEvent.heard(speaker: speaker, name: "actor 0", text: "hello")
        // Actors 0 and 2 enter at the same gate, actor 1 at the other, 28 m away.
        #expect(world.actors[2].events.contains(heard))
        #expect(!world.actors[1].events.contains(heard))
    }

    @Test func whoSteersMovesAtTheWishedSpeedAndIsPredictedExactly() {
        var world = world(clients: 2)
        let body = world.actors[0].client.entity
        let before = world.server.motion(of: body)!.position
        world.actors[0].client.steer(
            velocity: Velocity(metresPerSecondX: 2, 0, 0), orientation: .identity)
        world.run(for: .seconds(2))
        let after = world.server.motion(of: body)!.position
        #expect(abs(Double(after.x - before.x) / 1_024 - 4) < 0.3)
        #expect(world.actors[0].client.statistics.correctionMetres < 0.001)
    }

    @Test func aSpeedHackerIsHeldToTheKindsSpeed() {
        var world = world(clients: 1)
        let body = world.actors[0].client.entity
        let before = world.server.motion(of: body)!.position
        world.actors[0].client.steer(
            velocity: Velocity(metresPerSecondX: 100, 0, 0), orientation: .identity)
        world.run(for: .seconds(4))
        let metres = Double(world.server.motion(of: body)!.position.x - before.x) / 1_024
        #expect(metres > 20 && metres < 6 * 4 * 1.03 + 1)
    }

    @Test func whoWalksOutOfSightDisappearsAndComesBack() {
        var world = world(clients: 2)
        let walker = world.actors[0].client.entity
        let watcher = world.actors[1]
        world.actors[0].client.steer(
            velocity: Velocity(metresPerSecondX: -6, 6, 0), orientation: .identity)
        world.run(for: .seconds(6))
        #expect(!watcher.client.entityIDs.contains(walker))
        world.actors[0].client.steer(
            velocity: Velocity(metresPerSecondX: 6, -6, 0), orientation: .identity)
        world.run(for: .seconds(7))
        #expect(watcher.client.entityIDs.contains(walker))
        let seen = watcher.events.filter { $0 == .appeared(walker) }.count
        #expect(seen >= 1)
    }

    @Test func whoLeavesIsGoneForEverybody() {
        var world = world(clients: 3)
        let leaver = world.actors[2].client.entity
        #expect(world.actors[0].client.entityIDs.contains(leaver))
        var batch = DatagramBatch(capacity: 4)
        world.actors[2].client.leave(into: &batch, now: world.now)
        world.deliver(batch, from: 2)
        world.run(for: .seconds(1))
        #expect(!world.actors[0].client.entityIDs.contains(leaver))
        #expect(world.actors[0].events.contains(.disappeared(leaver, wasDeleted: true)))
        #expect(world.server.clientCount == 2)
    }

    @Test func aCreatedThingSurvivesTheServersDeathOnceItIsDurable() {
        var world = world(clients: 1)
        let number = world.actors[0].client.submit(
            .create(SimulatedKind.thing, Motion(position: .origin), name: "cairn"))
        world.run(for: .seconds(1))
        #expect(world.actors[0].events.contains(.durable(through: number)))
        world.killAndRestart()
        world.run(for: .seconds(2))
        let client = world.actors[0].client.entityIDs.compactMap {
            world.actors[0].client.text(.name, of: $0)
        }
        #expect(client.contains("cairn"))
        #expect(client.filter { $0 == "kiosk" }.count == 1, "the world file's kiosk stands twice")
    }

    @Test func charactersAreSeenWalkingAndHeardGreeting() {
        var world = world(clients: 1)
        world.run(for: .seconds(30))
        let characters = world.actors[0].client.entityIDs.filter {
            world.actors[0].client.kind(of: $0)?.role == .npc
        }
        #expect(world.server.characterCount == 2)
        #expect(!characters.isEmpty)
        let spoke = world.actors[0].events.contains { event in
            if case .heard(let speaker, _, _) = event { return characters.contains(speaker) }
            return false
        }
        #expect(spoke, "no character has said a word in half a minute")
    }
}
