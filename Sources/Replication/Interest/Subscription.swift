// What one client is to be told: which pages are near it, what it has of each, and what of all that
// goes into the next packet.
//
// A tick goes: `beginTick` with the client's place; then, packet by packet, `planPacket`, whose blocks
// are copied into the packet, and `packetSent` with the packet's number. Later comes `acknowledged`
// or `lost` for that number. There is no second acknowledgement protocol: a page's progress is what
// the acknowledged packets carried.
//
// Order: near pages, then pages of which the client has nothing, then far ones, the latter at their
// turns (see InterestRules). When not all near pages had room, the longest untold go first, the
// nearer the sooner. A far page that misses too many turns goes before the others, at any tick, in
// the order in which that happened: so no page starves (see ByteBudget).
//
// Far pages are not looked at while there is no room for them. Now and then all are swept, to see
// which wait and which have ended.
//
// What is known of a page stands in a row, nearest first, so that what every tick reads lies side by side.
// A page is named by its slot, which it keeps while its row moves.
//
// Costs: a tick O(near pages + far pages whose turn it is). Memory 64 bytes a page followed, 18 for
// lists of them, and 4 a block on its way, in flat lists that are never shared.

import CairnBasics
public import CairnGeometry
import CairnWire
public import CairnWorld

/// One client's interest in the world.
public struct Subscription: ~Copyable {
    private let pin = Pin()
    /// The tick being told.
    var tick = Tick(0)
    /// When this client looks who is near, so that not all of them do so in one tick.
    let stagger: UInt32
    var budget: ByteBudget
    public let rules: InterestRules
    /// How far the client is told of others, in metres. A page is followed from there, and left
    /// when it is a cell further.
    public var interestMetres: Int {
        didSet { if interestMetres != oldValue { centreCell = nil } }
    }
    /// True for clients that check: every near page that is told at the current tick comes with its
    /// digest.
    public var verifies: Bool
    /// False while the server has no time for what is not near: of that only properties are told,
    /// and first keyframes.
    public var tellsFar = true

    var mustLook = true
    var mustArrange = true
    /// True while near pages that had news had no room.
    var isBehind = false
    /// The cell that pages were chosen around; nil to choose anew.
    var centreCell: CellKey?
    /// How many openings of pages have been seen to.
    var seenOpenings = 0
    /// How far `ring` reaches: squared, in cells.
    var ringCells: UInt32 = .max
    /// How far away the last of the fresh bodies was at the last look; nil when there were fewer.
    var freshReach: UInt32?
    /// The row whose keyframe was the last block.
    var begunRow: Int?
    var nextEpoch: UInt16 = 0
    /// How many of `entering` are done.
    var enteringDone = 0

    /// By row: what every tick asks for, nearest first, and then what is being left.
    var followed = OwnedList<FollowedPage>()
    /// Rows of level 0, nearest first.
    var near = OwnedList<UInt16>()
    var ledger = SentLedger()
    /// turn << 16 | row, ascending, of what is within `ringCells`, near ones among them, and of
    /// everything further.
    var ring = OwnedList<UInt32>()
    var far = OwnedList<UInt32>()
    /// Far slots that have missed too many turns, in the order in which they did.
    var late = OwnedList<UInt16>()
    /// Rows of which the client has nothing, nearest first.
    var entering = OwnedList<UInt16>()
    /// By slot: the rest of what is known, and the row; `noRow` for a vacant slot.
    var approaches = OwnedList<FollowedPage.Approach>()
    var rows = OwnedList<UInt16>()
    /// Slots of pages that the client is to forget and has not been told so.
    var leaving = OwnedList<UInt16>()
    /// Slots of pages that the client has forgotten, to be vacated.
    var gone = OwnedList<UInt16>()
    /// page << 16 | slot, ascending, of every slot that is not vacant.
    var order = OwnedList<UInt64>()
    var vacantSlots = OwnedList<UInt16>()

    static let noRow = UInt16.max

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
    /// - Parameter plan: any client's; it is this one's until the next call.
    /// - Complexity: O(near pages); a search of the surroundings when the client has entered another
    ///   cell.
    public mutating func beginTick(
        centre: Position, store: borrowing BlockStore, world: borrowing WorldState,
        plan: inout TickPlan
    ) {
        plan.begin()
        tick = world.tick
        budget.beginTick()
        vacateGone()
        updateInterest(centre: centre, world: world, &plan)
        updateLevels(centre: centre, store, world, &plan)
        sweepWaiting(store)
        gatherCandidates(store, &plan)
    }

