// The next second of a walk: the fastest safe velocity towards the goal out of a few dozen
// (sampled velocity obstacles; van den Berg et al., 2008, without reciprocity, since people do not
// give way). Safe means that for the whole horizon the way is open ground and nobody comes closer
// than the separation. Standing still is always allowed, so a character can never be forced into
// a zone.

import CairnBasics

struct Steering {
    /// Sixteen headings relative to the goal, straight ahead first, then alternating sides.
    static let headings: [PlanarVector] = {
        // cos and sin of 22.5, 45 and 67.5 degrees, written out: the same on every machine.
        let (c1, s1) = (0.923_879_532_511_286_7, 0.382_683_432_365_089_8)
        let c2 = 0.707_106_781_186_547_6
        let quarter = [(c1, s1), (c2, c2), (s1, c1), (0, 1), (-s1, c1), (-c2, c2), (-c1, s1)]
        let sides = quarter.flatMap { [PlanarVector($0.0, $0.1), PlanarVector($0.0, -$0.1)] }
        return [PlanarVector(1, 0)] + sides + [PlanarVector(-1, 0)]
    }()
    /// How much keeping the present heading is worth against progress.
    private static let persistence = 0.25
    /// How much moving is worth against progress: enough to step aside, not enough to turn back.
    private static let mobility = 0.3

    let terrain: Terrain
    /// Everybody near but the walker.
    let neighbours: [Crowd.Member]

    /// The velocity, in metres a second, that a walker at `position` should have to reach `goal`
    /// at up to `speed`; zero when no way is safe or it has arrived.
    func velocity(
        from position: PlanarVector, to goal: PlanarVector, speed: Double, current: PlanarVector
    ) -> PlanarVector {
        let way = goal - position
        // Slows down so as not to run past the goal before the next steer.
        let fastest = min(speed, way.length / horizon)
        guard fastest > 0.01 else { return .zero }
        let options = [1, 0.5].flatMap { part in
            Self.headings.map { way.direction.turned(by: $0) * (fastest * part) }
        }
        func worth(_ velocity: PlanarVector) -> Double {
            velocity.dot(way.direction) + Self.persistence * velocity.dot(current.direction)
                + Self.mobility * velocity.length
        }
        let ranked = options.indices.sorted {
            (worth(options[$1]), $0) < (worth(options[$0]), $1)
        }
        for index in ranked where worth(options[index]) > 0 {
            if isSafe(options[index], from: position) { return options[index] }
        }
        return .zero
    }

    /// The velocity that leaves somebody who stands too close; zero when nobody does.
    func evasion(from position: PlanarVector, speed: Double) -> PlanarVector {
        guard let intruder = neighbours.first,
            intruder.point.distance(to: position) < terrain.rules.separation
        else { return .zero }
        let away = (position - intruder.point).direction
        let heading = away == .zero ? PlanarVector(1, 0) : away
        let options = Self.headings.map { heading.turned(by: $0) * speed }
        return options.first { isSafe($0, from: position) } ?? .zero
    }

    /// True when the walker may keep `velocity` for the whole horizon.
    func isSafe(_ velocity: PlanarVector, from position: PlanarVector) -> Bool {
        keepsDistance(velocity, from: position)
            && terrain.admits(from: position, to: position + velocity * horizon)
    }

    private var horizon: Double { terrain.rules.steeringHorizon.seconds }

    /// True when nobody comes closer than the separation or, being too close, closer still.
    /// Others are taken to keep their velocity.
    private func keepsDistance(_ velocity: PlanarVector, from position: PlanarVector) -> Bool {
        let separation = terrain.rules.separation
        return neighbours.allSatisfy { neighbour in
            let offset = position - neighbour.point
            let relative = velocity - neighbour.velocity
            let speed = relative.squaredLength
            let closest = speed > 0 ? max(0, min(horizon, -offset.dot(relative) / speed)) : 0
            let distance = (offset + relative * closest).squaredLength
            // Whoever is too close already may be left, in any direction that leads apart.
            return distance >= separation * separation || closest == 0
        }
    }
}
