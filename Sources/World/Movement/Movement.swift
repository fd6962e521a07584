// One step of an avatar, the same on both ends: the client predicts with it, the server decides
// with it, and as long as they agree about the inputs they agree about every unit of the result.
//
// All in whole numbers. A step is cut off towards zero and never rounded up, or else many short
// inputs would carry further than one long one; and the motion that comes out has the least
// velocity that makes its displacement, so that dead reckoning from it stays exact and an avatar
// that stands at the edge of the world does not seem to run.

public import CairnGeometry

/// What a step must keep to.
public struct MovementLimits: Hashable, Sendable {
    /// The highest speed in units of `Velocity` (1/256 m/s), over all axes together.
    public var maxSpeedUnits: Int32
    /// Where the entity must stay.
    public var bounds: Bounds

    public init(maxSpeedUnits: Int32, bounds: Bounds) {
        self.maxSpeedUnits = maxSpeedUnits
        self.bounds = bounds
    }
}

/// How avatars move.
public enum Movement {
    /// A velocity unit held for this long makes one position unit: 1/256 m/s × 250 ms ≈ 1/1024 m.
    static let millisecondsPerUnit: Int64 = 250

    /// The motion after `input` was held for its duration.
    ///
    /// Total: a motion outside the bounds comes back inside. Steps add up: no sequence of inputs
    /// carries further than its summed duration at the highest speed.
    public static func step(
        _ motion: Motion, by input: SteeringInput, limits: MovementLimits
    ) -> Motion {
        let velocity = limited(input.velocity, to: limits.maxSpeedUnits)
        let duration = Int64(input.durationMilliseconds)
        let lowest = limits.bounds.lowest
        let highest = limits.bounds.highest
        let x = Axis(motion.position.x, velocity.x, duration, lowest.x, highest.x)
        let y = Axis(motion.position.y, velocity.y, duration, lowest.y, highest.y)
        let z = Axis(motion.position.z, velocity.z, duration, lowest.z, highest.z)
        return Motion(
            position: Position(x: x.position, y: y.position, z: z.position),
            velocity: Velocity(x: x.velocity, y: y.velocity, z: z.velocity),
            orientation: input.orientation, animation: input.animation)
    }

    /// The velocity of the same direction that is no faster than `maxSpeedUnits`.
    public static func limited(_ velocity: Velocity, to maxSpeedUnits: Int32) -> Velocity {
        let limit = Int64(max(0, maxSpeedUnits))
        // Safe: 16-bit components, so three squares fit 33 bits.
        let square =
            Int64(velocity.x) &* Int64(velocity.x) &+ Int64(velocity.y) &* Int64(velocity.y)
            &+ Int64(velocity.z) &* Int64(velocity.z)
        guard square > limit &* limit else { return velocity }
        let speed = Int64(squareRootRoundedUp(UInt64(square)))
        // Safe: limit < speed here, so each component only shrinks.
        return Velocity(
            x: Int16(truncatingIfNeeded: Int64(velocity.x) &* limit / speed),
            y: Int16(truncatingIfNeeded: Int64(velocity.y) &* limit / speed),
            z: Int16(truncatingIfNeeded: Int64(velocity.z) &* limit / speed))
    }
}

/// One coordinate's part of a step.
private struct Axis {
    var position: Int32
    var velocity: Int16

    init(_ start: Int32, _ wish: Int16, _ milliseconds: Int64, _ lowest: Int32, _ highest: Int32) {
        // Safe: at most 2^15 · 2^8 beside a 32-bit coordinate.
        let target = Int64(start) &+ Int64(wish) &* milliseconds / Movement.millisecondsPerUnit
        let reached = max(Int64(lowest), min(Int64(highest), target))
        position = Int32(truncatingIfNeeded: reached)
        guard milliseconds > 0 else {
            velocity = 0
            return
        }
        // The least velocity that makes this displacement; away from zero, so that the same wish
        // gives the same step again. Back inside from far outside it may not fit, and is clamped.
        let scaled = (reached &- Int64(start)) &* Movement.millisecondsPerUnit
        let least =
            (scaled &+ (scaled > 0 ? milliseconds &- 1 : 1 &- milliseconds)) / milliseconds
        velocity = Int16(clamping: least)
    }
}

extension KindDescription {
    /// The highest speed in units of `Velocity`, cut off; 0 where it is no number.
    public var maxSpeedUnits: Int32 {
        let units = maxSpeedMetresPerSecond * Double(Velocity.unitsPerMetrePerSecond)
        guard units > 0 else { return 0 }
        return Int32(min(units, Double(Int16.max)))
    }
}

extension WorldDescription {
    /// What entities of a kind must keep to.
    public func movementLimits(of kind: KindDescription) -> MovementLimits {
        MovementLimits(maxSpeedUnits: kind.maxSpeedUnits, bounds: bounds)
    }
}