    /// Starts fetching what the client's tick will want, while another's is being told.
    public func prefetch() {
        ledger.prefetch()
        followed.prefetch(0..<near.count + 8)
        near.prefetch(near.indices)
        rows.prefetch(rows.indices)
    }

    /// Notes the number of the packet that carries the blocks planned since the last call.
    ///
    /// Every block that `planPacket` planned must be in it.
    public mutating func packetSent(number: UInt64) {
        begunRow = nil
        if let overdue = ledger.seal(number, tick: tick) { lost(number: overdue) }
    }

    /// The pages that are followed, ascending.
    public var followedPages: [PageID] {
        order.indices.compactMap { index in
            let page = followed[row(ofKey: order[index])]
            return page.marks.isDisjoint(with: .ended) ? page.page : nil
        }
    }

    /// The pages that are told in every tick, nearest first.
    public var nearPages: [PageID] { near.indices.map { followed[Int(near[$0])].page } }

    /// How many pages are followed or being left.
    public var pageCount: Int { order.count }

    /// The row of a page; nil when it has none.
    /// - Complexity: O(log n)
    func row(of page: PageID) -> Int? {
        let index = order.firstIndex(notBelow: Self.orderKey(page, 0))
        guard index < order.count, order[index] >> 16 == UInt64(page.raw) else { return nil }
        return row(ofKey: order[index])
    }

    /// The row that a slot has; nil when nothing is followed there any more.
    func row(ofSlot slot: UInt16) -> Int? {
        let row = rows[Int(slot)]
        return row == Self.noRow ? nil : Int(row)
    }

    func row(ofKey key: UInt64) -> Int { Int(rows[Int(UInt16(truncatingIfNeeded: key))]) }

    static func orderKey(_ page: PageID, _ slot: UInt16) -> UInt64 {
        UInt64(page.raw) << 16 | UInt64(slot)
    }

    /// Follows a page of which the client has nothing, at the end of the rows.
    /// - Returns: its slot.
    mutating func follow(_ page: PageID, generation: UInt32, squaredCells: UInt32) -> UInt16 {
        let slot: UInt16
        if let vacant = vacantSlots.popLast() {
            slot = vacant
        } else {
            slot = UInt16(approaches.count)
            approaches.append(FollowedPage.Approach(told: tick))
            rows.append(Self.noRow)
        }
        rows[Int(slot)] = UInt16(followed.count)
        followed.append(
            fresh(page, generation: generation, squaredCells: squaredCells, slot: slot))
        return slot
    }

    /// Follows a page anew that is another one now, or was being left.
    mutating func followAnew(row: Int, generation: UInt32, squaredCells: UInt32) {
        let (page, slot) = (followed[row].page, followed[row].slot)
        followed[row] = fresh(
            page, generation: generation, squaredCells: squaredCells, slot: slot)
    }

    private mutating func fresh(
        _ page: PageID, generation: UInt32, squaredCells: UInt32, slot: UInt16
    ) -> FollowedPage {
        nextEpoch &+= 1
        approaches[Int(slot)] = FollowedPage.Approach(told: tick)
        return FollowedPage(
            page: page, generation: generation, epoch: nextEpoch, slot: slot,
            squaredCells: squaredCells)
    }

    /// Begins to tell the client to forget a page.
    mutating func leave(row: Int) {
        guard followed[row].marks.isDisjoint(with: .ended) else { return }
        followed[row].marks.insert(.isLeaving)
        leaving.append(followed[row].slot)
    }

    private mutating func vacateGone() {
        guard !gone.isEmpty else { return }
        for index in gone.indices {
            let slot = gone[index]
            guard let row = row(ofSlot: slot), followed[row].marks.contains(.isGone) else {
                continue
            }
            order.remove(at: order.firstIndex(notBelow: Self.orderKey(followed[row].page, slot)))
            followed[row].marks = .isVacant
            rows[Int(slot)] = Self.noRow
            vacantSlots.append(slot)
        }
        gone.removeAll()
        mustArrange = true
    }
}
