// The change block: a page at the packet's tick, relative to a keyframe that the receiver has.
// It is cumulative: it needs that keyframe and nothing else, so losing one costs nothing.
//
//     page: varint, age << 3 | some arrived << 2 | some departed << 1 | is a keyframe: varint
//     (age: ticks since the keyframe), [departed: varint], [arrived: varint], coded:
//     where each departed slot's entity went; for every slot that stays: did it move? and its
//     residual; where some arrived, the members
//
// A slot that somebody left and somebody else took is both departed and arrived. With the keyframe
// mark set the page as it comes out is itself a keyframe from now on: a keyframe costs those who
// kept up nothing but a bit.

import CairnBasics
import CairnGeometry
import CairnWorld

/// What is written before the coded part of a change block.
struct ChangeHeader {
    private static let keyframe: UInt64 = 1 << 0
    private static let departed: UInt64 = 1 << 1
    private static let arrived: UInt64 = 1 << 2

    /// Ticks from the keyframe to the packet.
    var age: UInt32
    var isKeyframe: Bool
    /// Slots; one that somebody left and somebody else took is both.
    var departed: UInt32 = 0
    var arrived: UInt32 = 0

    /// Compares a page with its keyframe.
    init(
        from base: borrowing PageSnapshot, to current: borrowing PageSnapshot, isKeyframe: Bool
    ) {
        self.isKeyframe = isKeyframe
        age = current.tick.number &- base.tick.number
        var staying: UInt32 = 0
        for slot in Slots(base.occupied & current.occupied)
        where base.members[slot].id == current.members[slot].id {
            staying |= 1 << UInt32(slot)
        }
        departed = base.occupied & ~staying
        arrived = current.occupied & ~staying
    }

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        var head = UInt64(age) << 3
        if isKeyframe { head |= Self.keyframe }
        if departed != 0 { head |= Self.departed }
        if arrived != 0 { head |= Self.arrived }
        try writer.putVarint(head)
        if departed != 0 { try writer.putVarint(UInt64(departed)) }
        if arrived != 0 { try writer.putVarint(UInt64(arrived)) }
    }

    /// Reads a header; that the slots agree with the keyframe is checked by `agrees`.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let head = try reader.getVarint(atMost: UInt64(UInt32.max) << 3 | 7)
        age = UInt32(truncatingIfNeeded: head >> 3)
        isKeyframe = head & Self.keyframe != 0
        if head & Self.departed != 0 { departed = try Self.slots(&reader) }
        if head & Self.arrived != 0 { arrived = try Self.slots(&reader) }
    }

    /// True when only members depart, and only slots that are free by then are taken.
    func agrees(with base: borrowing PageSnapshot) -> Bool {
        departed & ~base.occupied | arrived & base.occupied & ~departed == 0
    }

    @_lifetime(reader: copy reader)
    private static func slots(_ reader: inout ByteReader) throws(CodecError) -> UInt32 {
        let bits = try reader.getVarint(atMost: UInt64(UInt32.max))
        guard bits != 0 else { throw .malformed }
        return UInt32(truncatingIfNeeded: bits)
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
        let header = ChangeHeader(from: base, to: self, isKeyframe: isKeyframe)
        try writer.putVarint(UInt64(page.raw))
        try header.encode(into: &writer)
        let isExact = coder.encodeChange(
            header, from: base, to: self, isRough: isRough, reckoning, world: world)
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
        guard header.agrees(with: self) else { throw .malformed }
        var decoder = RangeDecoder(reader.getRest())
        models.reset()
        var span = models.models.mutableSpan
        for slot in Slots(header.departed) {
            let departure = try decoder.decodeDeparture(from: cell)
            departures.append((members[slot].id, departure))
        }
        let staying = occupied & ~header.departed
        let arrivals =
            header.arrived == 0 ? nil : MemberContext(arrivingIn: self, grid: grid)
        decodeResiduals(of: staying, header.age, reckoning, &decoder, &span)
        if var context = arrivals {
            makeRoom(for: header.arrived)
            for slot in Slots(header.arrived) {
                members[slot] = try decoder.decodeMember(&context, &span)
            }
        }
        guard !decoder.hasUnreadBytes else { throw .malformed }
        tick = Tick(tick.number &+ header.age)
        occupied = staying | header.arrived
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
