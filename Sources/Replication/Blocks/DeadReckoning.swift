// Dead reckoning: both ends predict where a member is from its keyframe, in whole numbers, and a
// change block carries the difference. What comes out is exact, so nothing drifts.

import CairnBasics
import CairnGeometry

/// How both ends predict a motion some ticks after a keyframe.
public struct DeadReckoning: Hashable, Sendable {
    /// World steps a second, at least 1.
    public let tickHertz: Int64

    /// - Precondition: `tickHertz` is at least 1.
    public init(tickHertz: Int) {
        precondition(tickHertz >= 1)
        self.tickHertz = Int64(tickHertz)
    }

    /// The motion if nothing but the position changed, at constant velocity.
    @inline(__always)
    func predicted(_ motion: Motion, after ticks: UInt32) -> Motion {
        var predicted = motion
        if motion.velocity != .zero {
            // Safe: 16 bits times 32 bits times 4; positions wrap, the same on both ends.
            let factor = Int64(ticks) &* Self.positionUnitsPerVelocityUnit
            predicted.position.x &+= step(Int64(motion.velocity.x), factor)
            predicted.position.y &+= step(Int64(motion.velocity.y), factor)
            predicted.position.z &+= step(Int64(motion.velocity.z), factor)
        }
        return predicted
    }

    /// A velocity unit is 1/256 m/s, a position unit 1/1024 m.
    static let positionUnitsPerVelocityUnit: Int64 = 4

    @inline(__always)
    func step(_ velocity: Int64, _ factor: Int64) -> Int32 {
        Int32(truncatingIfNeeded: velocity &* factor / tickHertz)
    }
}
