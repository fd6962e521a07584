// How to walk from here to there around ponds and roads: A* (Hart, Nilsson and Raphael, 1968) on
// a grid of the open ground, then straightened. Steering (Steering.swift) sees a second ahead;
// this sees the whole way.

/// A grid over the terrain. Immutable; built with it.
struct Navigation: Sendable {
    /// Most cells: 200 m by 200 m at one metre; a larger ground gets a coarser grid.
    static let maximumCells = 40_000
    /// Most cells of one metre that a search may look at, 20 ms of a worker's time; fewer of
    /// larger cells, as steps between them take longer to check. A way that needs more is none.
    static let maximumExpansions = 8_192
    /// How far the nearest open ground is looked for, in cells.
    static let searchRings = 32
    /// How much more than the separation a planned way keeps from bystanders, in metres.
    private static let elbowRoom = 0.1
    /// How many cells ahead a straight way is tried for.
    private static let longestShortcut = 24

    let terrain: Terrain
    let step: Double
    let columns: Int
    let rows: Int
    private let isOpen: [Bool]

    /// - Complexity: O(cells · zones)
    init(_ terrain: Terrain) {
        let size = terrain.extent.highest - terrain.extent.lowest
        var step = 1.0
        // Safe: the ground is below 2^22 m wide, so counts fit; the step doubles 14 times at most.
        while Int(size.x / step + 1) * Int(size.y / step + 1) > Self.maximumCells { step *= 2 }
        self.terrain = terrain
        self.step = step
        columns = Int(size.x / step + 1)
        rows = Int(size.y / step + 1)
        var isOpen: [Bool] = []
        isOpen.reserveCapacity(columns * rows)
        for cell in 0..<columns * rows {
            let place = PlanarVector(Double(cell % columns), Double(cell / columns)) * step
            isOpen.append(terrain.isOpen(terrain.extent.lowest + place))
        }
        self.isOpen = isOpen
    }

    /// The way from `start` to `goal`, or to the open ground nearest to it: corner points without
    /// the start, each in straight reach of the one before. Nil when there is none.
    /// - Parameter bystanders: who stands in the way and is to be walked around.
    func route(
        from start: PlanarVector, to goal: PlanarVector, around bystanders: [PlanarVector] = []
    ) -> [PlanarVector]? {
        if isClear(from: start, to: goal, bystanders) { return [goal] }
        guard let first = nearestOpenCell(to: start, bystanders),
            let last = nearestOpenCell(to: goal, bystanders),
            let cells = search(from: first, to: last, bystanders)
        else { return nil }
        var points = cells.map(point)
        if isClear(from: point(last), to: goal, bystanders) { points.append(goal) }
        return straightened(points, from: start, bystanders)
    }

    /// The least distance of a planned way from bystanders, in metres.
    private var gap: Double { terrain.rules.separation + Self.elbowRoom }

    /// True when the straight way is open and passes nobody too close; who is too close at its
    /// start may be left.
    private func isClear(
        from start: PlanarVector, to end: PlanarVector, _ bystanders: [PlanarVector]
    ) -> Bool {
        let passes = bystanders.allSatisfy { bystander in
            bystander.squaredDistance(toSegmentFrom: start, to: end)
                >= min(gap * gap, bystander.squaredDistance(to: start))
        }
        return passes && terrain.isOpen(from: start, to: end)
    }

    /// The open ground nearest to `point`; nil when it is more than `searchRings` cells away.
    func nearestOpenPoint(to point: PlanarVector) -> PlanarVector? {
        terrain.isOpen(point) ? point : nearestOpenCell(to: point).map(self.point)
    }

    private func point(_ cell: Int) -> PlanarVector {
        terrain.extent.lowest
            + PlanarVector(Double(cell % columns), Double(cell / columns)) * step
    }

