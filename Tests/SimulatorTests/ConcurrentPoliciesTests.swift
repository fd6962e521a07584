import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnTransport
import CairnWorld
import Simulator
import Testing

/// Two nodes, a client at each, and what they wish for at the same moment.
@Suite struct ConcurrentPoliciesTests {
    private struct Twins: ~Copyable {
        var world: Simulation
        /// What stands in both clients' sight: a kiosk, and two things besides.
        var things: [EntityID] = []

        init() {
            var options = Simulation.Options(faults: LinkConditions(delay: .milliseconds(5)))
            options.nodes = 2
            options.clients = 2
            options.actorsAct = false
            options.hasCharacters = false
            world = Simulation(seed: 7, options: options)
            world.run(for: .seconds(1))
            for name in ["first", "second"] {
                world.actors[0].client.submit(
                    .create(SimulatedKind.thing, Motion(position: .origin), name: name))
            }
            world.run(for: .seconds(1))
            things = world.actors[0].client.entityIDs.filter {
                world.actors[0].client.kind(of: $0)?.id == SimulatedKind.thing
            }
        }

        /// Each client wishes for something at once; the answers, in the clients' order.
        mutating func wish(_ first: Intent?, _ second: Intent?) -> [Refusal?] {
            var numbers: [UInt32?] = []
            for (index, intent) in [first, second].enumerated() {
                world.actors[index].events.removeAll()
                numbers.append(intent.map { world.actors[index].client.submit($0) })
            }
            world.run(for: .seconds(1))
            return numbers.indices.map { index in
                world.actors[index].events.compactMap { event -> Refusal? in
                    guard case .refused(let number, let refusal) = event else { return nil }
                    return number == numbers[index] ? refusal : nil
                }.first
            }
        }

        func values(_ id: EntityID, at actor: Int) -> [Scalar] {
            world.actors[actor].client.field(SimulatedField.sign, of: id)?.multiValue?.values ?? []
        }
    }

    @Test func aMultiValueKeepsBothUntilOneWhoSawBothWrites() {
        var twins = Twins()
        let id = twins.things[0]
        let (tea, milk) = (Scalar.text("tea"), Scalar.text("milk"))
        let answers = twins.wish(
            .set(id, SimulatedField.sign, tea), .set(id, SimulatedField.sign, milk))
        #expect(answers == [nil, nil])
        for actor in 0..<2 { #expect(twins.values(id, at: actor) == [milk, tea]) }
        _ = twins.wish(nil, .set(id, SimulatedField.sign, .text("both")))
        for actor in 0..<2 { #expect(twins.values(id, at: actor) == [.text("both")]) }
    }

    @Test func aMaximumIsTheLargerOfBoth() {
        var twins = Twins()
        let id = twins.things[0]
        _ = twins.wish(
            .set(id, SimulatedField.best, .integer(70)), .set(id, SimulatedField.best, .integer(8)))
        for actor in 0..<2 {
            let best = twins.world.actors[actor].client.number(SimulatedField.best, of: id)
            #expect(best == 70)
        }
    }

    @Test func oneOfTwoMovesThatCloseACircleHoldsAndTheSameOneEverywhere() {
        var twins = Twins()
        let (one, two) = (twins.things[0], twins.things[1])
        let field = SimulatedField.hangsOn
        let answers = twins.wish(
            .set(one, field, .entity(two)), .set(two, field, .entity(one)))
        #expect(answers == [nil, nil], "neither node knew of the other's")
        let parents = (0..<2).map { actor in
            [one, two].map { twins.world.actors[actor].client.parent(field, of: $0) }
        }
        #expect(parents[0] == parents[1])
        #expect(parents[0].compactMap { $0 }.count == 1)
        let again = twins.wish(.set(one, field, .entity(one)), nil)
        #expect(again[0]?.rule == .attachment)
    }

    @Test func whatTheOtherNodeHoldsIsRefusedThenComesOver() {
        var twins = Twins()
        let id = twins.things[0]
        let stock = SimulatedField.stock
        #expect(twins.wish(.add(id, stock, 10), nil) == [nil, nil])
        #expect(twins.world.actors[1].client.number(stock, of: id) == 10)
        let refusal = twins.wish(nil, .add(id, stock, -3))[1]
        #expect(refusal?.rule == .rights && refusal?.nearest == nil)
        #expect(twins.wish(nil, .add(id, stock, -3))[1] == nil, "the rights have come over")
        for actor in 0..<2 {
            #expect(twins.world.actors[actor].client.number(stock, of: id) == 7)
        }
        // Everything else is the first's: nobody ever gets more than there is.
        let both = twins.wish(.add(id, stock, -7), .add(id, stock, -7))
        #expect(both[0] == nil)
        #expect(both[1]?.rule == .rights)
        let last = twins.wish(.add(id, stock, -1), .add(id, stock, -1))
        #expect(last.map { $0?.rule } == [.range, .range], "the shelf is empty, and both know")
    }
}
