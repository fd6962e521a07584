// The way of a body between two ticks in which its place and velocity are known. A client draws
// everybody with it, and the server answers with it what a client saw (see MotionHistory), so the
// two agree about every unit as far as they know the same states.
//
// Bodies are steered: they go straight until they turn, stop or start. So the way is taken to be two
// straight lines that meet in a corner, the first at the older velocity and the second at the
// newer one; when the corner was follows from where the lines lead. One turn, stop or start
// between two states is found exactly, where a straight line cuts the corner and a cubic Hermite
// curve swings out beside it.
//
// Costs some forty operations, none for a body that keeps its course but those of a straight line.

public import CairnGeometry

/// Where a body is and where it is going: what its way is worked out from.
@frozen public struct Course: Hashable, Sendable {
    public var position: Position
    public var velocity: Velocity

    @inlinable public init(position: Position, velocity: Velocity) {
        self.position = position
        self.velocity = velocity
    }

    @inlinable public init(_ motion: Motion) {
        self.init(position: motion.position, velocity: motion.velocity)
    }

    /// Position units that the velocity carries in one tick.
    public func way(tickHertz: Int) -> (x: Double, y: Double, z: Double) {
        let scale =
            Double(Position.unitsPerMetre) / Double(Velocity.unitsPerMetrePerSecond)
            / Double(max(1, tickHertz))
        return (Double(velocity.x) * scale, Double(velocity.y) * scale, Double(velocity.z) * scale)
    }

    /// Where the body is after so many ticks if it keeps its course.
    public func position(after ticks: Double, tickHertz: Int) -> Position {
        let way = way(tickHertz: tickHertz)
        return position.moved(x: way.x * ticks, y: way.y * ticks, z: way.z * ticks)
    }
}

public enum MotionPath {
    /// Where a body was between two states.
    ///
    /// What two lines do not explain is spread over the whole span; of what stood and stands, over
    /// its last tick, since it was put where it is and told at once.
    ///
    /// - Parameter span: Ticks from `older` to `newer`, above 0.
    /// - Parameter ticks: Ticks since `older`, in 0...span; others are clamped.
    public static func position(
        from older: Course, to newer: Course, span: Double, ticks: Double, tickHertz: Int
    ) -> Position {
        let at = max(0, min(span, ticks))
        let first = older.way(tickHertz: tickHertz)
        let last = newer.way(tickHertz: tickHertz)
        // Safe: differences of 32-bit numbers are exact in a Double.
        let x = Double(newer.position.x) - Double(older.position.x)
        let y = Double(newer.position.y) - Double(older.position.y)
        let z = Double(newer.position.z) - Double(older.position.z)
        let turn = (x: first.x - last.x, y: first.y - last.y, z: first.z - last.z)
        let square = turn.x * turn.x + turn.y * turn.y + turn.z * turn.z
        var corner = span
        if square > 1e-6 {
            let product =
                (x - last.x * span) * turn.x + (y - last.y * span) * turn.y
                + (z - last.z * span) * turn.z
            corner = max(0, min(span, product / square))
        }
        let isResting = older.velocity == .zero && newer.velocity == .zero
        let share = isResting ? max(0, 1 - (span - at) / min(1, span)) : at / span
        let before = min(at, corner)
        let after = at - before
        let rest = span - corner
        func part(_ way: Double, _ first: Double, _ last: Double) -> Double {
            first * before + last * after + (way - first * corner - last * rest) * share
        }
        return older.position.moved(
            x: part(x, first.x, last.x), y: part(y, first.y, last.y), z: part(z, first.z, last.z))
    }
}

extension MotionPath {
    /// How many times as fast as the body itself its picture is at most.
    public static let speedLimit = 1.75
    /// The least share of the way to the truth that is gone in a tick.
    public static let leastShare = 0.25
    /// A way of 4 m, or four times what the speed allows, is taken at once.
    static let teleport = 4.0 * 1_024

    /// Where the picture of a body is when a state is due: there, or as near as its speed allows.
    ///
    /// Two or three inputs that a server takes in one tick are a leap of its body that nobody made;
    /// what the picture is left behind by is made up for in the ticks after.
    ///
    /// - Parameter older: Where the picture is before it, and how fast the body was.
    /// - Parameter ticks: How long that is ago, above 0.
    public static func reached(
        from older: Course, to newer: Course, ticks: Double, tickHertz: Int
    ) -> (place: Position, isSnap: Bool) {
        let goal = newer.position
        let x = Double(goal.x) - Double(older.position.x)
        let y = Double(goal.y) - Double(older.position.y)
        let z = Double(goal.z) - Double(older.position.z)
        let way = (x * x + y * y + z * z).squareRoot()
        guard way > 0 else { return (goal, false) }
        let speed = max(older.speed(tickHertz: tickHertz), newer.speed(tickHertz: tickHertz))
        let share = leastShare * ticks / (1 + leastShare * max(0, ticks - 1))
        let allowed = max(speedLimit * speed * ticks, way * share)
        guard way > allowed else { return (goal, false) }
        if way > max(teleport, 4 * speed * max(1, ticks)) { return (goal, true) }
        let part = allowed / way
        return (older.position.moved(x: x * part, y: y * part, z: z * part), false)
    }
}

extension Course {
    /// Position units a tick.
    fileprivate func speed(tickHertz: Int) -> Double {
        let way = way(tickHertz: tickHertz)
        return (way.x * way.x + way.y * way.y + way.z * way.z).squareRoot()
    }
}

extension Position {
    /// The place so many units further on, cut off to whole ones; the world's ends are its ends.
    public func moved(x: Double, y: Double, z: Double) -> Position {
        func sum(_ start: Int32, _ way: Double) -> Int32 {
            let end = Double(start) + way
            return Int32(max(-0x1p31, min(0x1p31 - 1, end < 0 ? end - 0.5 : end + 0.5)))
        }
        return Position(x: sum(self.x, x), y: sum(self.y, y), z: sum(self.z, z))
    }
}
