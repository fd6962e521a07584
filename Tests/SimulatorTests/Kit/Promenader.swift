// How the people of a promenade walk: from place to place at their own pace, turning as fast as bodies
// turn and not at once, slowing down and stopping, looking where they go. What they wish for is what
// a player's client would steer; the server decides where they are.

import CairnBasics
import CairnGeometry
import CairnWorld

/// Somebody with somewhere to go.
struct Promenader {
    /// Radians and metres in a second, and in a second's square.
    private static let turnRate = 2.6
    private static let acceleration = 2.0

    private var random: SeededRandom
    private let halfMetres: Double
    private let pace: Double
    private var heading: Double
    private var speed = 0.0
    private var goal: (x: Double, y: Double)?
    private var pauseUntil = Instant.zero

    /// - Parameter halfMetres: half the edge of the square, about the origin, that nobody leaves.
    init(seed: UInt64, halfMetres: Double) {
        random = SeededRandom(seed: seed)
        self.halfMetres = halfMetres
        pace = 0.9 + random.unit() * 0.9
        heading = random.unit() * 2 * .pi
    }

    /// What the person wishes for, a tick from `place` on.
    mutating func step(
        from place: Position, now: Instant
    ) -> (velocity: Velocity, orientation: Orientation) {
        let here = place.metres
        let seconds = 0.05
        var wished = 0.0
        if now >= pauseUntil {
            let target = goal ?? newGoal()
            goal = target
            let (x, y) = (target.x - here.x, target.y - here.y)
            let distance = (x * x + y * y).squareRoot()
            if distance < 1 {
                arrive(now: now)
            } else {
                let turn = wrappedAngle(arcTangent(y, x) - heading)
                heading += max(-Self.turnRate * seconds, min(Self.turnRate * seconds, turn))
                // Who has to turn round does it on the spot.
                wished = abs(turn) > 1 ? 0 : pace
            }
        }
        let change = Self.acceleration * seconds
        speed += max(-change, min(change, wished - speed))
        return (
            Velocity(metresPerSecondX: speed * cosine(heading), speed * sine(heading), 0),
            Orientation(yaw: heading)
        )
    }

    private mutating func arrive(now: Instant) {
        goal = nil
        // Half of all goals are only places where the way bends.
        if random.chance(Ratio(1, in: 2)) {
            pauseUntil = now + .milliseconds(Int64(random.below(6_000)))
        }
    }

    private mutating func newGoal() -> (x: Double, y: Double) {
        let edge = 2 * halfMetres - 2
        return (edge * (random.unit() - 0.5), edge * (random.unit() - 0.5))
    }
}
