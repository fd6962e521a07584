import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator
import Testing

/// Every policy of a world's fields, from one client's wish to another client's sight of it.
@Suite struct PoliciesTests {
    /// A world in which somebody has had something made.
    private struct Stage: ~Copyable {
        var world: Simulation
        var things: [EntityID] = []

        init(clients: Int = 3, things count: Int = 1) {
            world = Simulation.quiet(clients: clients)
            world.run(for: .seconds(1))
            for _ in 0..<count {
                let place = Motion(position: .origin)
                let number = world.actors[0].client.submit(
                    .create(SimulatedKind.thing, place, name: "thing"))
                world.run(for: .milliseconds(300))
                for case .accepted(number, let id) in world.actors[0].events { things.append(id) }
            }
        }

        /// Submits an intent and lets the world go on for a while.
        /// - Returns: The refusal; nil when it was accepted.
        mutating func wish(_ intent: Intent, by actor: Int = 0) -> Refusal? {
            world.actors[actor].events.removeAll()
            let number = world.actors[actor].client.submit(intent)
            world.run(for: .milliseconds(300))
            var refusal: Refusal?
            var isAccepted = false
            for event in world.actors[actor].events {
                if case .refused(number, let answer) = event { refusal = answer }
                if case .accepted(number, _) = event { isAccepted = true }
            }
            #expect(isAccepted != (refusal != nil), "one answer to \(intent)")
            return refusal
        }

        /// Has the server hand rights of a stock to another node.
        mutating func hand(_ amount: UInt64, of id: EntityID, to receiver: ReplicaID) -> UInt64 {
            world.withServer {
                $0.handRights(amount, in: SimulatedField.stock, of: id, to: receiver)
            }
        }

        /// The number that somebody else sees in a field of the first thing.
        func seen(_ field: FieldID) -> Int64? {
            world.actors[2].client.number(field, of: things[0])
        }
    }

    @Test func aMaximumIsRaisedAndNeverFalls() {
        var stage = Stage()
        let id = stage.things[0]
        #expect(stage.seen(SimulatedField.best) == nil)
        #expect(stage.wish(.set(id, SimulatedField.best, .integer(40))) == nil)
        #expect(stage.wish(.set(id, SimulatedField.best, .integer(30)), by: 1) == nil)
        #expect(stage.seen(SimulatedField.best) == 40)
        let refusal = stage.wish(.set(id, SimulatedField.best, .integer(1_001)))
        #expect(refusal?.rule == .range && refusal?.nearest == .value(.integer(1_000)))
    }

    @Test func aMinimumIsLoweredAndNeverRises() {
        var stage = Stage()
        let id = stage.things[0]
        #expect(stage.wish(.set(id, SimulatedField.first, .integer(-40))) == nil)
        #expect(stage.wish(.set(id, SimulatedField.first, .integer(30)), by: 1) == nil)
        #expect(stage.seen(SimulatedField.first) == -40)
        #expect(stage.wish(.add(id, SimulatedField.first, -1))?.rule == .policy)
    }

    @Test func aMultiValueHasTheLastWordOfOneServer() {
        var stage = Stage()
        let id = stage.things[0]
        #expect(stage.wish(.set(id, SimulatedField.sign, .text("open"))) == nil)
        #expect(stage.wish(.set(id, SimulatedField.sign, .text("shut")), by: 1) == nil)
        let sign = stage.world.actors[2].client.field(SimulatedField.sign, of: id)
        #expect(sign?.multiValue?.values == [.text("shut")])
        #expect(stage.wish(.set(id, SimulatedField.sign, .integer(1)))?.rule == .type)
    }

    @Test func aBoundedCounterGivesWhatItHasAndNoMore() {
        var stage = Stage()
        let id = stage.things[0]
        #expect(stage.seen(SimulatedField.stock) == 0, "it begins at its least")
        #expect(stage.wish(.add(id, SimulatedField.stock, -1))?.nearest == nil)
        #expect(stage.wish(.add(id, SimulatedField.stock, 7)) == nil)
        #expect(stage.wish(.add(id, SimulatedField.stock, -3), by: 1) == nil)
        #expect(stage.seen(SimulatedField.stock) == 4)
        let refusal = stage.wish(.add(id, SimulatedField.stock, -5))
        #expect(refusal?.rule == .range && refusal?.nearest == .value(.integer(-4)))
        let much = stage.wish(.add(id, SimulatedField.stock, 17), by: 1)
        #expect(much?.rule == .range && much?.nearest == .value(.integer(16)))
    }

