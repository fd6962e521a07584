// The characters of a world as one value: their plan and their minds. The server asks it, off the
// tick, where they should be and what they do, and sends the answers through the door.
//
// Everything follows from the seed and the views: no clock, no chance and no thread of its own.

import CairnBasics
import CairnGeometry
public import CairnWorld

/// All characters of one world.
///
/// Give it a view several times a second; each step returns what to create, what everybody wishes
/// to do, and the plan when a new one was made. One character is kept for each persona.
public struct Population: Sendable {
    /// How long to wait for a character that was asked for before asking again.
    static let spawnPatience = TimeSpan.seconds(5)

    /// The plan in force; nil before the first step.
    public private(set) var plan: PlacementPlan?

    private let personas: [PersonaDescription]
    private let seed: UInt64
    private let rules: AgentRules
    private var ground: Ground?
    /// What `ground` was built from.
    private var groundSource: GroundSource?
    /// Ascending by character.
    private var brains: [Brain] = []
    /// For each persona when a character was last asked for.
    private var spawnAsked: [Instant?]
    private var schedule = PlanSchedule()

    private struct GroundSource: Equatable {
        var bounds: Bounds
        var zones: [ZoneDescription]
        var anchors: [AnchorFix]
    }

    public init(personas: [PersonaDescription], seed: UInt64, rules: AgentRules = AgentRules()) {
        self.personas = personas
        self.seed = seed
        self.rules = rules
        spawnAsked = [Instant?](repeating: nil, count: personas.count)
    }

    /// What the characters want at the moment of the view.
    ///
    /// Views must be in order of time. Characters whose persona does not exist are left alone.
    /// - Complexity: O(people log people + characters · who is near them), and the solver's cost
    ///   when a plan is due.
    public mutating func step(_ view: AgentsView) -> AgentOutput {
        let (ground, isNewGround) = ground(for: view)
        let surroundings = Surroundings(
            view: view, ground: ground, crowd: Crowd(view), personas: personas)
        let npcs = view.npcs.filter { personas.indices.contains($0.persona) }
            .sorted { $0.id < $1.id }
        meet(npcs, now: view.now)
        var output = AgentOutput()
        if isNewGround || schedule.isDue(surroundings, hasHomeless: hasHomeless, rules: rules) {
            output.plan = replan(surroundings, npcs)
        }
        output.spawns = missing(npcs, now: view.now)
        for (index, npc) in npcs.enumerated() {
            brains[index].step(as: npc, in: surroundings, intents: &output.intents)
        }
        return output
    }

    /// The ground of the view, built anew if anything that it depends on changed.
    private mutating func ground(for view: AgentsView) -> (Ground, isNew: Bool) {
        let source = GroundSource(bounds: view.bounds, zones: view.zones, anchors: view.anchors)
        if let ground, groundSource == source { return (ground, false) }
        let terrain = Terrain(
            bounds: view.bounds, zones: view.zones, anchors: view.anchors, rules: rules)
        let built = Ground(terrain)
        ground = built
        groundSource = source
        return (built, true)
    }

    /// Keeps one mind for each character present, in the characters' order.
    private mutating func meet(_ npcs: [NPCSighting], now: Instant) {
        var known = 0
        var present: [Brain] = []
        present.reserveCapacity(npcs.count)
        for npc in npcs {
            while known < brains.count, brains[known].npc < npc.id { known += 1 }
            if known < brains.count, brains[known].npc == npc.id {
                present.append(brains[known])
            } else {
                let home = site(of: npc) ?? PlanarVector(npc.motion.position)
                present.append(Brain(npc: npc, home: home, seed: seed, rules: rules, now: now))
            }
        }
        brains = present
    }
}

// MARK: - Planning

extension Population {
    /// The site of a character, or that of the persona it was created for.
    private func site(of npc: NPCSighting) -> PlanarVector? {
        let placements = plan?.placements ?? []
        let placement =
            placements.first { $0.npc == npc.id }
            ?? placements.first { $0.npc == nil && $0.persona == npc.persona }
        return placement.map { PlanarVector($0.site) }
    }

    /// True when the plan knows nothing of some persona or character.
    private var hasHomeless: Bool {
        guard let plan else { return true }
        return plan.placements.count + plan.unplaced < max(brains.count, personas.count)
    }

    /// Solves anew; the plan is returned when it places anybody otherwise.
    private mutating func replan(
        _ surroundings: Surroundings, _ npcs: [NPCSighting]
    ) -> PlacementPlan? {
        schedule.planned(surroundings)
        let solved = PlacementProblem(
            terrain: surroundings.terrain, crowd: surroundings.crowd, residents: residents(npcs),
            incumbents: plan?.placements.map(\.site) ?? [], tick: surroundings.view.tick
        ).solve()
        let isNew = plan?.placements != solved.placements
        plan = solved
        for (index, npc) in npcs.enumerated() {
            if let site = site(of: npc) { brains[index].home = site }
        }
        return isNew ? solved : nil
    }

    /// Every character from where it belongs, and the personas that have none yet.
    private func residents(_ npcs: [NPCSighting]) -> [PlacementProblem.Resident] {
        let present = npcs.map { npc in
            PlacementProblem.Resident(
                persona: npc.persona, npc: npc.id,
                position: site(of: npc)?.position(height: npc.motion.position.z)
                    ?? npc.motion.position)
        }
        let absent = personas.indices.filter { persona in
            !npcs.contains { $0.persona == persona }
        }
        return present
            + absent.map { persona in
                let planned = plan?.placements.first { $0.persona == persona }
                return PlacementProblem.Resident(persona: persona, position: planned?.site)
            }
    }

    /// Planned characters that do not exist and were not asked for lately.
    private mutating func missing(_ npcs: [NPCSighting], now: Instant) -> [Spawn] {
        var spawns: [Spawn] = []
        for placement in plan?.placements ?? []
        where !npcs.contains(where: { $0.persona == placement.persona }) {
            if let asked = spawnAsked[placement.persona], now - asked < Self.spawnPatience {
                continue
            }
            spawnAsked[placement.persona] = now
            spawns.append(Spawn(persona: placement.persona, position: placement.site))
        }
        return spawns
    }
}
