// Where the bodies of every page are, for clients that look who is near: three numbers a body, one page
// after the other, instead of a row of the world's table each. Made once a tick for everybody, and
// only of pages that have changed.
//
// Costs: O(members of changed pages) a tick, and 392 bytes a page.

import CairnBasics
import CairnGeometry
import CairnWorld

/// The places of bodies, and of whatever else moves, by page.
struct BodyPlaces: ~Copyable {
    /// Those of page p begin at p × `Page.capacity`.
    private var places = OwnedList<Position>()
    private var counts = OwnedList<UInt8>()
    /// The last change of each page that has been seen to.
    private var changed = OwnedList<Tick>()

    /// Brings a page up to date, if it has changed.
    ///
    /// Call once a tick, for every page from the first on.
    mutating func update(_ index: Int, _ record: Page, world: borrowing WorldState) {
        if index == counts.count {
            counts.append(0)
            changed.append(Tick(0))
            for _ in 0..<Page.capacity { places.append(.origin) }
        } else if record.changedTick == changed[index] && record.changedTick != world.tick {
            return
        }
        changed[index] = record.changedTick
        let page = PageID(UInt32(truncatingIfNeeded: index))
        var count = 0
        for slot in Slots(record.occupied) {
            let row = world.hash.row(in: page, slot: slot)
            let isBody = record.bodies >> UInt32(slot) & 1 == 1
            guard isBody || world.table.motions[row].velocity != .zero else { continue }
            places[index * Page.capacity + count] = world.table.motions[row].position
            count += 1
        }
        counts[index] = UInt8(truncatingIfNeeded: count)
    }

    /// Where the bodies of a page are.
    @_lifetime(borrow self)
    func places(in page: PageID) -> Span<Position> {
        let start = page.index * Page.capacity
        let count = page.index < counts.count ? Int(counts[page.index]) : 0
        return places.span(of: start..<start + count)
    }
}

/// How many bodies are how far away: eight bins for every doubling of the squared distance. A bin is
/// the exponent and the first three bits of a floating-point number, so finding it takes no branch.
struct DistanceBins {
    private var counts = InlineArray<384, UInt16>(repeating: 0)
    /// Squared distances below 2^16, a quarter of a metre, share a bin.
    private static let firstBin = Int(Double(1 << 16).bitPattern >> binShift) - 1
    private static let binShift: UInt64 = 49

    mutating func count(_ places: Span<Position>, from centre: Position) {
        let (x, y, z) = (Double(centre.x), Double(centre.y), Double(centre.z))
        for index in places.indices {
            let place = places[index]
            let (dx, dy, dz) = (Double(place.x) - x, Double(place.y) - y, Double(place.z) - z)
            let squared = dx * dx + dy * dy + dz * dz
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
            guard bin == 0 || Self.edge(of: bin - 1) <= Double(squaredReach) else { return nil }
            return UInt32(clamping: Int64(Self.edge(of: bin).squareRoot()) + 1)
        }
        return nil
    }

    @inline(__always) private static func bin(_ squared: Double) -> Int {
        // Squared distances are whole numbers below 2^66, which ends in bin 400.
        max(0, min(383, Int(truncatingIfNeeded: squared.bitPattern >> binShift) - firstBin))
    }

    /// The squared distance below which everything is in this bin or one before it.
    private static func edge(of bin: Int) -> Double {
        Double(bitPattern: UInt64(bin + firstBin + 1) << binShift)
    }
}
