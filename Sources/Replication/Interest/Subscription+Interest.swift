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
    mutating func updateInterest(
        centre: Position, world: borrowing WorldState, _ plan: inout TickPlan
    ) {
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
        if mustSearch { search(around: cell, world, &plan) }
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
        if let row = row(of: page) {
            let isFollowed =
                followed[row].generation == record.generation
                && followed[row].marks.isDisjoint(with: .ended)
            if isFollowed { return }
            followAnew(row: row, generation: record.generation, squaredCells: cells)
        } else {
            let slot = follow(page, generation: record.generation, squaredCells: cells)
            let key = Self.orderKey(page, slot)
            order.insert(key, at: order.firstIndex(notBelow: key))
        }
        mustArrange = true
    }

    private mutating func search(
        around cell: CellKey, _ world: borrowing WorldState, _ plan: inout TickPlan
    ) {
        let leaveRadius = reaches(world).leave
        plan.found.removeAll(keepingCapacity: true)
        world.hash.appendPages(within: leaveRadius, of: cell, to: &plan.found)
        if pageCount + plan.found.count > BlockLimits.trackedPages {
            // Too many pages are waiting to be left: follow nothing new until some are.
            plan.found.removeAll()
            centreCell = nil
        }
        let isTruncated = plan.found.count > BlockLimits.followedPages
        if isTruncated { Self.keepNearestFound(cell, world, &plan) }
        plan.found.sort()
        merge(plan.found, cell, isTruncated: isTruncated, world)
        mustArrange = true
    }

    /// Brings what is followed in line with what was found, both ascending.
    private mutating func merge(
        _ found: [PageID], _ cell: CellKey, isTruncated: Bool, _ world: borrowing WorldState
    ) {
        let reaches = reaches(world)
        let squaredLeave = UInt64(reaches.leave) * UInt64(reaches.leave)
        let oldCount = order.count
        var next = 0
        for index in 0..<oldCount {
            let row = row(ofKey: order[index])
            let page = followed[row].page
            while next < found.count, found[next] < page {
                add(found[next], cell, reaches.follow, world)
                next += 1
            }
            let isFound = next < found.count && found[next] == page
            if isFound { next += 1 }
            let record = world.hash.pages[page.index]
            let isSame = record.isLive && record.generation == followed[row].generation
            let gap = world.hash.grid.squaredGap(cell, record.cell)
            let cells = Self.squaredCells(gap, world)
            let isLeft = !followed[row].marks.isDisjoint(with: .ended)
            if isFound, !isSame || isLeft, gap <= reaches.follow {
                followAnew(row: row, generation: record.generation, squaredCells: cells)
                continue
            }
            // An empty page is not found, and stays until it ends.
            let stays =
                isSame && gap <= squaredLeave && (isFound || record.isEmpty || !isTruncated)
            if !stays { leave(row: row) }
            followed[row].squaredCells = cells
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
        order.append(Self.orderKey(page, slot))
    }

    private static func keepNearestFound(
        _ cell: CellKey, _ world: borrowing WorldState, _ plan: inout TickPlan
    ) {
        plan.sortKeys.removeAll()
        for page in plan.found {
            let gap = world.hash.grid.squaredGap(cell, world.hash.pages[page.index].cell)
            plan.sortKeys.append(UInt64(squaredCells(gap, world)) << 32 | UInt64(page.raw))
        }
        plan.sortKeys.sort()
        plan.found.removeAll(keepingCapacity: true)
        for index in 0..<BlockLimits.followedPages {
            plan.found.append(PageID(UInt32(truncatingIfNeeded: plan.sortKeys[index])))
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
