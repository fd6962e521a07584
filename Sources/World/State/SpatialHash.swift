// Which entities are where: a hash table from cells to pages, and the pages' members.
//
// A page that empties keeps its index for a while (`lingerTicks`), so that those who follow it
// hear of the last departure as an ordinary change; then it ends, and its index is free. Pages
// that open, or fill again, are written to a short log, so that a follower need not search its
// surroundings every tick.
//
// Costs: insertion and removal O(1) expected; a query O(cells in range or pages, the fewer).

import CairnBasics

/// The pages of the world by cell.
public struct SpatialHash: Sendable {
    public let grid: CellGrid
    /// All pages by index, ended ones among them.
    public private(set) var pages: [Page] = []
    /// How many pages have ever got their first member, or one after they were empty.
    public private(set) var openings: Int = 0

    /// How many ticks an empty page waits before its index may be used again.
    static let lingerTicks: Int32 = 200
    /// How many openings are remembered: a follower that missed more searches its surroundings.
    static let rememberedOpenings = 1_024

    private var firstPage = FlatMap<PageID>()
    private var members: [Int32] = []
    private var freePages: [PageID] = []
    private var openedPages = [PageID](repeating: .none, count: rememberedOpenings)
    /// Pages that became empty, oldest first, with the tick of that; only `emptied[emptiedHead...]`
    /// still counts.
    private var emptied: [(page: PageID, tick: Tick)] = []
    private var emptiedHead = 0
    /// The cells that ever had a page lie within these, so that queries skip empty space.
    private(set) var lowest = CellKey(x: 0x0f_ffff, y: 0x0f_ffff, z: 0x0f_ffff)
    private(set) var highest = CellKey(x: -0x10_0000, y: -0x10_0000, z: -0x10_0000)

    public init(grid: CellGrid) { self.grid = grid }

    /// The row in a slot of a page.
    /// - Precondition: the slot is occupied.
    public func row(in page: PageID, slot: Int) -> Int {
        Int(members[page.index &* Page.capacity &+ slot])
    }

    /// The page that was the `number`th to open; nil when that is too long ago to know.
    public func opened(_ number: Int) -> PageID? {
        guard number < openings, number >= openings - Self.rememberedOpenings else { return nil }
        return openedPages[number % Self.rememberedOpenings]
    }

    /// The first page of a cell, or nil; `page(after:)` gives the others.
    public func firstPage(of cell: CellKey) -> PageID? { firstPage[cell.raw] }

    /// The next page of the same cell.
    public func page(after page: PageID) -> PageID? {
        let next = pages[page.index].next
        return next == .none ? nil : next
    }

    /// Puts a row into the first free slot of the cell's pages.
    mutating func insert(
        row: Int, isBody: Bool = false, into cell: CellKey, tick: Tick
    ) -> (page: PageID, slot: Int) {
        let page = pageWithRoom(in: cell, tick: tick)
        let slot = (~pages[page.index].occupied).trailingZeroBitCount
        if pages[page.index].isEmpty { noteOpening(of: page) }
        pages[page.index].occupied |= 1 << UInt32(slot)
        if isBody { pages[page.index].bodies |= 1 << UInt32(slot) }
        pages[page.index].changedTick = tick
        members[page.index &* Page.capacity &+ slot] = Int32(row)
        return (page, slot)
    }

    /// Takes a member out of its slot.
    mutating func remove(from page: PageID, slot: Int, tick: Tick) {
        precondition(pages[page.index].occupied >> UInt32(slot) & 1 == 1)
        pages[page.index].occupied &= ~(1 << UInt32(slot))
        pages[page.index].bodies &= ~(1 << UInt32(slot))
        pages[page.index].changedTick = tick
        if pages[page.index].isEmpty { emptied.append((page, tick)) }
    }

    /// Notes that a member moved within its cell.
    mutating func touch(_ page: PageID, tick: Tick) { pages[page.index].changedTick = tick }

    /// Counts a property change of a member and returns its version.
    mutating func nextPropertyVersion(of page: PageID) -> UInt64 {
        pages[page.index].propertyVersion += 1
        return pages[page.index].propertyVersion
    }

    /// Ends the pages that have been empty for long.
    mutating func endEmptyPages(tick: Tick) {
        while emptiedHead < emptied.count {
            let (page, since) = emptied[emptiedHead]
            guard tick.steps(since: since) >= Self.lingerTicks else { break }
            emptiedHead += 1
            // A page that filled and emptied again stands further back in the queue as well.
            if pages[page.index].isLive, pages[page.index].isEmpty,
                pages[page.index].changedTick == since
            {
                end(page)
            }
        }
        if emptiedHead > 64, emptiedHead * 2 > emptied.count {
            emptied.removeFirst(emptiedHead)
            emptiedHead = 0
        }
    }

    private mutating func pageWithRoom(in cell: CellKey, tick: Tick) -> PageID {
        var last = PageID.none
        var candidate = firstPage[cell.raw]
        while let page = candidate {
            if pages[page.index].occupied != .max { return page }
            last = page
            candidate = self.page(after: page)
        }
        let page = open(cell, tick: tick)
        if last == .none { firstPage[cell.raw] = page } else { pages[last.index].next = page }
        return page
    }

    private mutating func open(_ cell: CellKey, tick: Tick) -> PageID {
        let page = freePages.popLast() ?? appendPage()
        pages[page.index] = Page(
            cell: cell, generation: pages[page.index].generation &+ 1, occupied: 0,
            bodies: 0, changedTick: tick, propertyVersion: 0, next: .none, isLive: true)
        lowest = CellKey(
            x: min(lowest.x, cell.x), y: min(lowest.y, cell.y), z: min(lowest.z, cell.z))
        highest = CellKey(
            x: max(highest.x, cell.x), y: max(highest.y, cell.y), z: max(highest.z, cell.z))
        return page
    }

    private mutating func appendPage() -> PageID {
        precondition(pages.count < Int(PageID.limit), "more pages than the wire can name")
        pages.append(
            Page(
                cell: CellKey(raw: 0), generation: 0, occupied: 0, bodies: 0,
                changedTick: Tick(0), propertyVersion: 0, next: .none, isLive: false))
        members.append(contentsOf: repeatElement(-1, count: Page.capacity))
        return PageID(UInt32(pages.count - 1))
    }

    private mutating func end(_ page: PageID) {
        let cell = pages[page.index].cell
        let next = pages[page.index].next
        if firstPage[cell.raw] == page {
            firstPage[cell.raw] = next == .none ? nil : next
        } else if var previous = firstPage[cell.raw] {
            while let following = self.page(after: previous), following != page {
                previous = following
            }
            pages[previous.index].next = next
        }
        pages[page.index].isLive = false
        pages[page.index].next = .none
        freePages.append(page)
    }

    private mutating func noteOpening(of page: PageID) {
        openedPages[openings % Self.rememberedOpenings] = page
        openings += 1
    }
}