    @Test func anAttachmentIsSeenAndClosesNoCircle() {
        var stage = Stage(things: 3)
        let (lamp, post, cart) = (stage.things[0], stage.things[1], stage.things[2])
        let field = SimulatedField.hangsOn
        #expect(stage.wish(.set(lamp, field, .entity(post))) == nil)
        #expect(stage.wish(.set(post, field, .entity(cart)), by: 1) == nil)
        #expect(stage.world.actors[2].client.parent(field, of: lamp) == post)
        #expect(stage.world.actors[2].client.parent(field, of: post) == cart)
        #expect(stage.wish(.set(cart, field, .entity(lamp)))?.rule == .attachment)
        #expect(stage.wish(.set(cart, field, .entity(cart)))?.rule == .attachment)
        let nobody = EntityID(replica: ReplicaID(node: 9, boot: 9), number: 9)
        #expect(stage.wish(.set(cart, field, .entity(nobody)))?.rule == .unknownEntity)
        let odd = EntityID(raw: 5 << 32)
        #expect(stage.wish(.set(cart, field, .entity(odd)))?.rule == .unknownEntity)
        #expect(stage.wish(.set(lamp, field, .entity(.none))) == nil)
        #expect(stage.world.actors[2].client.parent(field, of: lamp) == nil)
        #expect(stage.wish(.set(cart, field, .entity(lamp))) == nil, "nothing is in the way now")
        #expect(stage.wish(.delete(cart)) == nil)
        stage.world.run(for: .seconds(1))
        #expect(stage.world.actors[2].client.parent(field, of: post) == nil)
    }

    @Test func thingsHangOnlySoDeepHoweverTheChainIsBuilt() {
        var stage = Stage(clients: 1, things: WorldLimits.attachmentDepth + 2)
        let field = SimulatedField.hangsOn
        // From the end that hangs upwards: each new root gets the whole chain.
        for depth in 1...WorldLimits.attachmentDepth {
            #expect(
                stage.wish(.set(stage.things[depth - 1], field, .entity(stage.things[depth])))
                    == nil)
        }
        let last = stage.things.count - 1
        #expect(
            stage.wish(.set(stage.things[last - 1], field, .entity(stage.things[last])))?.rule
                == .attachment)
        #expect(
            stage.wish(.set(stage.things[last], field, .entity(stage.things[0])))?.rule
                == .attachment)
        #expect(stage.wish(.set(stage.things[last], field, .entity(stage.things[1]))) == nil)
    }

    @Test func aRestartNeitherLosesRightsNorDoublesThem() {
        var stage = Stage(clients: 1)
        let id = stage.things[0]
        #expect(stage.wish(.add(id, SimulatedField.stock, 20)) == nil)
        stage.world.run(for: .seconds(2))
        var taken: Int64 = 0
        for boot in 0..<5 {
            #expect(
                stage.world.server.rights(in: SimulatedField.stock, of: id) == 20 - UInt64(taken))
            let amount = Int64(boot + 1)
            #expect(stage.wish(.add(id, SimulatedField.stock, -amount)) == nil)
            taken += amount
            // Without this the crash may come before the record is on the disk; see below.
            stage.world.run(for: .seconds(2))
            stage.world.killAndRestart()
            stage.world.run(for: .seconds(1))
        }
        let refusal = stage.wish(.add(id, SimulatedField.stock, -6))
        #expect(refusal?.rule == .range && refusal?.nearest == .value(.integer(-5)))
        #expect(stage.wish(.add(id, SimulatedField.stock, -5)) == nil)
        #expect(stage.wish(.add(id, SimulatedField.stock, -1))?.nearest == nil)
        #expect(stage.world.actors[0].client.number(SimulatedField.stock, of: id) == 0)
    }

    @Test(arguments: 0..<20)
    func whateverACrashForgetsTheRightsAreWhatIsThere(milliseconds: Int) {
        var stage = Stage(clients: 1)
        let id = stage.things[0]
        #expect(stage.wish(.add(id, SimulatedField.stock, 20)) == nil)
        stage.world.run(for: .seconds(2))
        for _ in 0..<3 {
            stage.world.actors[0].client.submit(.add(id, SimulatedField.stock, -2))
            stage.world.run(for: .milliseconds(Int64(milliseconds) * 7))
            stage.world.killAndRestart()
            let state = stage.world.server.lattice[id]?[SimulatedField.stock]?.bounded
            #expect(
                stage.world.server.rights(in: SimulatedField.stock, of: id) == state?.aboveBound)
            stage.world.run(for: .seconds(1))
        }
    }

    @Test func rightsGoToAnotherNodeOnce() {
        var stage = Stage(clients: 1)
        let id = stage.things[0]
        #expect(stage.wish(.add(id, SimulatedField.stock, 10)) == nil)
        stage.world.run(for: .seconds(2))
        stage.world.killAndRestart()
        stage.world.run(for: .seconds(1))
        let other = ReplicaID(node: 2, boot: 1)
        #expect(stage.hand(4, of: id, to: other) == 4, "those of the boot before are handed too")
        #expect(stage.hand(9, of: id, to: other) == 6)
        #expect(stage.hand(1, of: id, to: other) == 0)
        let counter = stage.world.server.lattice[id]?[SimulatedField.stock]?.bounded
        #expect(counter?.rights(of: other) == 10 && counter?.aboveBound == 10)
        let refusal = stage.wish(.add(id, SimulatedField.stock, -3))
        #expect(refusal?.rule == .rights && refusal?.nearest == nil)
        #expect(stage.wish(.add(id, SimulatedField.stock, -8))?.rule == .rights)
    }
}

