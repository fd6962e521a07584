// What one client is to be told: which pages are near it, what it has of each, and what of all that
// goes into the next packet.
//
// A tick goes: `beginTick` with the client's place; then, packet by packet, `nextBlock` until it
// returns nil, each block copied into the packet, and `packetSent` with the packet's number. Later
// comes `acknowledged` or `lost` for that number. There is no second acknowledgement protocol: a
// page's progress is what the acknowledged packets carried.
//
// Order: near pages, then pages of which the client has nothing, then far ones, the latter at their
// turns (see InterestRules). A near page that had no room gains weight every tick, the nearer the
// more, and the heaviest goes first. A far page that misses too many turns goes before the others,
// at any tick, in the order in which that happened: so no page starves (see ByteBudget).
//
// Costs: a tick O(near pages + far pages whose turn it is). Memory 64 bytes a page followed, 16 for
// lists of them, and 6 a block on its way, in flat arrays.

import CairnBasics
public import CairnGeometry
public import CairnWire
public import CairnWorld

/// A block for the next packet.
public struct PlannedBlock: Hashable, Sendable {
    public var frameType: FrameType
    /// Where it is in the store: see `BlockStore.bytes`.
    public var range: Range<Int>
}

/// One client's interest in the world.
public struct Subscription {
    /// How far the client is told of others, in metres. A page is followed from there, and left
    /// when it is a cell further.
    public var interestMetres: Int {
        didSet { if interestMetres != oldValue { centreCell = nil } }
    }
    /// True for clients that check: every near page that is told at the current tick comes with its
    /// digest.
    public var verifies: Bool
    /// False while the server has no time for what is not near: of that only properties are told.
    public var tellsFar = true
    public let rules: InterestRules

    /// By slot: a page stays in its slot until the client has forgotten it.
    var followed: [FollowedPage] = []
    var vacantSlots: [UInt16] = []
    /// page << 16 | slot, ascending, of every slot that is not vacant.
    var order: [UInt64] = []
    /// Pages that the client is to forget and has not been told so.
    var leaving: [UInt16] = []
    /// Pages that the client has forgotten, to be vacated.
    var gone: [UInt16] = []

    /// The cell that pages were chosen around; nil to choose anew.
    var centreCell: CellKey?
    /// How many openings of pages have been seen to.
    var seenOpenings = 0
    var nextEpoch: UInt16 = 0

    /// Slots of level 0, nearest first.
    var near: [UInt16] = []
    var formerNear: [UInt16] = []
    /// Slots within `ringCells` of the centre cell, near ones among them, nearest first.
    var inner: [UInt16] = []
    /// turn << 16 | slot, ascending: the same as `inner`, and everything further.
    var ring: [UInt32] = []
    var far: [UInt32] = []
    /// How far `inner` reaches: squared, in cells.
    var ringCells: UInt32 = .max
    /// How far away the last of the fresh bodies was at the last look; nil when there were fewer.
    var freshReach: UInt32?
    /// Slots of which the client has nothing, nearest first, and how many of them are done.
    var entering: [UInt16] = []
    var enteringDone = 0
    /// Far slots that have missed too many turns, in the order in which they did.
    var late: [UInt16] = []
    var mustLook = true
    var mustArrange = true
    /// When this client looks who is near, so that not all of them do so in one tick.
    let stagger: UInt32

    /// The slots that have news in this tick, and where they are told from.
    var candidates: [UInt16] = []
    var stretches = Stretches()
    /// The slot whose keyframe was the last block.
    var begunSlot: Int?
    var budget: ByteBudget
    var isPacketBegun = false
    /// The tick being told.
    var tick = Tick(0)
    var ledger = SentLedger()
    var found: [PageID] = []
    var sortKeys: [UInt64] = []

    /// A client that follows nothing yet.
    ///
    /// - Parameter bytesPerTick: what its blocks may take in the long run; nil for any number.
    /// - Parameter stagger: any number, another for every client.
    public init(
        interestMetres: Int, verifies: Bool = false,
        rules: InterestRules = InterestRules(tickHertz: 20), bytesPerTick: Int? = nil,
        stagger: UInt32 = 0
    ) {
        self.interestMetres = interestMetres
        self.verifies = verifies
        self.rules = rules
        self.stagger = stagger
        budget = ByteBudget(perTick: bytesPerTick ?? ByteBudget.unlimited)
    }

    /// Follows the client to where it is and gathers what it is to be told in this tick.
    ///
    /// Call after `BlockStore.beginTick`.
    /// - Complexity: O(near pages + far pages whose turn it is); a search of the surroundings when
    ///   the client has entered another cell.
    public mutating func beginTick(centre: Position, world: borrowing WorldState) {
        noteWaiting()
        tick = world.tick
        budget.beginTick()
        isPacketBegun = false
        vacateGone()
        updateInterest(centre: centre, world: world)
        updateLevels(centre: centre, world: world)
        gatherCandidates(world: world)
    }

    /// Notes the number of the packet that carries the blocks planned since the last call.
    ///
    /// Every block that `nextBlock` returned must be in it.
    public mutating func packetSent(number: UInt64) {
        isPacketBegun = false
        begunSlot = nil
        stretches.reopen()
        if let overdue = ledger.seal(number, tick: tick) { lost(number: overdue) }
    }

    /// The pages that are followed, ascending.
    public var followedPages: [PageID] {
        order.compactMap { key in
            let page = followed[Int(UInt16(truncatingIfNeeded: key))]
            return page.marks.isDisjoint(with: .ended) ? page.page : nil
        }
    }

    /// The pages that are told in every tick, nearest first.
    public var nearPages: [PageID] { near.map { followed[Int($0)].page } }

    /// How many pages are followed or being left.
    var pageCount: Int { order.count }

    /// The slot of a page; nil when it has none.
    /// - Complexity: O(log n)
    func slot(of page: PageID) -> Int? {
        let index = orderIndex(of: page)
        guard index < order.count, order[index] >> 16 == UInt64(page.raw) else { return nil }
        return Int(UInt16(truncatingIfNeeded: order[index]))
    }

    /// Where a page is in `order`, or where it would be.
    func orderIndex(of page: PageID) -> Int {
        let key = UInt64(page.raw) << 16
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Follows a page of which the client has nothing.
    ///
    /// - Parameter slot: that of the same page's former following; nil for a slot of its own.
    mutating func follow(
        _ page: PageID, generation: UInt32, squaredCells: UInt32, in slot: Int? = nil
    ) -> Int {
        nextEpoch &+= 1
        let fresh = FollowedPage(
            page: page, generation: generation, epoch: nextEpoch, squaredCells: squaredCells)
        if let slot = slot ?? vacantSlots.popLast().map({ Int($0) }) {
            followed[slot] = fresh
            return slot
        }
        followed.append(fresh)
        return followed.count - 1
    }

    /// Begins to tell the client to forget a page.
    mutating func leave(slot: Int) {
        guard followed[slot].marks.isDisjoint(with: .ended) else { return }
        followed[slot].marks.insert(.isLeaving)
        leaving.append(UInt16(slot))
    }

    private mutating func vacateGone() {
        guard !gone.isEmpty else { return }
        for slot in gone where followed[Int(slot)].marks.contains(.isGone) {
            order.remove(at: orderIndex(of: followed[Int(slot)].page))
            followed[Int(slot)].marks = .isVacant
            vacantSlots.append(slot)
        }
        gone.removeAll(keepingCapacity: true)
        mustArrange = true
    }
}
