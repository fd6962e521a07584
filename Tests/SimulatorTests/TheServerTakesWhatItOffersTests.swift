import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator
import Testing

extension Intent {
    /// The same wish with what a refusal offers in place of what was asked.
    fileprivate func mended(by refusal: Refusal) -> Intent? {
        if case .all(var parts) = self, let part = refusal.part {
            guard let better = parts[Int(part) - 1].mended(by: refusal) else { return nil }
            parts[Int(part) - 1] = better
            return .all(parts)
        }
        switch (self, refusal.nearest) {
        case (.set(let id, let field, _), .value(let value)?): return .set(id, field, value)
        case (.add(let id, let field, _), .value(.integer(let amount))?):
            return .add(id, field, amount)
        case (.put(let id, let field, let key, _), .value(let value)?):
            return .put(id, field, key: key, value)
        case (.create(let kind, _, let name), .motion(let motion)?):
            return .create(kind, motion, name: name)
        case (.create(let kind, let motion, _), .value(.text(let name))?):
            return .create(kind, motion, name: name)
        case (.putDown(let id, _), .motion(let motion)?): return .putDown(id, motion)
        case (.say, .value(.text(let text))?): return .say(text)
        case (_, .later?): return self
        default: return nil
        }
    }
}

/// A real server with little room and a small budget: whatever it offers in a refusal is accepted
/// when it comes next, or meets the next objection, and that ends.
@Suite struct TheServerTakesWhatItOffersTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whateverIsOfferedIsAccepted(seed: UInt64) {
        var world = Simulation.gathered(1) {
            $0.bytesPerIdentity = 1_500
            $0.budgetPerSecond = 300
            $0.budgetBurst = 1_200
        }
        var random = SeededRandom(seed: seed)
        let thing = world.make(0)
        #expect(world.ask(0, .pickUp(thing)).isAccepted)
        var rules: [Refusal.Rule: Int] = [:]
        for _ in 0..<50 {
            var wish = any(of: thing, at: world.place(of: world.body(0)), &random)
            if random.below(3) == 0 {
                let more = any(of: thing, at: world.place(of: world.body(0)), &random)
                wish = .all(wish.parts + more.parts)
            }
            for attempt in 0... {
                let answer = world.ask(0, wish)
                guard let refusal = answer.refusal, let better = wish.mended(by: refusal) else {
                    break
                }
                rules[refusal.rule, default: 0] += 1
                #expect(attempt < 5, "\(wish) is still refused: \(refusal)")
                if attempt == 5 { break }
                if case .later(let milliseconds)? = refusal.nearest {
                    world.run(for: .milliseconds(Int64(milliseconds)))
                }
                wish = better
            }
        }
        #expect(rules.count >= 4, "\(rules)")
    }

    private func any(of thing: EntityID, at place: Position, _ random: inout SeededRandom) -> Intent
    {
        func text() -> String { String(repeating: "w", count: Int(random.below(200))) }
        func motion() -> Motion {
            var place = place
            place.x += Int32(random.below(60_000)) - 30_000
            place.z -= random.below(4) == 0 ? 9_000 : 0
            return Motion(position: place)
        }
        return switch random.below(6) {
        case 0: .set(thing, SimulatedField.colour, .integer(Int64(random.below(40)) - 20))
        case 1: .put(thing, SimulatedField.notes, key: "k\(random.below(30))", .text(text()))
        case 2: .all([.putDown(thing, motion()), .pickUp(thing)])
        case 3: .create(SimulatedKind.thing, motion(), name: text())
        case 4: .add(thing, SimulatedField.count, Int64(1) << Int64(random.below(60)))
        default: .removeKey(thing, SimulatedField.notes, key: "k\(random.below(30))")
        }
    }
}
