// Writes the coded part of one block after another: the members of a keyframe, or what a page has
// changed. Buffers and models are used again, so that a block allocates nothing.

import CairnBasics
import CairnGeometry
import CairnWorld

/// What a block's coded part is written with.
package struct BlockCoder: Sendable {
    /// After writing: the coded part.
    private(set) var range = RangeEncoder(capacity: BlockLimits.byteCount)
    private var models = BlockModels()

    package init() {}

    /// Writes a page's members; plainly where they would not fit otherwise.
    mutating func encodeMembers(
        of page: borrowing PageSnapshot, _ context: MemberContext, room: Int
    ) {
        encodeMembers(of: page, isPlain: false, context)
        if range.count > room { encodeMembers(of: page, isPlain: true, context) }
    }

    private mutating func encodeMembers(
        of page: borrowing PageSnapshot, isPlain: Bool, _ context: MemberContext
    ) {
        begin()
        Self.encode(page, page.occupied, isPlain: isPlain, context, &range, &models.models)
        range.finish()
    }

    private static func encode(
        _ page: borrowing PageSnapshot, _ slots: UInt32, isPlain: Bool, _ context: MemberContext,
        _ range: inout RangeEncoder, _ models: inout [BitModel]
    ) {
        var context = context
        var span = models.mutableSpan
        for slot in Slots(slots) {
            range.encodeMember(page.members[slot], isPlain: isPlain, &context, &span)
        }
    }

    /// Writes what a page has changed since a keyframe.
    ///
    /// - Returns: False when small errors were left out.
    mutating func encodeChange(
        _ header: ChangeHeader, from base: borrowing PageSnapshot, to new: borrowing PageSnapshot,
        isRough: Bool,
        _ reckoning: DeadReckoning, world: borrowing WorldState
    ) -> Bool {
        begin()
        let isExact = Self.encodeChange(
            header, from: base, to: new, isRough: isRough, reckoning, world: world, &range,
            &models.models)
        range.finish()
        return isExact
    }

    private static func encodeChange(
        _ header: ChangeHeader, from base: borrowing PageSnapshot, to new: borrowing PageSnapshot,
        isRough: Bool,
        _ reckoning: DeadReckoning, world: borrowing WorldState, _ range: inout RangeEncoder,
        _ models: inout [BitModel]
    ) -> Bool {
        var span = models.mutableSpan
        for slot in Slots(header.departed) {
            range.encode(Departure(of: base.members[slot].id, in: world), from: base.cell)
        }
        let isExact = encodeResiduals(
            of: base.occupied & ~header.departed, from: base, to: new, isRough: isRough,
            ResidualContext(reckoning, age: header.age), &range, &span)
        if header.arrived != 0 {
            var context = MemberContext(arrivingIn: base, grid: world.hash.grid)
            for slot in Slots(header.arrived) {
                range.encodeMember(new.members[slot], isPlain: false, &context, &span)
            }
        }
        return isExact
    }

    private static func encodeResiduals(
        of staying: UInt32, from base: borrowing PageSnapshot, to new: borrowing PageSnapshot,
        isRough: Bool, _ context: ResidualContext, _ range: inout RangeEncoder,
        _ models: inout MutableSpan<BitModel>
    ) -> Bool {
        var context = context
        var isExact = true
        for slot in Slots(staying) {
            let old = base.members[slot].motion
            let motion = new.members[slot].motion
            let predicted = context.reckoning.predicted(old, after: context.age)
            var moved = predicted != motion
            if moved, isRough, predicted.isAbout(motion) {
                moved = false
                isExact = false
            }
            let model = MotionModels.moved(context.age, isMoving: old.velocity != .zero)
            range.encode(moved, &models[model])
            guard moved else { continue }
            range.encodeResidual(
                motion, from: old, predicted: predicted.position, &context, &models)
        }
        return isExact
    }

    private mutating func begin() {
        range.reset()
        models.reset()
    }
}

extension RangeEncoder {
    /// Writes where somebody went: five bits, and a cell's key where it is none of those around.
    mutating func encode(_ departure: Departure, from cell: CellKey) {
        let code = departure.code(from: cell)
        encode(UInt32(code), plainBits: 5)
        guard code == Departure.distantCode, case .moved(let destination) = departure else {
            return
        }
        encode(plain: UInt32(truncatingIfNeeded: destination.raw >> 32), bits: 32)
        encode(plain: UInt32(truncatingIfNeeded: destination.raw), bits: 32)
    }
}

extension RangeDecoder {
    @_lifetime(self: copy self)
    mutating func decodeDeparture(from cell: CellKey) throws(CodecError) -> Departure {
        let code = UInt8(truncatingIfNeeded: decode(plainBits: 5))
        if let departure = Departure(code: code, from: cell) { return departure }
        guard code == Departure.distantCode else { throw .malformed }
        let high = UInt64(decode(plain: 32))
        let destination = CellKey(raw: high << 32 | UInt64(decode(plain: 32)))
        guard destination.isCanonical else { throw .malformed }
        return .moved(to: destination)
    }
}
