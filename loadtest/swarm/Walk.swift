// How people move: over a plaza from place to place at their own pace, with pauses, the straight way;
// or not at all; or all at once, through one door, whenever the gong sounds.

import CairnBasics
import CairnGeometry
import CairnWorld

/// What a crowd does.
enum Movement: Hashable {
    case walk
    case stand
    /// At every gong all run to a door, and from there to some place on its other side.
    case stampede(door: Position)
}

/// A walker's mind.
struct Walk {
    private let movement: Movement
    private var random: SeededRandom
    private let paceMetresPerSecond: Double
    private var goal: Position?
    private var pauseUntil = Instant.zero
    private var chosenAt = Instant.zero

    /// Nobody tries for longer to reach a goal: the way may be blocked.
    private static let patience = TimeSpan.seconds(40)
    /// Between two gongs: to the door and away from it, at a run.
    private static let gongPeriod = TimeSpan.seconds(20)
    private var gong: Int64 = -1
    private var hasPassedDoor = false

    init(seed: UInt64, movement: Movement = .walk) {
        self.movement = movement
        random = SeededRandom(seed: seed)
        let pace = 0.9 + random.unit() * 0.9
        paceMetresPerSecond = if case .stampede = movement { pace * 3 } else { pace }
    }

    /// The wished velocity and the way to look from where the body is.
    mutating func step(
        from place: Position, in description: WorldDescription, now: Instant
    ) -> (velocity: Velocity, orientation: Orientation) {
        if movement == .stand { return (.zero, facing) }
        if case .stampede(let door) = movement { hear(door, now: now) }
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
            arrive(in: description, now: now)
            return (.zero, facing)
        }
        let scale = paceMetresPerSecond / (x * x + y * y).squareRoot()
        let velocity = Velocity(metresPerSecondX: x * scale, y * scale, 0)
        // Whoever goes on as before looks where they looked before.
        if velocity != heading { facing = Orientation(yaw: arcTangent(y, x)) }
        heading = velocity
        return (velocity, facing)
    }

    private var facing = Orientation.identity
    /// The velocity that `facing` is of.
    private var heading = Velocity.zero

    /// A gong sends everybody to the door.
    private mutating func hear(_ door: Position, now: Instant) {
        let number = now.nanoseconds / Self.gongPeriod.nanoseconds
        guard number != gong else { return }
        gong = number
        goal = scattered(door, metres: 2)
        chosenAt = now
        hasPassedDoor = false
        pauseUntil = .zero
    }

    private mutating func arrive(in description: WorldDescription, now: Instant) {
        goal = nil
        guard case .stampede(let door) = movement else {
            pauseUntil = now + .milliseconds(Int64(random.below(6_000)))
            return
        }
        guard !hasPassedDoor else {
            pauseUntil = now + Self.gongPeriod
            return
        }
        hasPassedDoor = true
        // East of the door after an even gong, west after an odd one.
        var place = anywhere(in: description.bounds)
        let isEast = place.x >= door.x
        if isEast != (gong % 2 == 0) { place.x = door.x &- (place.x &- door.x) }
        goal = description.bounds.clamped(place)
        chosenAt = now
    }

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
        return scattered(Position(x: corner.x, y: corner.y, z: 0), metres: 16)
    }

    /// A place in the square of that edge around another.
    private mutating func scattered(_ place: Position, metres: UInt32) -> Position {
        let spread = metres * UInt32(Position.unitsPerMetre)
        return Position(
            x: place.x &+ Int32(random.below(spread)) &- Int32(spread / 2),
            y: place.y &+ Int32(random.below(spread)) &- Int32(spread / 2), z: 0)
    }

    private mutating func anywhere(in bounds: Bounds) -> Position {
        let width = UInt32(clamping: Int64(bounds.highest.x) - Int64(bounds.lowest.x))
        let depth = UInt32(clamping: Int64(bounds.highest.y) - Int64(bounds.lowest.y))
        return Position(
            x: bounds.lowest.x &+ Int32(bitPattern: random.below(width)),
            y: bounds.lowest.y &+ Int32(bitPattern: random.below(depth)), z: 0)
    }
}
