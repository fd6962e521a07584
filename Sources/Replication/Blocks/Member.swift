// One entity as a page's block has it, told whole. Within a block that is a few bytes: how its number
// differs from that of the member before, where in the cell it is, and what is not as it should be.

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
    let replica: ReplicaID
    let corner: Position
    /// The binary logarithm of the cell's edge.
    let shift: Int
    /// Of the member before.
    var number: UInt32 = 0
    var kind = KindID(0)
    var level: UInt32 = 0
    /// The newest animation of a member that stood, and of one that moved.
    var animations: InlineArray<2, UInt8> = [0, 0]

    init(replica: ReplicaID, cell: CellKey, grid: CellGrid) {
        self.replica = replica
        corner = grid.corner(of: cell)
        shift = Int(grid.shift)
    }

    /// For those who have come since a keyframe: most are like those who were there.
    init(arrivingIn base: borrowing PageSnapshot, grid: CellGrid) {
        self.init(
            replica: base.commonReplica(in: base.occupied), cell: base.cell, grid: grid)
        guard base.occupied != 0 else { return }
        let first = base.occupied.trailingZeroBitCount
        number = base.members[first].id.number
        kind = base.members[first].kind
        for slot in Slots(base.occupied) {
            let moves = base.members[slot].motion.velocity != .zero
            animations[moves ? 1 : 0] = base.members[slot].motion.animation
        }
    }

    /// Where a position is in the cell; the hash keeps members in their cell.
    @inline(__always)
    func offsets(of position: Position) -> (x: UInt32, y: UInt32, z: UInt32) {
        (
            UInt32(bitPattern: position.x &- corner.x), UInt32(bitPattern: position.y &- corner.y),
            UInt32(bitPattern: position.z &- corner.z)
        )
    }

    /// A place in the cell; a hostile cell's corner may wrap, and a position is always some position.
    func position(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> Position {
        Position(
            x: corner.x &+ Int32(bitPattern: x), y: corner.y &+ Int32(bitPattern: y),
            z: corner.z &+ Int32(bitPattern: z))
    }
}

// MARK: Writing

extension RangeEncoder {
    /// Writes a member whole.
    ///
    /// - Parameter isPlain: bit by bit, for pages of which nothing can be expected: 231 bits in the
    ///   largest cells, so that thirty-two of them always fit a block.
    mutating func encodeMember(
        _ member: Member, isPlain: Bool, _ context: inout MemberContext,
        _ models: inout MutableSpan<BitModel>
    ) {
        encode(isPlain, &models[MotionModels.plain])
        if isPlain {
            encodePlain(member, context)
        } else {
            encodeUsual(member, &context, &models)
        }
        context.number = member.id.number
    }

    private mutating func encodeUsual(
        _ member: Member, _ context: inout MemberContext, _ models: inout MutableSpan<BitModel>
    ) {
        let isForeign = member.id.replica != context.replica
        encode(isForeign, &models[MotionModels.foreign])
        if isForeign { encode(plain: member.id.replica.raw, bits: 32) }
        let step = Int32(bitPattern: member.id.number &- context.number)
        encode(Int64(step), MotionModels.number, &models)
        encode(member.kind != context.kind, &models[MotionModels.otherKind])
        if member.kind != context.kind { encode(plain: UInt32(member.kind.raw), bits: 16) }
        context.kind = member.kind
        let motion = member.motion
        let place = context.offsets(of: motion.position)
        encode(plain: place.x, bits: context.shift)
        encode(plain: place.y, bits: context.shift)
        encode(Int64(place.z) &- Int64(context.level), MotionModels.level, &models)
        context.level = place.z
        let moves = motion.velocity != .zero
        encode(moves, &models[MotionModels.moves])
        if moves {
            encode(Int64(motion.velocity.x), MotionModels.speed, &models)
            encode(Int64(motion.velocity.y), MotionModels.speed, &models)
            encode(Int64(motion.velocity.z), MotionModels.climb, &models)
        }
        encodeFacing(motion, &models)
        let isOdd = motion.animation != context.animations[moves ? 1 : 0]
        encode(isOdd, &models[MotionModels.memberAnimationIsOdd &+ (moves ? 1 : 0)])
        if isOdd { encode(plain: UInt32(motion.animation), bits: 8) }
        context.animations[moves ? 1 : 0] = motion.animation
    }

    private mutating func encodeFacing(_ motion: Motion, _ models: inout MutableSpan<BitModel>) {
        let step = Heading.step(of: motion.orientation)
        encode(step == nil, &models[MotionModels.memberTilts])
        guard let step else {
            encode(plain: motion.orientation.bits, bits: 32)
            return
        }
        let heading = Heading.step(of: motion.velocity)
        encode(
            Int64(Heading.difference(step, from: heading ?? 0)),
            heading == nil ? MotionModels.standing : MotionModels.facing, &models)
    }

