// Who is near: the pages within a distance, the same as brute force would find.

extension SpatialHash {
    /// Appends every page with members whose cell has no more than `radius` between itself and
    /// `centre`: whatever is within `radius` of any point of `centre` is in one of them.
    ///
    /// - Parameter radius: in position units, below 2^31.
    /// - Complexity: O(cells in range or pages, the fewer). The order depends on which, but is the
    ///   same on every machine.
    public func appendPages(
        within radius: UInt32, of centre: CellKey, to found: inout [PageID]
    ) {
        let squaredRadius = UInt64(radius) * UInt64(radius)
        let reach = Int32(clamping: Int64(radius) >> Int64(grid.shift)) &+ 1
        let xs = Self.range(around: centre.x, reach, within: lowest.x, highest.x)
        let ys = Self.range(around: centre.y, reach, within: lowest.y, highest.y)
        let zs = Self.range(around: centre.z, reach, within: lowest.z, highest.z)
        // Safe: each side has at most 2^21 cells, and the page count is below 2^24.
        let area = xs.count &* ys.count
        guard area <= pages.count, area &* zs.count <= pages.count else {
            appendByScan(squaredRadius, centre, to: &found)
            return
        }
        for x in xs {
            for y in ys {
                for z in zs {
                    let cell = CellKey(x: x, y: y, z: z)
                    if grid.squaredGap(centre, cell) <= squaredRadius {
                        appendPages(of: cell, to: &found)
                    }
                }
            }
        }
    }

    /// Cell coordinates no further than `reach` from `centre` that can have pages.
    private static func range(
        around centre: Int32, _ reach: Int32, within lowest: Int32, _ highest: Int32
    ) -> Range<Int32> {
        // Safe: cell coordinates and the reach have 22 bits.
        let start = max(lowest, centre &- reach)
        let end = min(highest, centre &+ reach) &+ 1
        return start..<max(start, end)
    }

    private func appendPages(of cell: CellKey, to found: inout [PageID]) {
        var candidate = firstPage(of: cell)
        while let page = candidate {
            if !pages[page.index].isEmpty { found.append(page) }
            candidate = self.page(after: page)
        }
    }

    private func appendByScan(
        _ squaredRadius: UInt64, _ centre: CellKey, to found: inout [PageID]
    ) {
        for index in pages.indices where pages[index].isLive && !pages[index].isEmpty {
            if grid.squaredGap(centre, pages[index].cell) <= squaredRadius {
                found.append(PageID(UInt32(index)))
            }
        }
    }
}
