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
    mutating func updateLevels(centre: Position, world: borrowing WorldState) {
        let period = freshReach == nil ? InterestRules.idleLookPeriod : InterestRules.lookPeriod
        let isTime = (tick.number &+ stagger) % period == 0
        guard isTime || mustLook || mustArrange else { return }
        if mustArrange { arrange() }
        if isTime || mustLook { freshReach = reachOfFresh(around: centre, world) }
        mustLook = false
        let reach = freshReach.map { UInt64($0) + UInt64(rules.slack) }
        if fitRing(to: reach, edge: UInt64(world.hash.grid.edge)) { arrange() }
        placeNear(centre, reach: reach, world)
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
        ring.removeAll(keepingCapacity: true)
        far.removeAll(keepingCapacity: true)
        sortKeys.removeAll(keepingCapacity: true)
        for key in order {
            let slot = UInt32(UInt16(truncatingIfNeeded: key))
            let page = followed[Int(slot)]
            guard page.marks.isDisjoint(with: .ended) else { continue }
            sortKeys.append(UInt64(page.squaredCells) << 16 | UInt64(slot))
            let isInner = page.squaredCells <= ringCells
            followed[Int(slot)].level = isInner ? .ring : .far
            if isInner {
                ring.append(InterestRules.turn(of: page.page, rules.ringPeriod) << 16 | slot)
            } else {
                far.append(InterestRules.turn(of: page.page, rules.farPeriod) << 16 | slot)
            }
        }
        sortKeys.sort()
        ring.sort()
        far.sort()
        arrangeByDistance()
    }

    private mutating func arrangeByDistance() {
        inner.removeAll(keepingCapacity: true)
        entering.removeAll(keepingCapacity: true)
        enteringDone = 0
        for key in sortKeys {
            let slot = UInt16(truncatingIfNeeded: key)
            if followed[Int(slot)].squaredCells <= ringCells { inner.append(slot) }
            if followed[Int(slot)].marks.isDisjoint(with: .begun) { entering.append(slot) }
        }
    }

    /// Makes those of the inner pages near that reach into a distance; all without one.
    private mutating func placeNear(
        _ centre: Position, reach: UInt64?, _ world: borrowing WorldState
    ) {
        for slot in near where followed[Int(slot)].level == .near {
            followed[Int(slot)].level = .passing
        }
        swap(&near, &formerNear)
        near.removeAll(keepingCapacity: true)
        let edge = UInt64(world.hash.grid.edge)
        let entered = reach.map { $0 * $0 } ?? .max
        let stayed = reach.map { ($0 + edge / 4) * ($0 + edge / 4) } ?? .max
        let horizon = reach.map { Self.cells(within: $0 + edge / 4, edge) } ?? .max
        for slot in inner {
            let page = followed[Int(slot)]
            if page.squaredCells > horizon { break }
            let gap = world.hash.grid.squaredDistance(
                from: centre, to: world.hash.pages[page.page.index].cell)
            guard gap <= (page.level == .passing ? stayed : entered) else { continue }
            followed[Int(slot)].level = .near
            near.append(slot)
        }
        for slot in formerNear where followed[Int(slot)].level == .passing {
            followed[Int(slot)].level = .ring
        }
    }
}

// MARK: - Looking

extension Subscription {
    /// A distance within which as many bodies are as must be fresh; nil when all that are followed
    /// are fewer.
    private func reachOfFresh(around centre: Position, _ world: borrowing WorldState) -> UInt32? {
        let edge = UInt64(world.hash.grid.edge)
        var reach = freshReach.map { UInt64($0) / 8 * 9 + 1 } ?? 2 * edge
        // The client's own body is none of those that it must be told of.
        let wanted = rules.freshEntities + 1
        while true {
            let isAll = reach >= 1 << 31
            let squared = isAll ? UInt64.max : reach * reach
            if let found = reachOfFresh(wanted, within: squared, of: centre, world) { return found }
            if isAll { return nil }
            // Beyond what is followed there is nothing to be found.
            reach = reach > 4 * UInt64(max(1, interestMetres)) * 1_024 ? 1 << 31 : reach * 3 / 2
        }
    }

    private func reachOfFresh(
        _ wanted: Int, within squaredReach: UInt64, of centre: Position,
        _ world: borrowing WorldState
    ) -> UInt32? {
        var bins = DistanceBins()
        let edge = UInt64(world.hash.grid.edge)
        let reach = UInt64(Double(squaredReach).squareRoot()) + 1
        let horizon = Self.cells(within: reach, edge)
        if horizon <= ringCells || ringCells == .max {
            for slot in inner {
                if followed[Int(slot)].squaredCells > horizon { break }
                count(Int(slot), in: &bins, within: squaredReach, of: centre, world)
            }
        } else {
            for key in order {
                let slot = Int(UInt16(truncatingIfNeeded: key))
                count(slot, in: &bins, within: squaredReach, of: centre, world)
            }
        }
        return bins.reach(of: wanted, within: squaredReach)
    }

    private func count(
        _ slot: Int, in bins: inout DistanceBins, within squaredReach: UInt64,
        of centre: Position, _ world: borrowing WorldState
    ) {
        let page = followed[slot]
        guard page.marks.isDisjoint(with: .ended) else { return }
        let record = world.hash.pages[page.page.index]
        let gap = world.hash.grid.squaredDistance(from: centre, to: record.cell)
        if gap <= squaredReach { bins.count(page.page, record, from: centre, world) }
    }
}

/// How many bodies are how far away: eight bins for every doubling of the squared distance.
private struct DistanceBins {
    private var counts = InlineArray<384, UInt16>(repeating: 0)
    /// Squared distances below 2^`finest` share a bin: a quarter of a metre.
    private static let finest = 16

    mutating func count(
        _ page: PageID, _ record: Page, from centre: Position, _ world: borrowing WorldState
    ) {
        for slot in Slots(record.occupied) {
            let row = world.hash.row(in: page, slot: slot)
            let isBody = record.bodies >> UInt32(slot) & 1 == 1
            guard isBody || world.table.motions[row].velocity != .zero else { continue }
            let squared = world.table.motions[row].position.squaredDistance(to: centre)
            counts[Self.bin(squared)] &+= 1  // Safe: 1,024 pages of 32.
        }
    }

    /// The outer edge of the bin with the `wanted`th body, nearest first; nil when there are fewer
    /// that are sure to be all there are.
    func reach(of wanted: Int, within squaredReach: UInt64) -> UInt32? {
        var sum = 0
        for bin in 0..<384 {
            sum += Int(counts[bin])
            guard sum >= wanted else { continue }
            let squaredEdge = Self.edge(of: bin)
            guard Self.edge(of: bin - 1) <= squaredReach else { return nil }
            return UInt32(clamping: Int64(Double(squaredEdge).squareRoot()) + 1)
        }
        return nil
    }

    private static func bin(_ squared: UInt64) -> Int {
        let exponent = 63 - (squared | 1).leadingZeroBitCount
        guard exponent >= finest else { return 0 }
        let eighth = Int(truncatingIfNeeded: squared >> UInt64(exponent - 3) & 7)
        return min(383, (exponent - finest) * 8 + eighth + 1)
    }

    /// The squared distance below which everything is in this bin or one before it.
    private static func edge(of bin: Int) -> UInt64 {
        guard bin > 0 else { return bin < 0 ? 0 : 1 << UInt64(finest) }
        let (exponent, eighth) = ((bin - 1) / 8 + finest, (bin - 1) % 8)
        guard exponent < 63 else { return .max }
        return UInt64(eighth + 9) << UInt64(exponent - 3)
    }
}
