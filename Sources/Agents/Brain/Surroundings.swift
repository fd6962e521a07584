// What a step shows to every brain, and what one brain notices of it.

import CairnBasics
import CairnGeometry
import CairnWorld

/// The ground that characters walk on; built anew only when zones, anchors or bounds change.
struct Ground: Sendable {
    /// A point of interest with open ground near it; to others nobody can be led.
    struct Place: Hashable, Sendable {
        /// Where to stand to look at it.
        var approach: PlanarVector
        /// Its weight as a part of the heaviest place's, 0...1.
        var attraction: Double
    }

    let terrain: Terrain
    let navigation: Navigation
    let places: [Place]

    init(_ terrain: Terrain) {
        let navigation = Navigation(terrain)
        let heaviest = terrain.pointsOfInterest.reduce(0) { max($0, $1.weight) }
        self.terrain = terrain
        self.navigation = navigation
        places = terrain.pointsOfInterest.compactMap { place in
            navigation.nearestOpenPoint(to: place.centre).map {
                Place(approach: $0, attraction: place.weight / heaviest)
            }
        }
    }
}

/// Everything that all brains share during one step.
struct Surroundings: Sendable {
    let view: AgentsView
    let ground: Ground
    let crowd: Crowd
    let personas: [PersonaDescription]

    var terrain: Terrain { ground.terrain }
    var rules: AgentRules { ground.terrain.rules }
    var now: Instant { view.now }
}

/// What one character notices: who is near, nearest first, and who spoke to it.
struct Perception: Sendable {
    /// Most people and characters that one attends to at once.
    static let attention = 12

    let position: PlanarVector
    let velocity: PlanarVector
    let neighbours: [Crowd.Member]

    init(of npc: NPCSighting, in surroundings: Surroundings) {
        let here = PlanarVector(npc.motion.position)
        var near: [(distance: Double, member: Crowd.Member)] = []
        surroundings.crowd.forEach(within: surroundings.rules.hearingRadius, of: here) {
            if $0.id != npc.id { near.append(($0.point.squaredDistance(to: here), $0)) }
        }
        near.sort { ($0.distance, $0.member.id) < ($1.distance, $1.member.id) }
        position = here
        velocity = PlanarVector(npc.motion.velocity)
        neighbours = near.prefix(Self.attention).map(\.member)
    }

    /// The people near that the character can meet: everybody in the virtual world, and those with
    /// devices where an anchor lets them see it.
    func people(on terrain: Terrain) -> [Crowd.Member] {
        let isShown = terrain.anchor(near: position) != nil
        return neighbours.filter { $0.role == .player || $0.role == .device && isShown }
    }

    /// The distance to the nearest person in metres; infinite when nobody is near.
    var nearestPerson: Double {
        neighbours.first { $0.role != .npc }?.point.distance(to: position) ?? .infinity
    }
}