    /// The open cell with the nearest centre, the lower index of two; rings of squares outwards.
    private func nearestOpenCell(
        to point: PlanarVector, _ bystanders: [PlanarVector] = []
    ) -> Int? {
        let place = (point - terrain.extent.lowest) * (1 / step)
        let column = Int(max(0, min(Double(columns - 1), place.x + 0.5)))
        let row = Int(max(0, min(Double(rows - 1), place.y + 0.5)))
        for ring in 0...Self.searchRings {
            var best: Int?
            var nearest = Double.infinity
            for otherRow in max(0, row - ring)..<min(rows, row + ring + 1) {
                for otherColumn in max(0, column - ring)..<min(columns, column + ring + 1) {
                    let cell = otherRow * columns + otherColumn
                    let distance = self.point(cell).squaredDistance(to: point)
                    guard isOpen[cell], distance < nearest else { continue }
                    if bystanders.allSatisfy({
                        self.point(cell).squaredDistance(to: $0) >= gap * gap
                    }) {
                        nearest = distance
                        best = cell
                    }
                }
            }
            if let best { return best }
        }
        return nil
    }

    /// Leaves out every corner that the next one can be reached without.
    private func straightened(
        _ points: [PlanarVector], from start: PlanarVector, _ bystanders: [PlanarVector]
    ) -> [PlanarVector] {
        var route: [PlanarVector] = []
        var here = start
        var index = 0
        while index < points.count {
            let furthest = min(points.count - 1, index + Self.longestShortcut)
            let next =
                (index...furthest).last { isClear(from: here, to: points[$0], bystanders) }
                ?? index
            here = points[next]
            route.append(here)
            index = next + 1
        }
        return route
    }
}

extension Navigation {
    /// A cell whose neighbours are to be looked at; the most promising is the largest.
    private struct Frontier: Comparable {
        /// Tenths of a step from the start through here to the goal, at least.
        var estimate: Int
        var cost: Int
        var cell: Int

        static func < (left: Frontier, right: Frontier) -> Bool {
            if left.estimate != right.estimate { return left.estimate > right.estimate }
            return left.cost != right.cost ? left.cost < right.cost : left.cell > right.cell
        }
    }

    /// The cheapest way over open cells, in whole tenths of a step so that ties are exact.
    private func search(
        from start: Int, to goal: Int, _ bystanders: [PlanarVector]
    ) -> [Int]? {
        var cost = [Int](repeating: .max, count: columns * rows)
        var previous = [Int](repeating: -1, count: columns * rows)
        var heap = Heap<Frontier>()
        cost[start] = 0
        heap.push(Frontier(estimate: leastCost(start, goal), cost: 0, cell: start))
        var expansions = 0
        let maximumExpansions = Int(Double(Self.maximumExpansions) / step)
        while let next = heap.pop() {
            if next.cell == goal { return path(to: goal, previous) }
            guard next.cost == cost[next.cell] else { continue }
            expansions += 1
            guard expansions <= maximumExpansions else { return nil }
            forEachNeighbour(of: next.cell) { cell, stepCost in
                let total = next.cost + stepCost
                guard total < cost[cell],
                    isClear(from: point(next.cell), to: point(cell), bystanders)
                else { return }
                cost[cell] = total
                previous[cell] = next.cell
                let estimate = total + leastCost(cell, goal)
                heap.push(Frontier(estimate: estimate, cost: total, cell: cell))
            }
        }
        return nil
    }

    private func path(to goal: Int, _ previous: [Int]) -> [Int] {
        var cells: [Int] = []
        var cell = goal
        while cell >= 0 {
            cells.append(cell)
            cell = previous[cell]
        }
        return cells.reversed()
    }

    private func forEachNeighbour(of cell: Int, _ body: (_ cell: Int, _ cost: Int) -> Void) {
        let column = cell % columns
        let row = cell / columns
        for otherRow in max(0, row - 1)...min(rows - 1, row + 1) {
            for otherColumn in max(0, column - 1)...min(columns - 1, column + 1) {
                let other = otherRow * columns + otherColumn
                guard other != cell, isOpen[other] else { continue }
                body(other, otherRow == row || otherColumn == column ? 10 : 14)
            }
        }
    }

    /// The cost of the way if all cells were open.
    private func leastCost(_ cell: Int, _ goal: Int) -> Int {
        let across = abs(cell % columns - goal % columns)
        let along = abs(cell / columns - goal / columns)
        return 10 * max(across, along) + 4 * min(across, along)
    }
}
