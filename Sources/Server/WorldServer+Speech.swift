// What is said, and who hears it. Speech is no shared state: it is heard once or not at all.

import CairnAgents
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

extension WorldServer {
    /// How far a voice carries: across a plaza's table, not across the plaza.
    static let hearingMetres: UInt32 = 20
    /// Speech kept for the agents' next view.
    static let heardLimit = 256

    /// Tells everyone in earshot, and the agents.
    mutating func say(_ text: String, by actor: Actor, now: Instant) {
        let name = world.lattice[actor.entity]?.latest(.name)
        let speaker = if case .text(let text)? = name { text } else { "" }
        let heard = ServerMessage.heard(speaker: actor.entity, name: speaker, text: text).encoded()
        for index in sessions.indices where hears(index, actor) {
            guard sessions[index].ears.admit(now: now) else { continue }
            send(encoded: heard, to: index)
        }
        if self.heard.count == Self.heardLimit { self.heard.removeFirst() }
        self.heard.append(
            HeardSpeech(from: actor.entity, position: actor.position, text: text, tick: tick))
    }

    /// How many clients would hear somebody.
    /// - Complexity: O(clients)
    func listeners(of actor: Actor) -> Int { sessions.indices.count { hears($0, actor) } }

    private func hears(_ index: Int, _ actor: Actor) -> Bool {
        guard sessions.contains(index), sessions[index].phase == .present else { return false }
        // Spectators hear what they look at: they have no ears of their own to be near.
        if sessions[index].entity == .none { return true }
        let radius = UInt64(Self.hearingMetres) * UInt64(Position.unitsPerMetre)
        return place(ofSession: index).squaredDistance(to: actor.position) <= radius * radius
    }
}
