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

    /// How many bodies a page has.
    func count(in page: PageID) -> Int {
        page.index < counts.count ? Int(counts[page.index]) : 0
    }

    /// - Parameter number: below the page's count.
    subscript(page: PageID, number: Int) -> Position {
        places[page.index * Page.capacity + number]
    }
}

/// How many bodies are how far away: eight bins for every doubling of the squared distance.
struct DistanceBins {
    private var counts = InlineArray<384, UInt16>(repeating: 0)
    /// Squared distances below 2^`finest` share a bin: a quarter of a metre.
    private static let finest = 16

    mutating func count(
        _ page: PageID, of bodies: borrowing BodyPlaces, from centre: Position
    ) {
        for number in 0..<bodies.count(in: page) {
            let squared = bodies[page, number].squaredDistance(to: centre)
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
