import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

/// A world with a crowd in it, and the plain list that says who should be there.
struct Crowd: ~Copyable {
    var world: WorldState
    var author: Author
    var ids: [EntityID] = []
    var keepsJournal = false
    private(set) var journal: [Lattice] = []
    private var wall: UInt64 = 1

    init(cellMetres: Int) {
        world = WorldState(cellMetres: cellMetres)
        let replica = ReplicaID(node: 1, boot: 1)
        author = Author(replica: replica, clock: HybridClock(replica: replica))
    }

    @discardableResult mutating func create(at position: Position) -> EntityID {
        wall += 1
        var (id, delta) = author.create(kind: KindID(1), owner: 0, wallMilliseconds: wall)
        let resting = Motion(position: position).restingBytes
        delta.join(author.set(id, .placement, .bytes(resting), wallMilliseconds: wall))
        apply(delta)
        ids.append(id)
        return id
    }

    mutating func deleteOne(_ random: inout SeededRandom) {
        guard !ids.isEmpty else { return }
        let index = Int(random.below(UInt32(ids.count)))
        apply(author.delete(ids[index], in: world.lattice))
        ids.swapAt(index, ids.count - 1)
        ids.removeLast()
    }

    /// Creates, deletes, renames, places or moves somebody.
    mutating func disturb(_ random: inout SeededRandom) {
        wall += 1
        switch random.below(20) {
        case 0...2: create(at: Self.position(&random))
        case 3: deleteOne(&random)
        case 4:
            guard let id = ids.last else { return }
            apply(author.set(id, .name, .text("n\(wall)"), wallMilliseconds: wall))
        default:
            guard !ids.isEmpty else { return }
            let id = ids[Int(random.below(UInt32(ids.count)))]
            guard let row = world.table.row(of: id) else { return }
            var motion = world.table.motions[row]
            if random.below(4) == 0 {
                motion.position = Self.position(&random)
            } else {
                motion.position.x &+= Int32(random.below(4_000)) - 2_000
                motion.position.y &+= Int32(random.below(4_000)) - 2_000
            }
            world.move(row: row, to: motion)
        }
    }

    private mutating func apply(_ delta: Lattice) {
        if keepsJournal { journal.append(delta) }
        world.apply(delta)
    }

    /// A place around the origin, often exactly on the edge of a cell.
    static func position(_ random: inout SeededRandom) -> Position {
        func coordinate(_ random: inout SeededRandom) -> Int32 {
            let cells = Int32(random.below(12)) - 6
            let offset = random.below(3) == 0 ? 0 : Int32(random.below(16 * 1_024)) - 1
            return cells * 16 * 1_024 + offset
        }
        return Position(
            x: coordinate(&random), y: coordinate(&random), z: coordinate(&random) / 4)
    }

    /// Who the hash says is near, ascending.
    func found(within radius: UInt32, of centre: Position) -> [EntityID] {
        var rows: [Int] = []
        world.appendRows(within: radius, of: centre, to: &rows)
        return rows.map { world.table.ids[$0] }.sorted()
    }

    /// Who is near by a search of everybody, ascending.
    func near(_ radius: UInt32, _ centre: Position) -> [EntityID] {
        ids.filter { id in
            guard let motion = world.motion(of: id) else { return false }
            return motion.position.squaredDistance(to: centre) <= UInt64(radius) * UInt64(radius)
        }.sorted()
    }

    func pages(of cell: CellKey) -> [PageID] {
        var pages: [PageID] = []
        var next = world.hash.firstPage(of: cell)
        while let page = next {
            pages.append(page)
            next = world.hash.page(after: page)
        }
        return pages
    }

    /// What does not hold true of the table and the hash.
    func faults() -> [String] {
        var found: [String] = []
        let living = world.table.rows.filter { world.table.ids[$0] != .none }
        if living.count != world.lattice.entityCount { found.append("rows and lives differ") }
        if living.count != world.table.count { found.append("the table miscounts") }
        for row in living {
            let page = world.table.pages[row]
            let record = world.hash.pages[page.index]
            let slot = Int(world.table.slots[row])
            if record.cell != world.hash.grid.cell(of: world.table.motions[row].position) {
                found.append("row \(row) is in the wrong cell")
            }
            if record.occupied >> UInt32(slot) & 1 == 0
                || world.hash.row(in: page, slot: slot) != row
            {
                found.append("row \(row) is not in its slot")
            }
            if !pages(of: record.cell).contains(page) { found.append("page \(page.raw) is lost") }
            if world.table.row(of: world.table.ids[row]) != row {
                found.append("\(row) is not found")
            }
        }
        let members = world.hash.pages.filter(\.isLive).map(\.count).reduce(0, +)
        if members != living.count { found.append("pages have \(members) members") }
        return found
    }
}
