// Dead reckoning, and what it got wrong. Both ends predict where a member is from its keyframe, in
// whole numbers, and a change block carries the difference: nothing for whoever kept going, a byte
// or two an axis for whoever turned. What comes out is exact, so nothing drifts.

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
            predicted.position.x &+= step(motion.velocity.x, factor)
            predicted.position.y &+= step(motion.velocity.y, factor)
            predicted.position.z &+= step(motion.velocity.z, factor)
        }
        return predicted
    }

    /// A velocity unit is 1/256 m/s, a position unit 1/1024 m.
    private static let positionUnitsPerVelocityUnit: Int64 = 4

    @inline(__always)
    private func step(_ velocity: Int16, _ factor: Int64) -> Int32 {
        Int32(truncatingIfNeeded: Int64(velocity) &* factor / tickHertz)
    }
}

/// The difference between a motion and its prediction.
enum Residual {
    private static let x: UInt8 = 1 << 0
    private static let y: UInt8 = 1 << 1
    private static let z: UInt8 = 1 << 2
    private static let velocityX: UInt8 = 1 << 3
    private static let velocityY: UInt8 = 1 << 4
    private static let velocityZ: UInt8 = 1 << 5
    private static let orientation: UInt8 = 1 << 6
    private static let animation: UInt8 = 1 << 7

    //     marks: 1 byte, then what they name: differences of position and velocity: zigzag varints
    //     that wrap at their type's width, turn: varint, animation: 1 byte
    //
    // At most 31 bytes.
    @_lifetime(writer: copy writer)
    static func encode(
        _ motion: Motion, predicted: Motion, into writer: inout ByteWriter
    ) throws(CodecError) {
        let x = motion.position.x &- predicted.position.x
        let y = motion.position.y &- predicted.position.y
        let z = motion.position.z &- predicted.position.z
        let velocityX = motion.velocity.x &- predicted.velocity.x
        let velocityY = motion.velocity.y &- predicted.velocity.y
        let velocityZ = motion.velocity.z &- predicted.velocity.z
        var marks: UInt8 = 0
        if x != 0 { marks |= Self.x }
        if y != 0 { marks |= Self.y }
        if z != 0 { marks |= Self.z }
        if velocityX != 0 { marks |= Self.velocityX }
        if velocityY != 0 { marks |= Self.velocityY }
        if velocityZ != 0 { marks |= Self.velocityZ }
        if motion.orientation != predicted.orientation { marks |= orientation }
        if motion.animation != predicted.animation { marks |= animation }
        try writer.put(marks)
        if x != 0 { try writer.putZigzag(Int64(x)) }
        if y != 0 { try writer.putZigzag(Int64(y)) }
        if z != 0 { try writer.putZigzag(Int64(z)) }
        if velocityX != 0 { try writer.putZigzag(Int64(velocityX)) }
        if velocityY != 0 { try writer.putZigzag(Int64(velocityY)) }
        if velocityZ != 0 { try writer.putZigzag(Int64(velocityZ)) }
        if marks & orientation != 0 {
            try writer.putTurn(from: predicted.orientation, to: motion.orientation)
        }
        if marks & animation != 0 { try writer.put(motion.animation) }
    }

    /// Corrects a prediction; total, since sums wrap at their type's width.
    @_lifetime(reader: copy reader)
    static func decode(
        onto motion: inout Motion, from reader: inout ByteReader
    ) throws(CodecError) {
        let marks = try reader.get(UInt8.self)
        if marks & x != 0 {
            motion.position.x &+= Int32(truncatingIfNeeded: try reader.getZigzag())
        }
        if marks & y != 0 {
            motion.position.y &+= Int32(truncatingIfNeeded: try reader.getZigzag())
        }
        if marks & z != 0 {
            motion.position.z &+= Int32(truncatingIfNeeded: try reader.getZigzag())
        }
        if marks & velocityX != 0 {
            motion.velocity.x &+= Int16(truncatingIfNeeded: try reader.getZigzag())
        }
        if marks & velocityY != 0 {
            motion.velocity.y &+= Int16(truncatingIfNeeded: try reader.getZigzag())
        }
        if marks & velocityZ != 0 {
            motion.velocity.z &+= Int16(truncatingIfNeeded: try reader.getZigzag())
        }
        if marks & orientation != 0 {
            motion.orientation = try reader.getTurn(from: motion.orientation)
        }
        if marks & animation != 0 { motion.animation = try reader.get(UInt8.self) }
    }
}
