// Which way somebody looks who walks, as a whole number on a circle: so that an orientation costs
// next to nothing when it follows the velocity, as those of walkers do.
//
// A turn about the vertical has quaternion (0, 0, sin φ/2, cos φ/2). Packed, the smaller of the two is
// 511·√2 times itself and the index says which it is; laid end to end, those of z and those of w make
// a circle of 2,046 steps of about a sixth of a degree. Whole numbers throughout, the same on every
// machine.

import CairnGeometry

/// A direction about the vertical axis in 2,046 steps, counter-clockwise from East.
enum Heading {
    /// Steps in a whole turn.
    static let circle: Int32 = 2_046
    private static let quarter: Int32 = 511
    /// Both tilting components, at zero, where w is largest or z is.
    private static let uprightW: UInt32 = 3 << 30 | 512 << 20 | 512 << 10
    private static let uprightZ: UInt32 = 2 << 30 | 512 << 20 | 512 << 10

    /// The step of an orientation; nil for one that is no turn about the vertical, or packed as none.
    static func step(of orientation: Orientation) -> Int32? {
        let part = Int32(bitPattern: orientation.bits & 1_023) &- 512
        guard part > -512 else { return nil }
        switch orientation.bits & ~1_023 {
        case uprightW: return part < 0 ? part &+ circle : part
        case uprightZ: return 2 &* quarter &+ 1 &- part
        default: return nil
        }
    }

    /// The orientation of a step of the circle.
    static func orientation(of step: Int32) -> Orientation {
        // Safe: steps are within the circle.
        if step <= quarter { return Orientation(bits: uprightW | UInt32(bitPattern: 512 &+ step)) }
        if step >= circle &- quarter {
            return Orientation(bits: uprightW | UInt32(bitPattern: 512 &+ step &- circle))
        }
        return Orientation(bits: uprightZ | UInt32(bitPattern: 512 &+ 2 &* quarter &+ 1 &- step))
    }

    /// The step of the direction of a velocity; nil for one that goes nowhere but up or down.
    static func step(of velocity: Velocity) -> Int32? {
        guard velocity.x != 0 || velocity.y != 0 else { return nil }
        // Safe: 16-bit components; their squares with 16 more bits of fraction take 48.
        let x = Int64(velocity.x)
        let y = Int64(velocity.y)
        let length = floorSquareRoot((x &* x &+ y &* y) << 16)
        // Half the angle from the nearer end of the axis: 511 · √((length - |x|) / length), rounded.
        let share = 4 &* 511 &* 511 &* (length &- abs(x) << 8) / length
        let part = Int32(truncatingIfNeeded: (floorSquareRoot(max(0, share)) &+ 1) / 2)
        if x >= 0 { return y < 0 && part > 0 ? circle &- part : part }
        return 2 &* quarter &+ 1 &- (y < 0 ? 0 &- part : part)
    }

    /// The way from one step to another, the short way round: -1,023...1,022.
    static func difference(_ step: Int32, from other: Int32) -> Int32 {
        let difference = step &- other
        if difference < -(circle / 2) { return difference &+ circle }
        if difference >= circle / 2 { return difference &- circle }
        return difference
    }

    /// The step that lies a way from another.
    static func step(_ step: Int32, plus difference: Int64) -> Int32 {
        let sum = (Int64(step) &+ difference) % Int64(circle)
        return Int32(truncatingIfNeeded: sum < 0 ? sum &+ Int64(circle) : sum)
    }
}

/// The square root of a number from 0 to 2^50, rounded down.
///
/// IEEE 754 has one right answer for a square root, and below 2^50 rounding never reaches the next
/// whole number.
@inline(__always)
func floorSquareRoot(_ value: Int64) -> Int64 {
    assert(value >= 0 && value < 1 << 50)
    return Int64(Double(value).squareRoot())
}
