// The state of the world at one tick: the lattice, which is the truth, and the table and the
// spatial hash, which follow it and add what moves many times a second.
//
// Everything that changes belongs to `tick`, the tick being built. `beginTick` opens the next one,
// right after the blocks of the last have gone out: a change that came later under the old number
// would look as if it had been sent.

public import CairnBasics
public import CairnCRDT
public import CairnGeometry

/// The entities of a world, where they are, and their shared state.
public struct WorldState: ~Copyable {
    private let pin = Pin()
    /// The tick being built.
    public private(set) var tick: Tick
    /// Counts everything that has changed; who lends the world out can tell that it held still.
    public internal(set) var changeCount: UInt64 = 0
    public internal(set) var table = EntityTable()
    public internal(set) var hash: SpatialHash
    /// Who hangs on whom, as written.
    var attachments = AttachmentIndex()
    /// The shared state of all entities; change it through `apply`.
    public internal(set) var lattice = Lattice()
    /// What is written to be in somebody's hands, ascending by thing.
    public internal(set) var carried: [CarriedThing] = []
    /// What each account has; those without a thing are not listed.
    var holdings = FlatMap<Holding>()
    /// The kinds of bodies, which come and go with sessions and count for nobody.
    let bodyKinds: Set<KindID>
    /// The entities of kind `KindID.ledger`, which have no row in the table.
    public internal(set) var ledgers = LedgerIndex()

    /// An empty world.
    /// - Precondition: `cellMetres` is a power of two in 2...2048.
    public init(cellMetres: Int, tick: Tick = Tick(1), bodyKinds: Set<KindID> = []) {
        self.tick = tick
        self.bodyKinds = bodyKinds
        hash = SpatialHash(grid: CellGrid(cellMetres: cellMetres))
    }

    /// Opens the next tick; pages that have been empty for long end.
    /// - Precondition: `tick` is newer than the tick being built.
    public mutating func beginTick(_ tick: Tick) {
        precondition(tick.isNewer(than: self.tick))
        self.tick = tick
        hash.endEmptyPages(tick: tick)
    }

    /// Moves an entity; it changes pages when it crosses into another cell.
    /// - Complexity: O(1) expected; O(fields of the entity) when it changes pages.
    /// - Precondition: the row has an entity.
    public mutating func move(row: Int, to motion: Motion) {
        precondition(table.ids[row] != .none)
        guard table.motions[row] != motion else { return }
        changeCount &+= 1
        table.motions[row] = motion
        let page = table.pages[row]
        let cell = hash.grid.cell(of: motion.position)
        if hash.pages[page.index].cell == cell {
            hash.touch(page, tick: tick)
        } else {
            hash.remove(from: page, slot: Int(table.slots[row]), tick: tick)
            enter(row: row, cell: cell)
        }
    }

    /// Puts a row that is in no page into one of `cell`, where all its properties are news.
    mutating func enter(row: Int, cell: CellKey) {
        changeCount &+= 1
        let (page, slot) = hash.insert(
            row: row, isBody: isBody(row: row), into: cell, tick: tick)
        table.pages[row] = page
        table.slots[row] = UInt8(slot)
        for index in table.fieldVersions[row].indices {
            table.fieldVersions[row][index].version = hash.nextPropertyVersion(of: page)
        }
    }

    /// Takes a row out of the world.
    mutating func remove(row: Int) {
        changeCount &+= 1
        count(row: row, -1)
        followHolder(of: table.ids[row], nil)
        hash.remove(from: table.pages[row], slot: Int(table.slots[row]), tick: tick)
        table.pages[row] = .none
        table.remove(row: row)
    }
}

extension WorldState {
    /// Where an entity is, or nil when it is not in the world.
    public func motion(of id: EntityID) -> Motion? {
        guard let row = table.row(of: id) else { return nil }
        return table.motions[row]
    }

    /// Appends the rows of all entities within `radius` position units of `centre`, by page and
    /// slot.
    /// - Complexity: O(cells in range + entities in them).
    public func appendRows(within radius: UInt32, of centre: Position, to rows: inout [Int]) {
        var pages: [PageID] = []
        hash.appendPages(within: radius, of: hash.grid.cell(of: centre), to: &pages)
        let squaredRadius = UInt64(radius) * UInt64(radius)
        for page in pages {
            var occupied = hash.pages[page.index].occupied
            while occupied != 0 {
                let row = hash.row(in: page, slot: occupied.trailingZeroBitCount)
                occupied &= occupied &- 1  // Safe: not zero, so it clears the lowest bit.
                if table.motions[row].position.squaredDistance(to: centre) <= squaredRadius {
                    rows.append(row)
                }
            }
        }
    }
}
