// One entity as a page's block has it. Within a block an entity is a few bytes: its number, where
// in the cell it is, and what is not at its usual value. See `encode` for the layout.

public import CairnBasics
public import CairnGeometry
import CairnWorld

/// An entity in a slot of a page: what a keyframe holds of it.
@frozen public struct Member: Hashable, Sendable {
    public var id: EntityID
    public var motion: Motion
    public var kind: KindID

    @inlinable public init(id: EntityID, kind: KindID, motion: Motion) {
        self.id = id
        self.kind = kind
        self.motion = motion
    }

    /// A slot that nobody is in.
    static let vacant = Member(id: .none, kind: KindID(0), motion: Motion(position: .origin))
}

/// What the members of one block have in common, so that a member need not repeat it.
struct MemberContext {
    /// The replica that made the ids, until one differs.
    var replica: ReplicaID
    /// The kind of the member before.
    var kind = KindID(0)
    let corner: Position
    /// The binary logarithm of the cell's edge.
    let shift: Int32

    init(replica: ReplicaID, cell: CellKey, grid: CellGrid) {
        self.replica = replica
        corner = grid.corner(of: cell)
        shift = grid.shift
    }

    /// Bytes that three offsets within a cell take together.
    var offsetByteCount: Int { (3 &* Int(shift) &+ 7) / 8 }
}

extension Member {
    private static let foreignReplica: UInt8 = 1 << 0
    private static let otherKind: UInt8 = 1 << 1
    private static let velocityX: UInt8 = 1 << 2
    private static let velocityY: UInt8 = 1 << 3
    private static let velocityZ: UInt8 = 1 << 4
    private static let turned: UInt8 = 1 << 5
    private static let animated: UInt8 = 1 << 6
    private static let unused: UInt8 = 1 << 7

    //     marks: 1 byte, number: varint, [replica: 4 bytes], [kind: 2 bytes],
    //     offsets from the cell's corner: 3 × shift bits in whole bytes,
    //     [velocity x, y, z: 2 bytes each], [orientation: varint], [animation: 1 byte]
    //
    // At most 31 bytes in cells of up to 256 m, 32 beyond.
    @_lifetime(writer: copy writer)
    func encode(
        into writer: inout ByteWriter, _ context: inout MemberContext
    ) throws(CodecError) {
        let velocity = motion.velocity
        var marks: UInt8 = 0
        if id.replica != context.replica { marks |= Self.foreignReplica }
        if kind != context.kind { marks |= Self.otherKind }
        if velocity.x != 0 { marks |= Self.velocityX }
        if velocity.y != 0 { marks |= Self.velocityY }
        if velocity.z != 0 { marks |= Self.velocityZ }
        if motion.orientation != .identity { marks |= Self.turned }
        if motion.animation != 0 { marks |= Self.animated }
        try writer.put(marks)
        try writer.putVarint(UInt64(id.number))
        if marks & Self.foreignReplica != 0 { try writer.put(id.replica.raw) }
        if marks & Self.otherKind != 0 { try writer.put(kind.raw) }
        try Self.putOffsets(of: motion.position, context, into: &writer)
        if velocity.x != 0 { try writer.put(velocity.x) }
        if velocity.y != 0 { try writer.put(velocity.y) }
        if velocity.z != 0 { try writer.put(velocity.z) }
        if marks & Self.turned != 0 {
            try writer.putTurn(from: .identity, to: motion.orientation)
        }
        if marks & Self.animated != 0 { try writer.put(motion.animation) }
        context.kind = kind
    }

    /// Reads a member; whatever the bytes are, its position is in the cell.
    @_lifetime(reader: copy reader)
    init(
        decoding reader: inout ByteReader, _ context: inout MemberContext
    ) throws(CodecError) {
        let marks = try reader.get(UInt8.self)
        guard marks & Self.unused == 0 else { throw .malformed }
        let number = UInt32(
            truncatingIfNeeded: try reader.getVarint(atMost: UInt64(UInt32.max)))
        let replica =
            marks & Self.foreignReplica != 0
            ? ReplicaID(raw: try reader.get(UInt32.self)) : context.replica
        if marks & Self.otherKind != 0 { context.kind = KindID(try reader.get(UInt16.self)) }
        let position = try Self.position(decoding: &reader, context)
        let velocity = Velocity(
            x: marks & Self.velocityX != 0 ? try reader.get(Int16.self) : 0,
            y: marks & Self.velocityY != 0 ? try reader.get(Int16.self) : 0,
            z: marks & Self.velocityZ != 0 ? try reader.get(Int16.self) : 0)
        let orientation =
            marks & Self.turned != 0 ? try reader.getTurn(from: .identity) : .identity
        let animation = marks & Self.animated != 0 ? try reader.get(UInt8.self) : 0
        self.init(
            id: EntityID(replica: replica, number: number), kind: context.kind,
            motion: Motion(
                position: position, velocity: velocity, orientation: orientation,
                animation: animation))
        guard id != .none else { throw .malformed }
    }

    @_lifetime(writer: copy writer)
    private static func putOffsets(
        of position: Position, _ context: MemberContext, into writer: inout ByteWriter
    ) throws(CodecError) {
        let shift = UInt64(context.shift)
        // Safe: the hash keeps members in their cell, so each offset has `shift` bits, and three
        // times the largest shift is 63.
        let x = UInt64(UInt32(bitPattern: position.x &- context.corner.x))
        let y = UInt64(UInt32(bitPattern: position.y &- context.corner.y))
        let z = UInt64(UInt32(bitPattern: position.z &- context.corner.z))
        var packed = x | y &<< shift | z &<< (2 &* shift)
        for _ in 0..<context.offsetByteCount {
            try writer.put(UInt8(truncatingIfNeeded: packed))
            packed >>= 8
        }
    }

    @_lifetime(reader: copy reader)
    private static func position(
        decoding reader: inout ByteReader, _ context: MemberContext
    ) throws(CodecError) -> Position {
        let shift = UInt64(context.shift)
        var packed: UInt64 = 0
        for index in 0..<context.offsetByteCount {
            packed |= UInt64(try reader.get(UInt8.self)) &<< UInt64(8 &* index)
        }
        guard packed >> (3 &* shift) == 0 else { throw .malformed }
        let mask = (UInt64(1) &<< shift) &- 1
        // Safe: a hostile cell's corner may wrap; a position is always some position.
        return Position(
            x: context.corner.x &+ Int32(truncatingIfNeeded: packed & mask),
            y: context.corner.y &+ Int32(truncatingIfNeeded: packed >> shift & mask),
            z: context.corner.z &+ Int32(truncatingIfNeeded: packed >> (2 &* shift) & mask))
    }
}

extension ByteWriter {
    /// Writes an orientation as its difference from another: two bytes for a turn about the
    /// vertical axis, which touches the lowest component and the index of the largest only.
    @_lifetime(self: copy self)
    mutating func putTurn(from old: Orientation, to new: Orientation) throws(CodecError) {
        let difference = old.bits ^ new.bits
        try putVarint(UInt64(difference << 2 | difference >> 30))
    }
}

extension ByteReader {
    @_lifetime(self: copy self)
    mutating func getTurn(from old: Orientation) throws(CodecError) -> Orientation {
        let rotated = UInt32(truncatingIfNeeded: try getVarint(atMost: UInt64(UInt32.max)))
        return Orientation(bits: old.bits ^ (rotated >> 2 | rotated << 30))
    }
}