/// Texts that are too long, before and behind the wire.
@Suite struct LongTextsTests {
    private func answer(to intent: Intent, in world: inout Simulation) -> Refusal? {
        let number = world.actors[0].client.submit(intent)
        world.run(for: .milliseconds(300))
        return world.actors[0].events.compactMap { event -> Refusal? in
            if case .refused(number, let refusal) = event { refusal } else { nil }
        }.first
    }

    @Test(arguments: [513, 1_000, 4_000])
    func whatAMessageCarriesIsRefusedByTheDoor(bytes: Int) {
        var world = Simulation.quiet(clients: 1)
        world.run(for: .seconds(1))
        let text = String(repeating: "a", count: bytes)
        let thing = SimulatedKind.thing
        let kiosk = world.actors[0].client.entityIDs.first {
            world.actors[0].client.text(.name, of: $0) == "kiosk"
        }!
        #expect(answer(to: .say(text), in: &world)?.rule == .text)
        let place = Motion(position: .origin)
        #expect(answer(to: .create(thing, place, name: text), in: &world)?.rule == .text)
        let put = Intent.put(kiosk, SimulatedField.notes, key: text, .text("v"))
        #expect(answer(to: put, in: &world)?.rule == .text)
        #expect(
            answer(to: .set(kiosk, SimulatedField.sign, .text(text)), in: &world)?.rule == .text)
        #expect(
            answer(to: .removeKey(kiosk, SimulatedField.notes, key: text), in: &world) == nil,
            "what is not there can be taken out")
        #expect(world.server.counters.malformed == 0)
        let isPresent = world.actors[0].client.isPresent
        #expect(isPresent)
    }

    @Test func whatNoMessageCarriesIsRefusedByTheClientItself() {
        var world = Simulation.quiet(clients: 1)
        world.run(for: .seconds(1))
        let refused = world.server.counters.intentsRefused
        for intent in [
            Intent.say(String(repeating: "a", count: 4_096)),
            .set(
                EntityID(raw: 1), SimulatedField.sign,
                .text(String(repeating: "b", count: Scalar.maximumByteCount))),
        ] {
            let refusal = answer(to: intent, in: &world)
            #expect(refusal?.rule == .size)
            #expect(refusal?.reason.contains("\(Intent.maximumEncodedBytes)") == true)
        }
        #expect(world.server.counters.intentsRefused == refused)
        #expect(answer(to: .say("still here"), in: &world) == nil)
        let isPresent = world.actors[0].client.isPresent
        #expect(isPresent)
    }

    @Test func theLongestThatAMessageCarriesArrives() {
        var world = Simulation.quiet(clients: 1)
        world.run(for: .seconds(1))
        // A tag and two bytes for the length of the text.
        let text = String(repeating: "a", count: Intent.maximumEncodedBytes - 3)
        #expect(Intent.say(text).fitsMessage && !Intent.say(text + "a").fitsMessage)
        #expect(answer(to: .say(text), in: &world)?.rule == .text)
    }
}
