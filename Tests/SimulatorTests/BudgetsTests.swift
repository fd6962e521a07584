import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator
import Testing

/// What one client may cause, and keep.
@Suite struct BudgetsTests {
    private typealias Field = SimulatedField

    private func note(_ thing: EntityID, _ key: String, bytes: Int) -> Intent {
        .put(thing, Field.notes, key: key, .text(String(repeating: "n", count: bytes)))
    }

    @Test func whatCostsTooMuchIsRefusedAndAcceptedWhenItSays() {
        var world = Simulation.gathered(1) {
            $0.budgetPerSecond = 200
            $0.budgetBurst = 1_000
        }
        let thing = world.make(0)
        world.run(for: .seconds(5))
        let before = world.server.lattice.digest
        var refusal: Refusal?
        var accepted = 0
        for number in 0..<9 where refusal == nil {
            let answer = world.ask(0, note(thing, "k\(number)", bytes: 60))
            refusal = answer.refusal
            accepted += answer.isAccepted ? 1 : 0
        }
        #expect(accepted >= 4 && refusal?.rule == .budget)
        #expect(world.server.lattice[thing]?[Field.notes]?.map?.count == accepted)
        #expect(world.server.lattice.digest != before)
        guard case .later(let milliseconds)? = refusal?.nearest else {
            Issue.record("the refusal does not say when to come again")
            return
        }
        // `ask` has let 200 ms pass, most of them since the refusal.
        world.run(for: .milliseconds(max(0, Int64(milliseconds) - 180)))
        #expect(world.ask(0, note(thing, "again", bytes: 60)).isAccepted)
    }

    @Test func aWholeCostsTheSumOfItsParts() {
        var world = Simulation.gathered(1) {
            $0.budgetPerSecond = 1
            $0.budgetBurst = 900
        }
        let thing = world.make(0)
        let before = world.server.lattice.digest
        let whole = Intent.all((0..<7).map { note(thing, "k\($0)", bytes: 60) })
        #expect(world.ask(0, whole).refusal?.rule == .budget)
        #expect(world.server.lattice.digest == before, "what is not paid for does not happen")
        #expect(world.ask(0, note(thing, "k", bytes: 60)).isAccepted)
    }

    @Test func speechCostsAsMuchAsItIsHeard() {
        func lines(listeners: Int) -> Int {
            var world = Simulation.gathered(2 * listeners + 1) {
                $0.budgetPerSecond = 1
                $0.budgetBurst = 2_000
            }
            var said = 0
            for _ in 0..<20 {
                world.run(for: .seconds(1))
                guard world.ask(0, .say("a line of some length")).isAccepted else { break }
                said += 1
            }
            return said
        }
        let alone = lines(listeners: 0)
        let before10 = lines(listeners: 10)
        #expect(alone > 10 && before10 < 4 && before10 > 0)
    }

    @Test func nobodyKeepsMoreBytesThanTheirShare() {
        var world = Simulation.gathered(1) { $0.bytesPerIdentity = 1_000 }
        let thing = world.make(0)
        var refusal: Refusal?
        for number in 0..<30 where refusal == nil {
            refusal = world.ask(0, note(thing, "k\(number)", bytes: 60)).refusal
        }
        #expect(refusal?.rule == .quota)
        let held = world.server.holding(of: 1).bytes
        #expect(held <= 1_000 && held > 850)
        guard case .value(.text(let shorter))? = refusal?.nearest else {
            Issue.record("the refusal does not say how much is left")
            return
        }
        let count = world.server.lattice[thing]?[Field.notes]?.map?.count ?? 0
        #expect(
            world.ask(0, .put(thing, Field.notes, key: "k\(count)", .text(shorter))).isAccepted)
        #expect(world.server.holding(of: 1).bytes == 1_000)
        #expect(world.ask(0, .removeKey(thing, Field.notes, key: "k0")).isAccepted)
        #expect(world.ask(0, note(thing, "new", bytes: 50)).isAccepted)
        let holding = world.server.holding(of: 1)
        world.run(for: .seconds(1))
        world.killAndRestart()
        #expect(world.server.holding(of: 1) == holding, "counted rightly after a restart")
    }

    @Test func othersFillHalfOfAnOwnersRoomAndNoMore() {
        var world = Simulation.gathered(3) { $0.bytesPerIdentity = 1_200 }
        let thing = world.make(0)
        var refusal: Refusal?
        for number in 0..<30 where refusal == nil {
            refusal = world.ask(2, note(thing, "k\(number)", bytes: 60)).refusal
        }
        #expect(refusal?.rule == .quota && world.server.holding(of: 1).bytes <= 600)
        #expect(world.ask(0, note(thing, "mine", bytes: 60)).isAccepted)
    }

    @Test func whatIsDeletedCountsNoMore() {
        var world = Simulation.gathered(1)
        let thing = world.make(0)
        #expect(world.server.holding(of: 1).things == 1)
        #expect(world.server.holding(of: 1).bytes > 64)
        #expect(world.ask(0, .delete(thing)).isAccepted)
        #expect(world.server.holding(of: 1) == Holding())
    }

    // MARK: Looks

    @Test func ofLooksThatComeTooFastTheLastIsTaken() {
        var world = Simulation.quiet(clients: 0)
        let watcher = world.addIntruder(.watching)
        world.run(for: .milliseconds(300))
        watcher.say(.enter(Entrance()))
        watcher.say(.ready)
        world.run(for: .milliseconds(300))
        let metre = Position.unitsPerMetre
        for step in 0..<100 {
            watcher.say(.look(at: Position(x: Int32(step), y: 0, z: 0), radiusMetres: 8))
        }
        watcher.say(.look(at: Position(x: 30 * metre, y: 0, z: 0), radiusMetres: 8))
        world.run(for: .milliseconds(400))
        #expect(world.server.viewpoints.map(\.x) == [30 * metre])
        #expect(watcher.isConnected)
    }
}
