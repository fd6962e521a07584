// The change block: a page at the packet's tick, relative to a keyframe that the receiver has.
// It is cumulative: it needs that keyframe and nothing else, so losing one costs nothing.
//
//     page: varint, age: varint (ticks since the keyframe), marks: 1 byte,
//     [moved: varint], [departed: varint], [arrived: varint]: bit maps of slots,
//     a departure for every departed slot,
//     [replica: 4 bytes], a member for every arrived slot,
//     a residual for every moved slot
//
// A slot that somebody left and somebody else took is both departed and arrived. With the keyframe
// mark set the page as it comes out is itself a keyframe from now on: a keyframe costs those who
// kept up nothing but a bit.

import CairnBasics
import CairnGeometry
import CairnWorld

/// What is written before the contents of a change block.
struct ChangeHeader {
    static let keyframe: UInt8 = 1 << 0
    static let moved: UInt8 = 1 << 1
    static let departed: UInt8 = 1 << 2
    static let arrived: UInt8 = 1 << 3
    static let unused: UInt8 = 0xf0

    /// Ticks from the keyframe to the packet.
    var age: UInt32
    var isKeyframe: Bool
    var moved: UInt32 = 0
    var departed: UInt32 = 0
    var arrived: UInt32 = 0
    /// False when some who moved are left out of `moved`, for a small error; not on the wire.
    var isExact = true

    /// Compares a page with its keyframe.
    /// - Parameter isRough: whether small errors are left out.
    init(
        from base: PageSnapshot, to current: PageSnapshot, isKeyframe: Bool, isRough: Bool = false,
        _ reckoning: DeadReckoning
    ) {
        self.isKeyframe = isKeyframe
        age = current.tick.number &- base.tick.number
        departed = base.occupied & ~current.occupied
        arrived = current.occupied & ~base.occupied
        for slot in Slots(base.occupied & current.occupied) {
            let bit = UInt32(1) << UInt32(slot)
            if base.members[slot].id != current.members[slot].id {
                departed |= bit
                arrived |= bit
                continue
            }
            let predicted = reckoning.predicted(base.members[slot].motion, after: age)
            guard predicted != current.members[slot].motion else { continue }
            if isRough, predicted.isAbout(current.members[slot].motion) {
                isExact = false
            } else {
                moved |= bit
            }
        }
    }

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        var marks = isKeyframe ? Self.keyframe : 0
        if moved != 0 { marks |= Self.moved }
        if departed != 0 { marks |= Self.departed }
        if arrived != 0 { marks |= Self.arrived }
        try writer.putVarint(UInt64(age))
        try writer.put(marks)
        if moved != 0 { try writer.putVarint(UInt64(moved)) }
        if departed != 0 { try writer.putVarint(UInt64(departed)) }
        if arrived != 0 { try writer.putVarint(UInt64(arrived)) }
    }

    /// Reads a header; that the slots agree with the keyframe is checked by `agrees`.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        age = UInt32(truncatingIfNeeded: try reader.getVarint(atMost: UInt64(UInt32.max)))
        let marks = try reader.get(UInt8.self)
        guard marks & Self.unused == 0 else { throw .malformed }
        isKeyframe = marks & Self.keyframe != 0
        if marks & Self.moved != 0 { moved = try Self.slots(&reader) }
        if marks & Self.departed != 0 { departed = try Self.slots(&reader) }
        if marks & Self.arrived != 0 { arrived = try Self.slots(&reader) }
    }

    /// True when only members move or depart, only free slots are taken, and nobody does both.
    func agrees(with base: PageSnapshot) -> Bool {
        let staying = base.occupied & ~departed
        return departed & ~base.occupied | moved & ~staying | arrived & staying == 0
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
    /// - Returns: False when small errors were left out.
    /// - Throws: `overflow` when the block is longer than the writer's room.
    @_lifetime(writer: copy writer)
    @discardableResult func encodeChange(
        of page: PageID, from base: PageSnapshot, isKeyframe: Bool, isRough: Bool = false,
        _ reckoning: DeadReckoning, world: borrowing WorldState, into writer: inout ByteWriter
    ) throws(CodecError) -> Bool {
        let header = ChangeHeader(
            from: base, to: self, isKeyframe: isKeyframe, isRough: isRough, reckoning)
        try writer.putVarint(UInt64(page.raw))
        try header.encode(into: &writer)
        for slot in Slots(header.departed) {
            let departure = Departure(of: base.members[slot].id, in: world)
            try departure.encode(from: cell, into: &writer)
        }
        if header.arrived != 0 {
            let replica = commonReplica(in: header.arrived)
            try writer.put(replica.raw)
            var context = MemberContext(replica: replica, cell: cell, grid: world.hash.grid)
            for slot in Slots(header.arrived) { try members[slot].encode(into: &writer, &context) }
        }
        for slot in Slots(header.moved) {
            try Residual.encode(
                members[slot].motion,
                predicted: reckoning.predicted(base.members[slot].motion, after: header.age),
                into: &writer)
        }
        return header.isExact
    }

    /// Turns the keyframe that this is into the page at the packet's tick, from what follows the
    /// header of a change block, and notes where those who departed went.
    @_lifetime(reader: copy reader)
    mutating func applyChange(
        _ header: ChangeHeader, decoding reader: inout ByteReader, _ reckoning: DeadReckoning,
        grid: CellGrid, departures: inout Departures
    ) throws(CodecError) {
        guard header.agrees(with: self) else { throw .malformed }
        for slot in Slots(header.departed) {
            let departure = try Departure(from: cell, decoding: &reader)
            departures.append((members[slot].id, departure))
        }
        for slot in Slots(occupied & ~header.departed) {
            members[slot].motion = reckoning.predicted(members[slot].motion, after: header.age)
        }
        if header.arrived != 0 {
            let replica = ReplicaID(raw: try reader.get(UInt32.self))
            var context = MemberContext(replica: replica, cell: cell, grid: grid)
            makeRoom(for: header.arrived)
            for slot in Slots(header.arrived) {
                members[slot] = try Member(decoding: &reader, &context)
            }
        }
        for slot in Slots(header.moved) {
            try Residual.decode(onto: &members[slot].motion, from: &reader)
        }
        guard reader.remaining == 0 else { throw .malformed }
        tick = Tick(tick.number &+ header.age)
        occupied = occupied & ~header.departed | header.arrived
    }
}

extension Motion {
    /// True when only small errors of place and turn lie between this motion and another.
    fileprivate func isAbout(_ other: Motion) -> Bool {
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
