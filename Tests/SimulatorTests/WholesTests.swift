import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator
import Testing

/// Several intents that happen together or not at all.
@Suite struct WholesTests {
    private typealias Field = SimulatedField

    @Test func allOfAWholeHappensInOneStepAndInOneRecord() {
        var world = Simulation.gathered(3)
        let (first, second) = (world.make(0), world.make(0))
        world.run(for: .seconds(2))
        let records = world.server.counters.journalRecords
        let answer = world.ask(
            0,
            .all([
                .set(first, Field.colour, .integer(3)), .set(second, Field.colour, .integer(4)),
                .insert(first, Field.tags, .text("a")), .insert(first, Field.tags, .text("b")),
                .add(second, Field.count, 2), .add(second, Field.count, 3),
            ]))
        #expect(answer == .accepted(.none))
        #expect(world.server.counters.journalRecords == records + 1)
        let (one, two) = (world.server.lattice[first], world.server.lattice[second])
        #expect(one?.latest(Field.colour) == .integer(3))
        #expect(one?[Field.tags]?.set?.count == 2)
        #expect(two?.latest(Field.colour) == .integer(4) && two?[Field.count]?.counter?.value == 5)
        world.run(for: .milliseconds(500))
        #expect(world.actors[2].client.field(Field.count, of: second)?.counter?.value == 5)
    }

    @Test func aPartThatIsRefusedTakesTheWholeWithIt() {
        var world = Simulation.gathered(1)
        let thing = world.make(0)
        let before = world.server.lattice.digest
        let records = world.server.counters.journalRecords
        let answer = world.ask(
            0,
            .all([
                .set(thing, Field.colour, .integer(3)), .insert(thing, Field.tags, .text("a")),
                .create(SimulatedKind.thing, world.server.motion(of: thing)!, name: "two"),
                .set(thing, Field.colour, .integer(12)), .delete(thing),
            ]))
        #expect(answer.refusal?.rule == .range && answer.refusal?.part == 4)
        #expect(answer.refusal?.nearest == .value(.integer(9)))
        #expect(world.server.lattice.digest == before)
        world.run(for: .seconds(1))
        #expect(world.server.counters.journalRecords == records)
        // What the refused whole had begun spoils nothing that comes after it.
        #expect(world.ask(0, .insert(thing, Field.tags, .text("b"))).isAccepted)
        #expect(world.server.lattice[thing]?[Field.tags]?.set?.elements == [.text("b")])
        let next = world.make(0)
        #expect(next.number == thing.number + 1 && world.server.lattice.contains(next))
    }

    @Test func everyPartIsJudgedAsThoseBeforeItLeaveTheWorld() {
        var world = Simulation.gathered(1)
        let thing = world.make(0)
        let here = world.server.motion(of: thing)!
        let deleted = world.ask(
            0, .all([.delete(thing), .set(thing, Field.colour, .integer(1))]))
        #expect(deleted.refusal?.rule == .unknownEntity && deleted.refusal?.part == 2)
        #expect(world.server.lattice.contains(thing))
        #expect(world.ask(0, .pickUp(thing)).isAccepted)
        #expect(world.ask(0, .place(thing, here)).refusal?.rule == .held)
        let moved = world.ask(0, .all([.putDown(thing, here), .place(thing, here)]))
        #expect(moved.isAccepted, "put down, it may be placed")
        var far = here
        far.position.x += 6 * Position.unitsPerMetre
        let reached = world.ask(0, .all([.place(thing, far), .pickUp(thing)]))
        #expect(reached.refusal?.rule == .reach && reached.refusal?.part == 2)
    }

    @Test func elementsOfOneWholeCountTogether() {
        var world = Simulation.gathered(1)
        let thing = world.make(0)
        func tags(_ range: Range<Int>) -> Intent {
            .all(range.map { .insert(thing, Field.tags, .text("t\($0)")) })
        }
        #expect(world.ask(0, tags(0..<16)).isAccepted)
        world.run(for: .seconds(1))
        #expect(world.ask(0, tags(16..<31)).isAccepted)
        world.run(for: .seconds(1))
        let answer = world.ask(0, tags(31..<33))
        #expect(answer.refusal?.rule == .elements && answer.refusal?.part == 2)
        #expect(world.server.lattice[thing]?[Field.tags]?.set?.count == 31)
    }

    @Test func thingsOfOneWholeCountTogether() {
        var world = Simulation.gathered(1) { $0.thingsPerIdentity = 5 }
        let here = Motion(position: world.place(of: world.body(0)))
        func make(_ count: Int) -> Intent {
            .all((0..<count).map { .create(SimulatedKind.thing, here, name: "\($0)") })
        }
        #expect(world.ask(0, make(3)).isAccepted)
        let entities = world.server.entityCount
        #expect(world.ask(0, make(3)).refusal?.rule == .quota)
        #expect(world.server.entityCount == entities)
        #expect(world.ask(0, make(2)).isAccepted)
    }

    @Test func aWholeTakesAsMuchOfTheRateAsItsParts() {
        var world = Simulation.gathered(1)
        let thing = world.make(0)
        world.run(for: .seconds(3))
        let whole = Intent.all(Array(repeating: .add(thing, Field.count, 1), count: 16))
        let numbers = (0..<4).map { _ in world.actors[0].client.submit(whole) }
        world.run(for: .milliseconds(200))
        let answers = numbers.map { world.answer(to: $0, of: 0) }
        #expect(answers[0].isAccepted && answers[1].isAccepted)
        let refusal = answers[3].refusal
        #expect(refusal?.rule == .rate)
        guard case .later(let milliseconds)? = refusal?.nearest else {
            Issue.record("the refusal does not say when to come again")
            return
        }
        world.run(for: .milliseconds(Int64(milliseconds)))
        #expect(world.ask(0, whole).isAccepted)
    }

    @Test func aWholeSurvivesACrashWholly() {
        for milliseconds in stride(from: 10, to: 400, by: 30) as StrideTo<Int64> {
            var world = Simulation.gathered(1)
            let (first, second) = (world.make(0), world.make(0))
            world.run(for: .seconds(2))
            world.actors[0].client.submit(
                .all([.add(first, Field.count, 1), .add(second, Field.count, 1)]))
            world.run(for: .milliseconds(milliseconds))
            world.killAndRestart()
            let counts = [first, second].map {
                world.server.lattice[$0]?[Field.count]?.counter?.value
            }
            #expect(counts[0] == counts[1], "after \(milliseconds) ms")
        }
    }
}
