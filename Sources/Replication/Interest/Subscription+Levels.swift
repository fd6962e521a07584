// Which page is told at which level of detail (see InterestRules).
//
// Every few ticks a client looks who is near: it counts bodies, and whatever else moves, by their
// distance from where it really is, in bins of about 6 %, until there are enough. Every page
// that reaches into that distance and the way that everybody can go until the next look is near.
// The ring begins there and ends at twice the distance. Hysteresis: a near page stays near for a
// quarter of a cell more, and the ring is drawn anew when it should be half as large again or half
// as large. What level a page was told at leaves no trace: all levels share its keyframes.
//
// Costs: a look O(members within the distance); drawing the ring O(n log n) for n pages.

import CairnBasics
import CairnGeometry
import CairnWorld

extension Subscription {
    /// Looks who is near, if it is time.
    mutating func updateLevels(
        centre: Position, _ store: borrowing BlockStore, _ world: borrowing WorldState,
        _ plan: inout TickPlan
    ) {
        let period = freshReach == nil ? rules.idleLookPeriod : rules.lookPeriod
        let isTime = (tick.number &+ stagger) % period == 0
        guard isTime || mustLook || mustArrange else { return }
        if mustArrange { arrange(&plan) }
        if isTime || mustLook { freshReach = reachOfFresh(around: centre, store, world) }
        mustLook = false
        let reach = freshReach.map { UInt64($0) + UInt64(rules.slack) }
        if fitRing(to: reach, edge: UInt64(world.hash.grid.edge)) { arrange(&plan) }
        placeNear(centre, reach: reach, store, world, &plan)
    }

    /// Lets the ring go from near pages to twice as far; true when it must be drawn anew.
    private mutating func fitRing(to reach: UInt64?, edge: UInt64) -> Bool {
        guard let reach else {
            defer { ringCells = .max }
            return ringCells != .max
        }
        let inner = Self.cells(within: reach, edge)
        let wanted = max(inner, Self.cells(within: max(2 * reach, edge) - edge, edge))
        // Squares: half as large again, and half as large.
        let isFit = inner <= ringCells && wanted / 9 <= ringCells / 4 && wanted >= ringCells / 4
        if !isFit { ringCells = wanted }
        return !isFit
    }

    /// All pages that reach into a distance of the client are so far from the centre cell at most,
    /// though the client may be outside that cell; squared, in cells.
    private static func cells(within reach: UInt64, _ edge: UInt64) -> UInt32 {
        let cells = min(reach / edge + 2, 0xffff)
        return UInt32(truncatingIfNeeded: cells * cells)
    }

    /// Puts the rows in order, nearest first, and lists them by level and turn anew.
    private mutating func arrange(_ plan: inout TickPlan) {
        mustArrange = false
        sortRows(&plan)
        ring.removeAll()
        far.removeAll()
        near.removeAll()
        entering.removeAll()
        enteringDone = 0
        for row in followed.indices where followed[row].marks.isDisjoint(with: .ended) {
            let page = followed[row].page
            if followed[row].squaredCells > ringCells {
                followed[row].level = .far
                far.append(InterestRules.turn(of: page, rules.farPeriod) << 16 | UInt32(row))
            } else {
                ring.append(InterestRules.turn(of: page, rules.ringPeriod) << 16 | UInt32(row))
                if followed[row].level == .near {
                    near.append(UInt16(row))
                } else {
                    followed[row].level = .ring
                }
            }
            if followed[row].marks.isDisjoint(with: .begun) { entering.append(UInt16(row)) }
        }
        ring.sort()
        far.sort()
    }

    private mutating func sortRows(_ plan: inout TickPlan) {
        plan.sortKeys.removeAll()
        plan.rows.removeAll()
        for row in followed.indices where !followed[row].marks.contains(.isVacant) {
            let page = followed[row]
            let isEnded = !page.marks.isDisjoint(with: .ended)
            let distance = isEnded ? .max : UInt64(page.squaredCells)
            plan.sortKeys.append(distance << 16 | UInt64(plan.rows.count))
            plan.rows.append(page)
        }
        plan.sortKeys.sort()
        followed.removeAll()
        for index in plan.sortKeys.indices {
            let page = plan.rows[Int(UInt16(truncatingIfNeeded: plan.sortKeys[index]))]
            rows[Int(page.slot)] = UInt16(index)
            followed.append(page)
        }
    }

    /// Makes those of the ring's pages near that reach into a distance; all without one.
    private mutating func placeNear(
        _ centre: Position, reach: UInt64?, _ store: borrowing BlockStore,
        _ world: borrowing WorldState, _ plan: inout TickPlan
    ) {
        plan.formerNear.removeAll()
        for index in near.indices {
            let row = near[index]
            guard followed[Int(row)].level == .near else { continue }
            followed[Int(row)].level = .passing
            plan.formerNear.append(row)
        }
        near.removeAll()
        let grid = world.hash.grid
        let edge = UInt64(grid.edge)
        let entered = reach.map { $0 * $0 } ?? .max
        let stayed = reach.map { ($0 + edge / 4) * ($0 + edge / 4) } ?? .max
        let horizon = min(
            ringCells, reach.map { Self.cells(within: $0 + edge / 4, edge) } ?? .max)
        for row in followed.indices {
            let page = followed[row]
            if page.squaredCells > horizon { break }
            guard page.marks.isDisjoint(with: .ended) else { continue }
            let gap = grid.squaredDistance(from: centre, to: store.news[page.page.index].cell)
            guard gap <= (page.level == .passing ? stayed : entered) else { continue }
            followed[row].level = .near
            near.append(UInt16(row))
        }
        for index in plan.formerNear.indices {
            let row = Int(plan.formerNear[index])
            if followed[row].level == .passing { followed[row].level = .ring }
        }
    }
}

// MARK: - Looking

extension Subscription {
    /// A distance within which as many bodies are as must be fresh; nil when all that are followed
    /// are fewer.
    private func reachOfFresh(
        around centre: Position, _ store: borrowing BlockStore, _ world: borrowing WorldState
    ) -> UInt32? {
        // The client's own body is none of those that it must be told of.
        let wanted = rules.freshEntities + 1
        let grid = world.hash.grid
        // Who walks finds them about where they were; who does not, anywhere.
        if let freshReach {
            let reach = UInt64(freshReach) / 8 * 9 + 1
            let found = reachOfFresh(wanted, within: reach * reach, of: centre, store, grid)
            if let found { return found }
        }
        return reachOfFresh(wanted, within: .max, of: centre, store, grid)
    }

    private func reachOfFresh(
        _ wanted: Int, within squaredReach: UInt64, of centre: Position,
        _ store: borrowing BlockStore, _ grid: CellGrid
    ) -> UInt32? {
        var bins = DistanceBins()
        let edge = UInt64(grid.edge)
        let reach = UInt64(Double(squaredReach).squareRoot()) + 1
        let horizon = squaredReach == .max ? .max : Self.cells(within: reach, edge)
        for row in followed.indices {
            let page = followed[row]
            if page.squaredCells > horizon { break }
            guard page.marks.isDisjoint(with: .ended) else { continue }
            let gap = grid.squaredDistance(from: centre, to: store.news[page.page.index].cell)
            if gap <= squaredReach { bins.count(store.bodies.places(in: page.page), from: centre) }
        }
        return bins.reach(of: wanted, within: squaredReach)
    }
}
