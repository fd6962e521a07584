// How people walk over a plaza: from place to place at their own pace, with pauses, the straight way.

import CairnBasics
import CairnGeometry
import CairnWorld

/// A walker's mind.
struct Walk {
    private var random: SeededRandom
    private let paceMetresPerSecond: Double
    private var goal: Position?
    private var pauseUntil = Instant.zero
    private var chosenAt = Instant.zero

    /// Nobody tries for longer to reach a goal: the way may be blocked.
    private static let patience = TimeSpan.seconds(40)

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        paceMetresPerSecond = 0.9 + random.unit() * 0.9
    }

    /// The wished velocity and the way to look from where the body is.
    mutating func step(
        from place: Position, in description: WorldDescription, now: Instant
    ) -> (velocity: Velocity, orientation: Orientation) {
        if now < pauseUntil { return (.zero, facing) }
        if goal == nil || now - chosenAt > Self.patience {
            goal = chooseGoal(in: description)
            chosenAt = now
        }
        guard let goal else { return (.zero, facing) }
        let x = Double(goal.x) - Double(place.x)
        let y = Double(goal.y) - Double(place.y)
        let distance = (x * x + y * y).squareRoot() / Double(Position.unitsPerMetre)
        if distance < 1 {
            self.goal = nil
            pauseUntil = now + .milliseconds(Int64(random.below(6_000)))
            return (.zero, facing)
        }
        let scale = paceMetresPerSecond / (x * x + y * y).squareRoot()
        facing = Orientation(yaw: arcTangent(y, x))
        return (Velocity(metresPerSecondX: x * scale, y * scale, 0), facing)
    }

    private var facing = Orientation.identity

    /// A point of interest most of the time, any place otherwise; never inside a no-go zone.
    private mutating func chooseGoal(in description: WorldDescription) -> Position {
        let interests = description.zones.filter { $0.role == .pointOfInterest }
        for _ in 0..<8 {
            let candidate: Position
            if !interests.isEmpty, random.chance(Ratio(2, in: 3)) {
                let zone = interests[Int(random.below(UInt32(interests.count)))]
                candidate = near(zone)
            } else {
                candidate = anywhere(in: description.bounds)
            }
            let isForbidden = description.zones.contains {
                $0.role == .noGo && $0.contains(x: candidate.x, y: candidate.y)
            }
            if !isForbidden { return candidate }
        }
        return description.spawns.first ?? .origin
    }

    /// Within eight metres of a corner of the zone.
    private mutating func near(_ zone: ZoneDescription) -> Position {
        let corner = zone.polygon[Int(random.below(UInt32(max(1, zone.polygon.count))))]
        let spread = 16 * UInt32(Position.unitsPerMetre)
        return Position(
            x: corner.x &+ Int32(random.below(spread)) &- Int32(spread / 2),
            y: corner.y &+ Int32(random.below(spread)) &- Int32(spread / 2), z: 0)
    }

    private mutating func anywhere(in bounds: Bounds) -> Position {
        let width = UInt32(clamping: Int64(bounds.highest.x) - Int64(bounds.lowest.x))
        let depth = UInt32(clamping: Int64(bounds.highest.y) - Int64(bounds.lowest.y))
        return Position(
            x: bounds.lowest.x &+ Int32(bitPattern: random.below(width)),
            y: bounds.lowest.y &+ Int32(bitPattern: random.below(depth)), z: 0)
    }
}
