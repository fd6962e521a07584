// A page at one tick: what a keyframe is, what a receiver believes, and what a digest covers.

public import CairnBasics
import CairnGeometry
public import CairnWorld

/// The members of a page at one tick, by slot.
public struct PageSnapshot: Sendable {
    public internal(set) var tick: Tick
    public internal(set) var cell: CellKey
    /// Bit s is set when slot s has a member.
    public internal(set) var occupied: UInt32
    /// By slot, at least up to the last occupied one; free slots hold whatever was there before.
    public internal(set) var members: [Member]

    /// A page without members.
    public init(tick: Tick, cell: CellKey) {
        self.tick = tick
        self.cell = cell
        occupied = 0
        members = []
    }

    /// A page of these members, in the first slots.
    /// - Precondition: at most 32.
    package init(tick: Tick, cell: CellKey, _ members: [Member]) {
        precondition(members.count <= Page.capacity)
        self.init(tick: tick, cell: cell)
        self.members = members
        for slot in members.indices { occupied |= 1 << UInt32(slot) }
    }

    public var count: Int { occupied.nonzeroBitCount }

    /// True when a slot has a member and it is this entity.
    @inline(__always)
    func holds(_ id: EntityID, in slot: Int) -> Bool {
        occupied >> UInt32(slot) & 1 == 1 && members[slot].id == id
    }

    /// True when some slot has this entity.
    func holds(_ id: EntityID) -> Bool {
        for slot in Slots(occupied) where members[slot].id == id { return true }
        return false
    }

    /// Copies a page out of the world as it is now.
    mutating func take(_ page: PageID, from world: borrowing WorldState) {
        tick = world.tick
        cell = world.hash.pages[page.index].cell
        occupied = world.hash.pages[page.index].occupied
        makeRoom(for: occupied)
        for slot in Slots(occupied) {
            let row = world.hash.row(in: page, slot: slot)
            members[slot] = Member(
                id: world.table.ids[row], kind: world.table.kinds[row],
                motion: world.table.motions[row])
        }
    }

    /// Lets `members` reach up to the last of these slots.
    mutating func makeRoom(for slots: UInt32) {
        let count = 32 - slots.leadingZeroBitCount
        guard members.count < count else { return }
        members.append(contentsOf: repeatElement(.vacant, count: count - members.count))
    }

    /// A digest of everything that a receiver must know of the page, for finding divergence.
    public var digest: UInt64 {
        var digest = StateDigest()
        digest.combine(cell.raw)
        digest.combine(UInt64(occupied))
        for slot in Slots(occupied) { digest.combine(members[slot]) }
        return digest.value
    }
}

extension StateDigest {
    /// Takes in an entity and its motion to the last bit.
    mutating func combine(_ member: Member) {
        let motion = member.motion
        combine(member.id.raw)
        combine(
            UInt64(UInt32(bitPattern: motion.position.x)) << 32
                | UInt64(UInt32(bitPattern: motion.position.y)))
        combine(
            UInt64(UInt32(bitPattern: motion.position.z)) << 32
                | UInt64(motion.orientation.bits))
        combine(
            UInt64(UInt16(bitPattern: motion.velocity.x)) << 48
                | UInt64(UInt16(bitPattern: motion.velocity.y)) << 32
                | UInt64(UInt16(bitPattern: motion.velocity.z)) << 16 | UInt64(member.kind.raw))
        combine(UInt64(motion.animation))
    }
}

/// The slots whose bits are set, ascending.
struct Slots: Sequence, IteratorProtocol {
    private var rest: UInt32

    @inline(__always) init(_ bits: UInt32) { rest = bits }

    @inline(__always) mutating func next() -> Int? {
        guard rest != 0 else { return nil }
        let slot = rest.trailingZeroBitCount
        rest &= rest &- 1  // Safe: not zero, so it clears the lowest bit.
        return slot
    }
}
