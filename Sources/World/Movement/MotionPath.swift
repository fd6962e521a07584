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
    /// What two lines do not explain is spread over the whole span; of a body that stood, over its
    /// last tick, since it was put where it is and told at once.
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
        let isResting = older.velocity == .zero
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
