// Which pages are followed. The surroundings are searched when the client has left its cell by more
// than a quarter; in between, the hash's log of openings says which pages to add.

import CairnBasics
import CairnGeometry
import CairnWorld

extension Subscription {
    /// The distance from which a page is followed, in position units.
    private var radius: UInt32 {
        UInt32(clamping: max(0, interestMetres)).multipliedClamping(by: 1_024)
    }

    /// Follows what has come near and leaves what is far or ended.
    mutating func updateInterest(centre: Position, world: borrowing WorldState) {
        let openings = world.hash.openings
        if openings == seenOpenings, let centreCell, Self.isHome(centre, centreCell, world) {
            return
        }
        let cell = home(of: centre, world)
        // Where there are more pages than may be followed, a search keeps the nearest.
        let isCrowded = pageCount + openings - seenOpenings > BlockLimits.followedPages
        var mustSearch = cell != centreCell || isCrowded && openings > seenOpenings
        if !mustSearch {
            for number in seenOpenings..<openings {
                guard let page = world.hash.opened(number) else {
                    mustSearch = true
                    break
                }
                followOpened(page, cell, world)
            }
        }
        seenOpenings = openings
        centreCell = cell
        if mustSearch { search(around: cell, world) }
    }

    /// True within a cell and a quarter of an edge around it: so nobody who walks to and fro over
    /// an edge searches at every step.
    private static func isHome(
        _ place: Position, _ cell: CellKey, _ world: borrowing WorldState
    ) -> Bool {
        let margin = UInt64(world.hash.grid.edge / 4)
        return world.hash.grid.squaredDistance(from: place, to: cell) <= margin * margin
    }

    private func home(of centre: Position, _ world: borrowing WorldState) -> CellKey {
        if let centreCell, Self.isHome(centre, centreCell, world) { return centreCell }
        return world.hash.grid.cell(of: centre)
    }

    /// From how far pages are followed, and from how far they are left; squared. The client may be
    /// a quarter of an edge outside the cell that distances are counted from.
    private func reaches(_ world: borrowing WorldState) -> (follow: UInt64, leave: UInt32) {
        let edge = UInt32(truncatingIfNeeded: world.hash.grid.edge)
        let follow = UInt64(radius.addingClamping(edge / 4))
        return (follow * follow, radius.addingClamping(edge))
    }

    /// Follows a page that has just got its first member, if it is near and not followed.
    private mutating func followOpened(
        _ page: PageID, _ cell: CellKey, _ world: borrowing WorldState
    ) {
        let record = world.hash.pages[page.index]
        guard record.isLive, !record.isEmpty else { return }
        let gap = world.hash.grid.squaredGap(cell, record.cell)
        guard gap <= reaches(world).follow else { return }
        let cells = Self.squaredCells(gap, world)
        if let known = slot(of: page) {
            let isFollowed =
                followed[known].generation == record.generation
                && followed[known].marks.isDisjoint(with: .ended)
            if isFollowed { return }
            _ = follow(page, generation: record.generation, squaredCells: cells, in: known)
        } else {
            let slot = follow(page, generation: record.generation, squaredCells: cells)
            order.insert(UInt64(page.raw) << 16 | UInt64(slot), at: orderIndex(of: page))
        }
        mustArrange = true
    }

    private mutating func search(around cell: CellKey, _ world: borrowing WorldState) {
        let leaveRadius = reaches(world).leave
        found.removeAll(keepingCapacity: true)
        world.hash.appendPages(within: leaveRadius, of: cell, to: &found)
        if pageCount + found.count > BlockLimits.trackedPages {
            // Too many pages are waiting to be left: follow nothing new until some are.
            found.removeAll()
            centreCell = nil
        }
        let isTruncated = found.count > BlockLimits.followedPages
        if isTruncated { keepNearestFound(cell, world) }
        found.sort()
        merge(cell, isTruncated: isTruncated, world)
        mustArrange = true
    }

    /// Brings what is followed in line with what was found, both ascending.
    private mutating func merge(
        _ cell: CellKey, isTruncated: Bool, _ world: borrowing WorldState
    ) {
        let reaches = reaches(world)
        let squaredLeave = UInt64(reaches.leave) * UInt64(reaches.leave)
        let oldCount = order.count
        var next = 0
        for index in 0..<oldCount {
            let slot = Int(UInt16(truncatingIfNeeded: order[index]))
            let page = followed[slot].page
            while next < found.count, found[next] < page {
                add(found[next], cell, reaches.follow, world)
                next += 1
            }
            let isFound = next < found.count && found[next] == page
            if isFound { next += 1 }
            let record = world.hash.pages[page.index]
            let isSame = record.isLive && record.generation == followed[slot].generation
            let gap = world.hash.grid.squaredGap(cell, record.cell)
            let cells = Self.squaredCells(gap, world)
            let isLeft = !followed[slot].marks.isDisjoint(with: .ended)
            if isFound, !isSame || isLeft, gap <= reaches.follow {
                _ = follow(page, generation: record.generation, squaredCells: cells, in: slot)
                continue
            }
            // An empty page is not found, and stays until it ends.
            let stays =
                isSame && gap <= squaredLeave && (isFound || record.isEmpty || !isTruncated)
            if !stays { leave(slot: slot) }
            followed[slot].squaredCells = cells
        }
        for page in found[next...] { add(page, cell, reaches.follow, world) }
        if order.count > oldCount { order.sort() }
    }

    /// Follows a page that has no slot, if it is near enough.
    private mutating func add(
        _ page: PageID, _ cell: CellKey, _ squaredReach: UInt64, _ world: borrowing WorldState
    ) {
        let gap = world.hash.grid.squaredGap(cell, world.hash.pages[page.index].cell)
        guard gap <= squaredReach else { return }
        let slot = follow(
            page, generation: world.hash.pages[page.index].generation,
            squaredCells: Self.squaredCells(gap, world))
        order.append(UInt64(page.raw) << 16 | UInt64(slot))
    }

    private mutating func keepNearestFound(_ cell: CellKey, _ world: borrowing WorldState) {
        sortKeys.removeAll(keepingCapacity: true)
        for page in found {
            let gap = world.hash.grid.squaredGap(cell, world.hash.pages[page.index].cell)
            sortKeys.append(UInt64(Self.squaredCells(gap, world)) << 32 | UInt64(page.raw))
        }
        sortKeys.sort()
        found.removeAll(keepingCapacity: true)
        for key in sortKeys.prefix(BlockLimits.followedPages) {
            found.append(PageID(UInt32(truncatingIfNeeded: key)))
        }
    }

    private static func squaredCells(_ gap: UInt64, _ world: borrowing WorldState) -> UInt32 {
        UInt32(clamping: gap >> UInt64(2 * world.hash.grid.shift))
    }
}

extension UInt32 {
    fileprivate func multipliedClamping(by factor: UInt32) -> UInt32 {
        // Distances end at 2^31 units.
        Swift.min(UInt32(clamping: UInt64(self) * UInt64(factor)), 0x7fff_ffff)
    }
    fileprivate func addingClamping(_ other: UInt32) -> UInt32 {
        Swift.min(UInt32(clamping: UInt64(self) + UInt64(other)), 0x7fff_ffff)
    }
}
