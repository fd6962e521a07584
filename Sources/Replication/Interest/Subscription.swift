// What one client is to be told: which pages are near it, what it has of each, and what of all that
// goes into the next packet.
//
// A tick goes: `beginTick` with the client's place; then, packet by packet, `nextBlock` until it
// returns nil, each block copied into the packet, and `packetSent` with the packet's number. Later
// comes `acknowledged` or `lost` for that number. There is no second acknowledgement protocol: a
// page's progress is what the acknowledged packets carried.
//
// Order: the nearest page first. When a tick had no room for everything, those left out gain
// weight every tick, the near ones more, and the heaviest goes first: so the near pages are told
// more often, and no page starves.
//
// Memory: about 64 bytes a page followed and 16 a block on its way, in flat arrays.

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
    /// True for clients that check: every page that is told at the current tick comes with its
    /// digest.
    public var verifies: Bool

    /// Ascending by page.
    var pages: [FollowedPage] = []
    /// Indices into `pages`, nearest first.
    var nearest: [UInt16] = []
    /// Indices of the pages that have news in this tick, in the order in which they go.
    var candidates: [UInt16] = []
    /// All candidates before this one are done.
    var cursor = 0
    /// How many pages have still to be left in this tick.
    var leavesDue = 0
    var ledger = SentLedger()
    var hasGonePages = false
    /// Counts packets, so that a page knows whether its keyframe is in the one being filled.
    var packetSerial: UInt16 = 0
    /// The cell that `pages` were chosen around; nil to choose anew.
    var centreCell: CellKey?
    /// How many openings of pages have been seen to.
    var seenOpenings = 0
    var nextEpoch: UInt16 = 0
    var found: [PageID] = []
    var sortKeys: [UInt64] = []

    /// A client that follows nothing yet.
    public init(interestMetres: Int, verifies: Bool = false) {
        self.interestMetres = interestMetres
        self.verifies = verifies
    }

    /// Follows the client to where it is and gathers what it is to be told in this tick.
    ///
    /// Call after `BlockStore.beginTick`.
    /// - Complexity: O(pages followed); a search of the surroundings when the client has entered
    ///   another cell.
    public mutating func beginTick(centre: Position, world: borrowing WorldState) {
        noteWaiting()
        dropGonePages()
        updateInterest(centre: centre, world: world)
        gatherCandidates(world: world)
    }

    /// Notes the number of the packet that carries the blocks planned since the last call.
    ///
    /// Every block that `nextBlock` returned must be in it.
    public mutating func packetSent(number: UInt64) {
        packetSerial &+= 1
        if let overdue = ledger.seal(number) { lost(number: overdue) }
    }

    /// True while this tick has more to tell than the packets so far had room for.
    public var hasMore: Bool {
        leavesDue > 0 || candidates[cursor...].contains { $0 != Self.doneCandidate }
    }

    /// The pages that are followed, ascending.
    public var followedPages: [PageID] {
        pages.filter { $0.marks.isDisjoint(with: [.isLeaving, .isGone]) }.map(\.page)
    }

    /// Where a page is in `pages`, or where it would be.
    func index(of page: PageID) -> Int {
        var low = 0
        var high = pages.count
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].page < page { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// A page that the client has nothing of.
    mutating func fresh(_ page: PageID, squaredCells: UInt32, _ world: borrowing WorldState)
        -> FollowedPage
    {
        nextEpoch &+= 1
        return FollowedPage(
            page: page, generation: world.hash.pages[page.index].generation, epoch: nextEpoch,
            squaredCells: squaredCells)
    }

    private mutating func noteWaiting() {
        for candidate in candidates[cursor...] where candidate != Self.doneCandidate {
            let index = Int(candidate)
            // Safe: saturates after 2^27 ticks, which is months.
            let (sum, overflow) = pages[index].waiting.addingReportingOverflow(pages[index].weight)
            pages[index].waiting = overflow ? .max : sum
        }
        candidates.removeAll(keepingCapacity: true)
        cursor = 0
    }

    private mutating func dropGonePages() {
        guard hasGonePages else { return }
        hasGonePages = false
        pages.removeAll { $0.marks.contains(.isGone) }
        orderByDistance()
    }

    /// Stands for a candidate that is done before an earlier one.
    static let doneCandidate = UInt16.max
}
