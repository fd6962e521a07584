import CairnAgents
import CairnBasics
import CairnGeometry
import CairnWorld

/// A world just large enough to play agents in: it creates what they ask for and moves them as
/// they wish, without a door that would correct them.
struct Stage {
    var view: AgentsView
    var population: Population
    var step = TimeSpan.milliseconds(200)
    private(set) var said: [Line] = []
    private(set) var plans: [PlacementPlan] = []
    private var nextNumber: UInt32 = 1000

    struct Line: Equatable {
        var npc: EntityID
        var text: String
        var time: Instant
    }

    init(
        sideMetres: Int32 = 60, zones: [ZoneDescription] = [], anchors: [AnchorFix] = [],
        personas: [PersonaDescription], seed: UInt64 = 1, rules: AgentRules = AgentRules()
    ) {
        view = AgentsView(
            tick: Tick(0), now: .zero, bounds: square(sideMetres), zones: zones, anchors: anchors)
        population = Population(personas: personas, seed: seed, rules: rules)
    }

    /// One step of the population and of the world; `latency` is how long the wishes hold.
    mutating func play(latency: TimeSpan? = nil) -> AgentOutput {
        let output = population.step(view)
        if let plan = output.plan { plans.append(plan) }
        let span = latency ?? step
        for intent in output.intents { apply(intent, for: span) }
        for spawn in output.spawns {
            nextNumber += 1
            view.npcs.append(
                NPCSighting(
                    id: EntityID(replica: ReplicaID(raw: 1), number: nextNumber),
                    persona: spawn.persona, motion: Motion(position: spawn.position)))
        }
        view.now = view.now + span
        view.tick = view.tick + 1
        view.heard = []
        return output
    }

    private mutating func apply(_ intent: AgentIntent, for span: TimeSpan) {
        switch intent {
        case .steer(let npc, let velocity, let facing, let animation):
            guard let index = view.npcs.firstIndex(where: { $0.id == npc }) else { return }
            view.npcs[index].motion = Motion(
                position: moved(view.npcs[index].motion.position, velocity, span),
                velocity: velocity, orientation: facing, animation: animation)
        case .say(let npc, let text):
            said.append(Line(npc: npc, text: text, time: view.now))
        }
    }

    /// Moves a person towards a point, stopping a little before it.
    mutating func walk(
        person index: Int, towards goal: PlanarVector, speed: Double, stopAt gap: Double
    ) {
        let way = goal - PlanarVector(view.people[index].position)
        let velocity =
            way.length > gap
            ? Velocity(
                metresPerSecondX: way.direction.x * speed, way.direction.y * speed, 0)
            : .zero
        view.people[index].velocity = velocity
        view.people[index].position = moved(view.people[index].position, velocity, step)
    }

    private func moved(_ position: Position, _ velocity: Velocity, _ span: TimeSpan) -> Position {
        let way = PlanarVector(velocity) * span.seconds
        return (PlanarVector(position) + way).position(height: position.z)
    }
}

/// Bounds of a square about the origin.
func square(_ sideMetres: Int32) -> Bounds {
    let half = sideMetres * 512
    return Bounds(
        lowest: Position(x: -half, y: -half, z: 0), highest: Position(x: half, y: half, z: 20_480))
}

/// A rectangular zone, in metres.
func zone(
    _ role: ZoneRole, x: ClosedRange<Int32>, y: ClosedRange<Int32>, weight: Double = 1
) -> ZoneDescription {
    let corners = [
        (x.lowerBound, y.lowerBound), (x.upperBound, y.lowerBound),
        (x.upperBound, y.upperBound), (x.lowerBound, y.upperBound),
    ]
    return ZoneDescription(
        name: "zone", role: role,
        polygon: corners.map { PlanarPoint(x: $0.0 * 1024, y: $0.1 * 1024) }, weight: weight)
}

/// A regular star: a zone that is not convex, so that corners reach between its arms.
func star(_ role: ZoneRole, at centre: PlanarVector, radius: Double, arms: Int = 5)
    -> ZoneDescription
{
    let corners = (0..<2 * arms).map { index -> PlanarPoint in
        let angle = Double.pi * Double(index) / Double(arms)
        let length = index % 2 == 0 ? radius : radius / 2
        return PlanarPoint(
            (centre + PlanarVector(cosine(angle), sine(angle)) * length).position(height: 0))
    }
    return ZoneDescription(name: "star", role: role, polygon: corners, weight: 1)
}

func metres(_ x: Double, _ y: Double) -> Position {
    PlanarVector(x, y).position(height: 0)
}

func person(
    _ number: UInt32, at x: Double, _ y: Double, isDevice: Bool = false
) -> PersonSighting {
    PersonSighting(
        id: EntityID(replica: ReplicaID(raw: 2), number: number), position: metres(x, y),
        velocity: .zero, isDevice: isDevice)
}

func persona(
    _ role: PersonaRole = .greeter, greeting: String = "Good day!", lines: [String] = []
) -> PersonaDescription {
    PersonaDescription(
        name: "Somebody", greeting: greeting, lines: lines, role: role, kind: KindID(2))
}

/// The distance to a zone's outline in metres, negative inside; written apart from the sources.
func distance(to zone: ZoneDescription, from point: PlanarVector) -> Double {
    let corners = zone.polygon.map { PlanarVector(Position(x: $0.x, y: $0.y, z: 0)) }
    var nearest = Double.infinity
    for index in corners.indices {
        let start = corners[index]
        let way = corners[(index + 1) % corners.count] - start
        let part = max(0, min(1, (point - start).dot(way) / way.squaredLength))
        nearest = min(nearest, point.distance(to: start + way * part))
    }
    return zone.contains(point.position(height: 0)) ? -nearest : nearest
}
