// One character's mind: a small state machine that does one thing at a time, and a utility score
// that picks the next (Brain+Options.swift). One controller decides deed and word together, so
// that it never says one thing and does another (as Project Sid's PIANO found).
//
// What it does with a person (greet, answer, guide) it carries through; each of these ends by
// itself. Resting, strolling and going home may be dropped for anything better.
//
// Costs about as much as who is near: tens of microseconds a step, a search of the way on top
// when one is begun.

import CairnBasics
import CairnGeometry
import CairnWorld

/// The mind of one character. A value: the same history gives the same behaviour.
struct Brain: Sendable {
    /// How long it stands with somebody to greet, answer or show a place.
    static let courtesy = TimeSpan.seconds(3)
    /// How long it keeps silent after it spoke.
    static let voiceCooldown = TimeSpan.seconds(4)
    /// How long it remembers that somebody spoke to it.
    static let callMemory = TimeSpan.seconds(4)
    /// How long it does not look for a way after there was none: a search in vain costs most.
    static let searchCooldown = TimeSpan.seconds(10)

    enum Activity: Hashable, Sendable {
        case resting(since: Instant)
        case wandering(Route)
        case returning(Route)
        case greeting(EntityID, until: Instant)
        case answering(EntityID, until: Instant)
        case guiding(Guiding)
    }

    let npc: EntityID
    let persona: Int
    /// Its site by the plan in force.
    var home: PlanarVector
    var activity: Activity
    var encounters = Encounters()
    var random: SeededRandom
    var nextDecision: Instant
    /// Before this no way is looked for, as none was found.
    var blockedUntil: Instant
    var lastSpoke: Instant?
    /// Who spoke to it last, and when.
    var call: (person: EntityID, time: Instant)?
    private var heardThrough: Tick?
    /// What it looks at; kept when it stands.
    var facing = PlanarVector(1, 0)
    /// Which of its persona's lines comes next.
    private var nextLine = 0

    /// A new mind. Decisions of many characters are spread over the interval by the seed.
    init(npc: NPCSighting, home: PlanarVector, seed: UInt64, rules: AgentRules, now: Instant) {
        self.npc = npc.id
        self.persona = npc.persona
        self.home = home
        random = SeededRandom(seed: seed ^ mix64(npc.id.raw))
        activity = .resting(since: now)
        blockedUntil = now
        // In 256ths of the interval, so that no interval is too long for the draw.
        nextDecision = now + rules.decisionInterval * Int64(random.below(256)) / 256
    }

    /// Lives until the view's moment; appends what it wishes to do.
    mutating func step(
        as sighting: NPCSighting, in surroundings: Surroundings, intents: inout [AgentIntent]
    ) {
        let perception = Perception(of: sighting, in: surroundings)
        listen(perception, surroundings)
        var words: String?
        if surroundings.now >= nextDecision && isFree(at: surroundings.now) {
            nextDecision = surroundings.now + surroundings.rules.decisionInterval
            words = decide(perception, surroundings)
        }
        let deed = act(perception, surroundings)
        intents.append(steer(deed, perception, surroundings))
        if let text = (words ?? deed.words).flatMap(SpeechFilter.clean) {
            lastSpoke = surroundings.now
            intents.append(.say(npc, text))
        }
    }

    /// True when the present activity may be dropped.
    private func isFree(at now: Instant) -> Bool {
        switch activity {
        case .resting, .wandering, .returning: true
        case .greeting(_, let until), .answering(_, let until): now >= until
        case .guiding: false
        }
    }

    /// True when it has not just spoken.
    func maySpeak(at now: Instant) -> Bool {
        lastSpoke.map { now - $0 >= Self.voiceCooldown } ?? true
    }

    /// The next of the persona's lines in turn; nil when it has none.
    mutating func line(_ surroundings: Surroundings) -> String? {
        let lines = surroundings.personas[persona].lines
        guard !lines.isEmpty else { return nil }
        let line = lines[nextLine % lines.count]
        nextLine = (nextLine + 1) % lines.count
        return line
    }

    /// Notes the last person who spoke nearby and has no other character nearer.
    private mutating func listen(_ perception: Perception, _ surroundings: Surroundings) {
        if let call, surroundings.now - call.time > Self.callMemory { self.call = nil }
        guard !surroundings.view.heard.isEmpty else { return }
        let people = perception.people(on: surroundings.terrain)
        var newest = heardThrough
        for speech in surroundings.view.heard {
            if let heardThrough, !speech.tick.isNewer(than: heardThrough) { continue }
            if newest.map(speech.tick.isNewer) ?? true { newest = speech.tick }
            if people.contains(where: { $0.id == speech.from }),
                isNearest(to: PlanarVector(speech.position), perception)
            {
                call = (speech.from, surroundings.now)
            }
        }
        heardThrough = newest
    }

    private func isNearest(to speaker: PlanarVector, _ perception: Perception) -> Bool {
        let own = perception.position.squaredDistance(to: speaker)
        return perception.neighbours.allSatisfy { other in
            guard other.role == .npc else { return true }
            let distance = other.point.squaredDistance(to: speaker)
            return (own, npc) < (distance, other.id)
        }
    }
}
