// The keyframe block: a whole page, for whoever has nothing to build on.
//
//     page: varint, age: varint (ticks from the keyframe to the packet), cell: 8 bytes,
//     occupied: varint, replica: 4 bytes, coded: a member for every occupied slot
//
// A keyframe is known by the tick in which it was cut, of which a page has at most one.

package import CairnBasics
package import CairnWorld

/// What is written before the members of a keyframe block, but for the page number.
struct KeyframeHeader {
    /// Ticks from the keyframe to the packet.
    var age: UInt32
    var cell: CellKey
    var occupied: UInt32

    init(age: UInt32, cell: CellKey, occupied: UInt32) {
        self.age = age
        self.cell = cell
        self.occupied = occupied
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        age = UInt32(truncatingIfNeeded: try reader.getVarint(atMost: UInt64(UInt32.max)))
        cell = CellKey(raw: try reader.get(UInt64.self))
        guard cell.isCanonical else { throw .malformed }
        occupied = UInt32(truncatingIfNeeded: try reader.getVarint(atMost: UInt64(UInt32.max)))
    }

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(age))
        try writer.put(cell.raw)
        try writer.putVarint(UInt64(occupied))
    }
}

extension PageSnapshot {
    /// Writes the page as it was at `tick` into a packet of tick `now`.
    @_lifetime(writer: copy writer)
    package func encodeKeyframe(
        of page: PageID, now: Tick, grid: CellGrid, _ coder: inout BlockCoder,
        into writer: inout ByteWriter
    ) throws(CodecError) {
        let replica = commonReplica(in: occupied)
        try writer.putVarint(UInt64(page.raw))
        let header = KeyframeHeader(
            age: now.number &- tick.number, cell: cell, occupied: occupied)
        try header.encode(into: &writer)
        try writer.put(replica.raw)
        let context = MemberContext(replica: replica, cell: cell, grid: grid)
        coder.encodeMembers(of: self, context, room: writer.room)
        try writer.putBytes(coder.range.bytes)
    }

    /// Reads what follows the page number.
    @_lifetime(reader: copy reader)
    package init(
        decodingKeyframe reader: inout ByteReader, now: Tick, grid: CellGrid,
        _ models: inout BlockModels
    ) throws(CodecError) {
        let header = try KeyframeHeader(decoding: &reader)
        self.init(tick: Tick(now.number &- header.age), cell: header.cell)
        occupied = header.occupied
        let replica = ReplicaID(raw: try reader.get(UInt32.self))
        var context = MemberContext(replica: replica, cell: cell, grid: grid)
        makeRoom(for: occupied)
        var decoder = RangeDecoder(reader.getRest())
        models.reset()
        var span = models.models.mutableSpan
        for slot in Slots(occupied) {
            members[slot] = try decoder.decodeMember(&context, &span)
        }
        guard !decoder.hasUnreadBytes else { throw .malformed }
    }

    /// The replica that made the first of these members; most worlds have one that made nearly all.
    func commonReplica(in slots: UInt32) -> ReplicaID {
        slots == 0 ? ReplicaID(raw: 0) : members[slots.trailingZeroBitCount].id.replica
    }
}

extension PageID {
    @_lifetime(reader: copy reader)
    package init(decoding reader: inout ByteReader) throws(CodecError) {
        let raw = try reader.getVarint(atMost: UInt64(PageID.limit) - 1)
        self.init(UInt32(truncatingIfNeeded: raw))
    }
}
