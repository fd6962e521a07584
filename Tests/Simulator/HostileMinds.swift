// Characters are played by minds outside the core, and one day by a language model's advice: what
// they want is input like any other. In some seeds the minds are out of their minds.

import CairnAgents
import CairnBasics
import CairnGeometry
import CairnWorld

extension AgentOutput {
    /// Adds wishes that no population makes: words that are not plain, endless or empty, speeds and
    /// places beyond all bounds, characters that there are not.
    mutating func addMadness(for view: AgentsView, random: inout SeededRandom) {
        guard random.chance(Ratio(1, in: 4)) else { return }
        let nobody = EntityID(raw: random.next())
        let someone = view.npcs.randomElement(&random)?.id ?? nobody
        switch random.below(6) {
        case 0: intents.append(.say(someone, "\u{1b}]0;hello\u{7}\n\u{202e}"))
        case 1:
            let line = String(repeating: "all work and no play ", count: 200)
            intents.append(.say(someone, line))
        case 2: intents.append(.say(nobody, "boo"))
        case 3:
            intents.append(
                .steer(
                    someone, Velocity(x: .max, y: .min, z: .max), facing: .identity,
                    animation: .max))
        case 4: spawns.append(Spawn(persona: Int(random.below(9)) - 4, position: .origin))
        default:
            spawns.append(
                Spawn(
                    persona: Int(random.below(2)),
                    position: Position(x: .max, y: .min, z: .max)))
        }
    }
}

extension Array {
    fileprivate func randomElement(_ random: inout SeededRandom) -> Element? {
        isEmpty ? nil : self[Int(random.below(UInt32(count)))]
    }
}
