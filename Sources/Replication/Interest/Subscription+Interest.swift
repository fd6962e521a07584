// Which pages are followed. The surroundings are searched when the client enters another cell;
// in between, the hash's log of openings says which pages to add.

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
        let cell = world.hash.grid.cell(of: centre)
        let openings = world.hash.openings
        // Where there are more pages than may be followed, a search keeps the nearest.
        let isCrowded = pages.count + openings - seenOpenings > BlockLimits.followedPages
        var mustSearch = cell != centreCell || isCrowded && openings > seenOpenings
        var hasNew = false
        if !mustSearch {
            for number in seenOpenings..<openings {
                guard let page = world.hash.opened(number) else {
                    mustSearch = true
                    break
                }
                if followOpened(page, cell, world) { hasNew = true }
            }
        }
        seenOpenings = openings
        centreCell = cell
        if mustSearch { search(around: cell, world) }
        if mustSearch || hasNew { orderByDistance() }
    }

    /// Sorts `nearest` by distance.
    /// - Complexity: O(n log n)
    mutating func orderByDistance() {
        sortKeys.removeAll(keepingCapacity: true)
        for index in pages.indices {
            sortKeys.append(UInt64(pages[index].squaredCells) << 16 | UInt64(index))
        }
        sortKeys.sort()
        nearest.removeAll(keepingCapacity: true)
        for key in sortKeys { nearest.append(UInt16(truncatingIfNeeded: key)) }
    }

    /// Follows a page that has just got its first member, if it is near and not followed.
    private mutating func followOpened(
        _ page: PageID, _ cell: CellKey, _ world: borrowing WorldState
    ) -> Bool {
        let record = world.hash.pages[page.index]
        guard record.isLive, !record.isEmpty else { return false }
        let gap = world.hash.grid.squaredGap(cell, record.cell)
        guard gap <= UInt64(radius) * UInt64(radius) else { return false }
        let cells = Self.squaredCells(gap, world)
        let index = index(of: page)
        if index < pages.count, pages[index].page == page {
            let isFollowed =
                pages[index].generation == record.generation
                && pages[index].marks.isDisjoint(with: [.isLeaving, .isGone])
            if isFollowed { return false }
            pages[index] = fresh(page, squaredCells: cells, world)
        } else {
            pages.insert(fresh(page, squaredCells: cells, world), at: index)
        }
        return true
    }

    private mutating func search(around cell: CellKey, _ world: borrowing WorldState) {
        let grid = world.hash.grid
        let leaveRadius = radius.addingClamping(UInt32(truncatingIfNeeded: grid.edge))
        found.removeAll(keepingCapacity: true)
        world.hash.appendPages(within: leaveRadius, of: cell, to: &found)
        if pages.count + found.count > BlockLimits.trackedPages {
            // Too many pages are waiting to be left: follow nothing new until some are.
            found.removeAll()
            centreCell = nil
        }
        let isTruncated = found.count > BlockLimits.followedPages
        if isTruncated { keepNearestFound(cell, world) }
        found.sort()

        var merged: [FollowedPage] = []
        merged.reserveCapacity(max(pages.count, found.count))
        var next = 0
        for var followed in pages {
            while next < found.count, found[next] < followed.page {
                if let new = considered(found[next], cell, world) { merged.append(new) }
                next += 1
            }
            let isFound = next < found.count && found[next] == followed.page
            if isFound { next += 1 }
            let record = world.hash.pages[followed.page.index]
            let isSame = record.isLive && record.generation == followed.generation
            let gap = grid.squaredGap(cell, record.cell)
            if isFound, !isSame || followed.marks.contains(.isLeaving),
                let new = considered(followed.page, cell, world)
            {
                merged.append(new)
                continue
            }
            // An empty page is not found, and stays until it ends.
            let stays =
                isSame && gap <= UInt64(leaveRadius) * UInt64(leaveRadius)
                && (isFound || record.isEmpty || !isTruncated)
            if !stays { followed.marks.insert(.isLeaving) }
            followed.squaredCells = Self.squaredCells(gap, world)
            merged.append(followed)
        }
        for page in found[next...] {
            if let new = considered(page, cell, world) { merged.append(new) }
        }
        pages = merged
    }

    /// A page that is near enough to be followed from now on.
    private mutating func considered(
        _ page: PageID, _ cell: CellKey, _ world: borrowing WorldState
    ) -> FollowedPage? {
        let gap = world.hash.grid.squaredGap(cell, world.hash.pages[page.index].cell)
        guard gap <= UInt64(radius) * UInt64(radius) else { return nil }
        return fresh(page, squaredCells: Self.squaredCells(gap, world), world)
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
