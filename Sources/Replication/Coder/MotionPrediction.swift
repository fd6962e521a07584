// What makes residuals small. A change tells the new velocity first, because the rest follows from
// it for whoever walks as people do: the place, if the velocity changed at one tick or steadily
// since the keyframe, and the way to look, if that was the way of going.
//
// None of it needs to be true. A prediction that fails costs bytes and no correctness.

import CairnGeometry

/// A difference of three coordinates, wide enough for any.
struct Displacement: Hashable {
    var x: Int64
    var y: Int64
    var z: Int64

    @inline(__always)
    init(x: Int64, y: Int64, z: Int64) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// From one position to another, the short way round.
    @inline(__always)
    init(from old: Position, to new: Position) {
        x = Int64(new.x &- old.x)
        y = Int64(new.y &- old.y)
        z = Int64(new.z &- old.z)
    }

    /// From one velocity to another.
    @inline(__always)
    init(from old: Velocity, to new: Velocity) {
        // Safe: 16 bits each.
        x = Int64(new.x) &- Int64(old.x)
        y = Int64(new.y) &- Int64(old.y)
        z = Int64(new.z) &- Int64(old.z)
    }

    @inline(__always)
    var isZero: Bool { x | y | z == 0 }

    /// True when the first horizontal coordinate is the larger one, or neither is.
    @inline(__always)
    var isMostlyX: Bool { abs(x) >= abs(y) }
}

extension DeadReckoning {
    /// What a velocity is a multiple of when the way of a tick was a whole number of units.
    @inline(__always)
    var velocityStep: Int64 { max(1, tickHertz / Self.positionUnitsPerVelocityUnit) }

    /// How far a change of velocity has carried after so many half ticks.
    @inline(__always)
    func way(_ velocity: Displacement, halfTicks: Int64) -> Displacement {
        // Safe: 17 bits times 33 times 2.
        let factor = halfTicks &* (Self.positionUnitsPerVelocityUnit / 2)
        return Displacement(
            x: Int64(step(velocity.x, factor)), y: Int64(step(velocity.y, factor)),
            z: Int64(step(velocity.z, factor)))
    }

    /// How many ticks of a velocity come nearest to a way; nil for no velocity.
    ///
    /// Only who writes a block needs it; any answer can be read.
    @inline(__always)
    func ticks(of velocity: Displacement, along way: Displacement) -> Int64? {
        // Safe: 17 bits times 32 bits, three times, times fewer than 2^10 ticks a second.
        let product = velocity.x &* way.x &+ velocity.y &* way.y &+ velocity.z &* way.z
        let square =
            velocity.x &* velocity.x &+ velocity.y &* velocity.y &+ velocity.z &* velocity.z
        guard square > 0 else { return nil }
        let numerator = product &* tickHertz
        let denominator = square &* Self.positionUnitsPerVelocityUnit
        let rounding = numerator < 0 ? 0 &- denominator / 2 : denominator / 2
        return (numerator &+ rounding) / denominator
    }
}

extension Velocity {
    @inline(__always)
    var isMostlyX: Bool { abs(Int32(x)) >= abs(Int32(y)) }

    /// The change of the larger horizontal component, if the other becomes `across` and the
    /// horizontal speed and the direction of the larger stay.
    @inline(__always)
    func majorChange(across: Int64) -> Int64 {
        // Safe: 16 bits each, and `across` one more at most; wraps where a stranger sent more.
        let square =
            Int64(x) &* Int64(x) &+ Int64(y) &* Int64(y) &- across &* across
        let root = square > 0 ? floorSquareRoot(square) : 0
        let old = Int64(isMostlyX ? x : y)
        return (old < 0 ? 0 &- root : root) &- old
    }
}

extension Motion {
    /// Where a body looks that has come to the velocity of `self` from what it was, as a step of a
    /// circle, and whether that is the way in which it goes; nil when it was tilted.
    @inline(__always)
    static func heading(
        from old: Motion, velocity: Velocity
    ) -> (step: Int32, follows: Bool)? {
        guard let was = Heading.step(of: old.orientation) else { return nil }
        guard velocity != old.velocity, let heading = Heading.step(of: velocity) else {
            return (was, false)
        }
        if let former = Heading.step(of: old.velocity),
            abs(Heading.difference(was, from: former)) > Self.followingSteps
        {
            return (was, false)
        }
        return (heading, true)
    }

    /// Who looks within about three degrees of where he goes looks where he goes.
    private static let followingSteps: Int32 = 16
}
