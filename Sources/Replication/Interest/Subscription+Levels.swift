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
        let period = freshReach == nil ? InterestRules.idleLookPeriod : InterestRules.lookPeriod
        let isTime = (tick.number &+ stagger) % period == 0
        guard isTime || mustLook || mustArrange else { return }
        if mustArrange { arrange() }
        if isTime || mustLook {
            freshReach = reachOfFresh(around: centre, store.bodies, world)
        }
        mustLook = false
        let reach = freshReach.map { UInt64($0) + UInt64(rules.slack) }
        if fitRing(to: reach, edge: UInt64(world.hash.grid.edge)) { arrange() }
        placeNear(centre, reach: reach, world, &plan)
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

    /// Lists the slots by level, turn and distance anew.
    private mutating func arrange() {
        mustArrange = false
        ring.removeAll()
        far.removeAll()
        byDistance.removeAll()
        for index in order.indices {
            let slot = UInt32(UInt16(truncatingIfNeeded: order[index]))
            guard followed[Int(slot)].marks.isDisjoint(with: .ended) else { continue }
            let page = followed[Int(slot)].page
            let cells = approaches[Int(slot)].squaredCells
            byDistance.append(UInt64(cells) << 16 | UInt64(slot))
            if cells <= ringCells {
                followed[Int(slot)].level = .ring
                ring.append(InterestRules.turn(of: page, rules.ringPeriod) << 16 | slot)
            } else {
                followed[Int(slot)].level = .far
                far.append(InterestRules.turn(of: page, rules.farPeriod) << 16 | slot)
            }
        }
        byDistance.sort()
        ring.sort()
        far.sort()
        listEntering()
    }

    private mutating func listEntering() {
        entering.removeAll()
        enteringDone = 0
        for index in byDistance.indices {
            let slot = UInt16(truncatingIfNeeded: byDistance[index])
            if followed[Int(slot)].marks.isDisjoint(with: .begun) { entering.append(slot) }
        }
    }

    /// Makes those of the ring's pages near that reach into a distance; all without one.
    private mutating func placeNear(
        _ centre: Position, reach: UInt64?, _ world: borrowing WorldState, _ plan: inout TickPlan
    ) {
        plan.formerNear.removeAll()
        for index in near.indices {
            let slot = near[index]
            guard followed[Int(slot)].level == .near else { continue }
            followed[Int(slot)].level = .passing
            plan.formerNear.append(slot)
        }
        near.removeAll()
        let edge = UInt64(world.hash.grid.edge)
        let entered = reach.map { $0 * $0 } ?? .max
        let stayed = reach.map { ($0 + edge / 4) * ($0 + edge / 4) } ?? .max
        let horizon = min(
            ringCells, reach.map { Self.cells(within: $0 + edge / 4, edge) } ?? .max)
        for index in byDistance.indices {
            if byDistance[index] >> 16 > UInt64(horizon) { break }
            let slot = Int(UInt16(truncatingIfNeeded: byDistance[index]))
            let gap = world.hash.grid.squaredDistance(
                from: centre, to: world.hash.pages[followed[slot].page.index].cell)
            guard gap <= (followed[slot].level == .passing ? stayed : entered) else { continue }
            followed[slot].level = .near
            near.append(UInt16(slot))
        }
        for index in plan.formerNear.indices {
            let slot = Int(plan.formerNear[index])
            if followed[slot].level == .passing { followed[slot].level = .ring }
        }
    }
}

// MARK: - Looking

extension Subscription {
    /// A distance within which as many bodies are as must be fresh; nil when all that are followed
    /// are fewer.
    private func reachOfFresh(
        around centre: Position, _ bodies: borrowing BodyPlaces, _ world: borrowing WorldState
    ) -> UInt32? {
        let edge = UInt64(world.hash.grid.edge)
        var reach = freshReach.map { UInt64($0) / 8 * 9 + 1 } ?? 2 * edge
        // The client's own body is none of those that it must be told of.
        let wanted = rules.freshEntities + 1
        while true {
            let isAll = reach >= 1 << 31
            let squared = isAll ? UInt64.max : reach * reach
            if let found = reachOfFresh(wanted, within: squared, of: centre, bodies, world) {
                return found
            }
            if isAll { return nil }
            // Beyond what is followed there is nothing to be found.
            reach = reach > 4 * UInt64(max(1, interestMetres)) * 1_024 ? 1 << 31 : reach * 3 / 2
        }
    }

    private func reachOfFresh(
        _ wanted: Int, within squaredReach: UInt64, of centre: Position,
        _ bodies: borrowing BodyPlaces, _ world: borrowing WorldState
    ) -> UInt32? {
        var bins = DistanceBins()
        let edge = UInt64(world.hash.grid.edge)
        let horizon = UInt64(
            Self.cells(within: UInt64(Double(squaredReach).squareRoot()) + 1, edge))
        for index in byDistance.indices {
            if byDistance[index] >> 16 > horizon { break }
            let slot = Int(UInt16(truncatingIfNeeded: byDistance[index]))
            guard followed[slot].marks.isDisjoint(with: .ended) else { continue }
            let page = followed[slot].page
            let gap = world.hash.grid.squaredDistance(
                from: centre, to: world.hash.pages[page.index].cell)
            if gap <= squaredReach { bins.count(page, of: bodies, from: centre) }
        }
        return bins.reach(of: wanted, within: squaredReach)
    }
}
