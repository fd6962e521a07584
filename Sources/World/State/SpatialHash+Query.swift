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
        let reach = Int32(clamping: Int64(radius) >> Int64(grid.shift)) &+ 1
        // Safe: cell coordinates and the reach have 21 bits.
        let xs = max(lowest.x, centre.x &- reach)..<max(lowest.x, min(highest.x, centre.x &+ reach) &+ 1)
        let ys = max(lowest.y, centre.y &- reach)..<max(lowest.y, min(highest.y, centre.y &+ reach) &+ 1)
        let zs = max(lowest.z, centre.z &- reach)..<max(lowest.z, min(highest.z, centre.z &+ reach) &+ 1)
    }
}