    private mutating func encodePlain(_ member: Member, _ context: MemberContext) {
        let place = context.offsets(of: member.motion.position)
        encode(plain: member.id.replica.raw, bits: 32)
        encode(plain: member.id.number, bits: 32)
        encode(plain: UInt32(member.kind.raw), bits: 16)
        encode(plain: place.x, bits: context.shift)
        encode(plain: place.y, bits: context.shift)
        encode(plain: place.z, bits: context.shift)
        encode(plain: UInt32(UInt16(bitPattern: member.motion.velocity.x)), bits: 16)
        encode(plain: UInt32(UInt16(bitPattern: member.motion.velocity.y)), bits: 16)
        encode(plain: UInt32(UInt16(bitPattern: member.motion.velocity.z)), bits: 16)
        encode(plain: member.motion.orientation.bits, bits: 32)
        encode(plain: UInt32(member.motion.animation), bits: 8)
    }
}

// MARK: Reading

extension RangeDecoder {
    /// Reads a member; whatever the bytes are, its position is in the cell.
    @_lifetime(self: copy self)
    mutating func decodeMember(
        _ context: inout MemberContext, _ models: inout MutableSpan<BitModel>
    ) throws(CodecError) -> Member {
        let isPlain = decode(&models[MotionModels.plain])
        let member =
            isPlain ? decodePlain(context) : try decodeUsual(&context, &models)
        guard member.id != .none else { throw .malformed }
        context.number = member.id.number
        return member
    }

    @_lifetime(self: copy self)
    private mutating func decodeUsual(
        _ context: inout MemberContext, _ models: inout MutableSpan<BitModel>
    ) throws(CodecError) -> Member {
        let isForeign = decode(&models[MotionModels.foreign])
        let replica = isForeign ? ReplicaID(raw: decode(plain: 32)) : context.replica
        let step = decode(MotionModels.number, &models)
        let number = context.number &+ UInt32(truncatingIfNeeded: step)
        if decode(&models[MotionModels.otherKind]) {
            context.kind = KindID(UInt16(truncatingIfNeeded: decode(plain: 16)))
        }
        let x = decode(plain: context.shift)
        let y = decode(plain: context.shift)
        let z = Int64(context.level) &+ decode(MotionModels.level, &models)
        guard z >= 0, z >> Int64(context.shift) == 0 else { throw .malformed }
        context.level = UInt32(truncatingIfNeeded: z)
        var motion = Motion(position: context.position(x, y, context.level))
        let moves = decode(&models[MotionModels.moves])
        if moves {
            motion.velocity.x = Int16(
                truncatingIfNeeded: decode(MotionModels.speed, &models))
            motion.velocity.y = Int16(
                truncatingIfNeeded: decode(MotionModels.speed, &models))
            motion.velocity.z = Int16(
                truncatingIfNeeded: decode(MotionModels.climb, &models))
        }
        motion.orientation = decodeFacing(motion.velocity, &models)
        if decode(&models[MotionModels.memberAnimationIsOdd &+ (moves ? 1 : 0)]) {
            context.animations[moves ? 1 : 0] = UInt8(truncatingIfNeeded: decode(plain: 8))
        }
        motion.animation = context.animations[moves ? 1 : 0]
        return Member(
            id: EntityID(replica: replica, number: number), kind: context.kind, motion: motion)
    }

    @_lifetime(self: copy self)
    private mutating func decodeFacing(
        _ velocity: Velocity, _ models: inout MutableSpan<BitModel>
    ) -> Orientation {
        if decode(&models[MotionModels.memberTilts]) {
            return Orientation(bits: decode(plain: 32))
        }
        let heading = Heading.step(of: velocity)
        let turn = decode(
            heading == nil ? MotionModels.standing : MotionModels.facing, &models)
        return Heading.orientation(of: Heading.step(heading ?? 0, plus: turn))
    }

    @_lifetime(self: copy self)
    private mutating func decodePlain(_ context: MemberContext) -> Member {
        let replica = ReplicaID(raw: decode(plain: 32))
        let number = decode(plain: 32)
        let kind = KindID(UInt16(truncatingIfNeeded: decode(plain: 16)))
        let x = decode(plain: context.shift)
        let y = decode(plain: context.shift)
        let z = decode(plain: context.shift)
        let velocity = Velocity(
            x: Int16(truncatingIfNeeded: decode(plain: 16)),
            y: Int16(truncatingIfNeeded: decode(plain: 16)),
            z: Int16(truncatingIfNeeded: decode(plain: 16)))
        let orientation = Orientation(bits: decode(plain: 32))
        return Member(
            id: EntityID(replica: replica, number: number), kind: kind,
            motion: Motion(
                position: context.position(x, y, z), velocity: velocity, orientation: orientation,
                animation: UInt8(truncatingIfNeeded: decode(plain: 8))))
    }
}
