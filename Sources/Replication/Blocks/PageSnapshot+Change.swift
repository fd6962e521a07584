// The change block: a page at the packet's tick, relative to a keyframe that the receiver has.
// It is cumulative: it needs that keyframe and nothing else, so losing one costs nothing.
//
//     page: varint, age << 1 | is a keyframe: varint (age: ticks since the keyframe), coded:
//     do some depart? if so, for every occupied slot: does it? and where each went;
//     for every slot that stays: did it move? and its residual;
//     do some arrive? if so, for every free slot: does it? then the replica, and the members
//
// A slot that somebody left and somebody else took is both departed and arrived. With the keyframe
// mark set the page as it comes out is itself a keyframe from now on: a keyframe costs those who
// kept up nothing but a bit.

import CairnBasics
import CairnGeometry
import CairnWorld

/// What is written before the coded part of a change block.
struct ChangeHeader {
    /// Ticks from the keyframe to the packet.
    var age: UInt32
    var isKeyframe: Bool

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(age) << 1 | (isKeyframe ? 1 : 0))
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let head = try reader.getVarint(atMost: UInt64(UInt32.max) << 1 | 1)
        age = UInt32(truncatingIfNeeded: head >> 1)
        isKeyframe = head & 1 == 1
    }

    init(age: UInt32, isKeyframe: Bool) {
        self.age = age
        self.isKeyframe = isKeyframe
    }
}

extension PageSnapshot {
    /// Writes this page relative to a keyframe of it.
    ///
    /// - Parameter isRough: leaves out who has moved by no more than a small error.
    /// - Returns: False when small errors were left out.
    /// - Throws: `overflow` when the block is longer than the writer's room.
    @_lifetime(writer: copy writer)
    @discardableResult func encodeChange(
        of page: PageID, from base: borrowing PageSnapshot, isKeyframe: Bool,
        isRough: Bool = false, _ reckoning: DeadReckoning, world: borrowing WorldState,
        _ coder: inout BlockCoder, into writer: inout ByteWriter
    ) throws(CodecError) -> Bool {
        let header = ChangeHeader(age: tick.number &- base.tick.number, isKeyframe: isKeyframe)
        try writer.putVarint(UInt64(page.raw))
        try header.encode(into: &writer)
        let isExact = coder.encodeChange(
            from: base, to: self, isRough: isRough, reckoning, world: world)
        guard !coder.range.hasOverflowed else { throw .overflow }
        try writer.putBytes(coder.range.bytes)
        return isExact
    }

    /// Turns the keyframe that this is into the page at the packet's tick, from what follows the
    /// header of a change block, and notes where those who departed went.
    @_lifetime(reader: copy reader)
    mutating func applyChange(
        _ header: ChangeHeader, decoding reader: inout ByteReader, _ reckoning: DeadReckoning,
        grid: CellGrid, _ models: inout BlockModels, departures: inout Departures
    ) throws(CodecError) {
        var decoder = RangeDecoder(reader.getRest())
        models.reset()
        var span = models.models.mutableSpan
        let departed = try decoder.decodeSlots(
            of: occupied, MotionModels.someDepart, MotionModels.departs, &span)
        for slot in Slots(departed) {
            let departure = try decoder.decodeDeparture(from: cell)
            departures.append((members[slot].id, departure))
        }
        let staying = occupied & ~departed
        decodeResiduals(of: staying, header.age, reckoning, &decoder, &span)
        let arrived = try decoder.decodeSlots(
            of: ~staying, MotionModels.someArrive, MotionModels.arrives, &span)
        if arrived != 0 {
            let replica = ReplicaID(raw: decoder.decode(plain: 32))
            var context = MemberContext(replica: replica, cell: cell, grid: grid)
            makeRoom(for: arrived)
            for slot in Slots(arrived) {
                members[slot] = try decoder.decodeMember(&context, &span)
            }
        }
        guard !decoder.hasUnreadBytes else { throw .malformed }
        tick = Tick(tick.number &+ header.age)
        occupied = staying | arrived
    }

    @_lifetime(decoder: copy decoder)
    private mutating func decodeResiduals(
        of staying: UInt32, _ age: UInt32, _ reckoning: DeadReckoning,
        _ decoder: inout RangeDecoder, _ models: inout MutableSpan<BitModel>
    ) {
        var context = ResidualContext(reckoning, age: age)
        for slot in Slots(staying) {
            let old = members[slot].motion
            let predicted = reckoning.predicted(old, after: age)
            let model = MotionModels.moved(age, isMoving: old.velocity != .zero)
            members[slot].motion.position = predicted.position
            guard decoder.decode(&models[model]) else { continue }
            members[slot].motion = decoder.decodeResidual(
                of: old, predicted: predicted.position, &context, &models)
        }
    }
}

extension Motion {
    /// True when only small errors of place and turn lie between this motion and another.
    func isAbout(_ other: Motion) -> Bool {
        guard animation == other.animation else { return false }
        let limit = Int64(BlockLimits.roughPosition)
        // Safe: differences of 32 bits in 64.
        let isNear =
            (Int64(position.x) &- Int64(other.position.x)).magnitude <= limit
            && (Int64(position.y) &- Int64(other.position.y)).magnitude <= limit
            && (Int64(position.z) &- Int64(other.position.z)).magnitude <= limit
        return isNear && orientation.isAbout(other.orientation)
    }
}

extension Orientation {
    /// True when the same component is largest and the others differ by little.
    fileprivate func isAbout(_ other: Orientation) -> Bool {
        guard bits >> 30 == other.bits >> 30 else { return false }
        for shift in stride(from: UInt32(0), through: 20, by: 10) {
            let mine = Int32(bits >> shift & 1_023)
            let others = Int32(other.bits >> shift & 1_023)
            if (mine &- others).magnitude > BlockLimits.roughOrientation { return false }
        }
        return true
    }
}
