import CairnBasics
import CairnCRDT
import CairnSQLite
import CairnStore
import Foundation
import Testing

/// A world that changes the same way every time from one seed.
struct SampleWorld {
    private(set) var lattice = Lattice()
    /// How many changes there have been.
    private(set) var changeCount = 0
    private var author: Author
    private var random: SeededRandom
    private var ids: [EntityID] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        let replica = ReplicaID(node: 1, boot: 1)
        author = Author(replica: replica, clock: HybridClock(replica: replica))
    }

    /// Creates, writes or deletes something, and returns the delta.
    mutating func change() -> Lattice {
        changeCount += 1
        let wall = 1_700_000_000_000 + UInt64(changeCount)
        let delta: Lattice
        if ids.isEmpty || random.chance(Ratio(1, in: 5)) {
            let (id, created) = author.create(kind: KindID(1), owner: 7, wallMilliseconds: wall)
            ids.append(id)
            delta = created
        } else if random.chance(Ratio(1, in: 20)) {
            let index = Int(random.below(UInt32(ids.count)))
            delta = author.delete(ids.remove(at: index), in: lattice)
        } else {
            let id = ids[Int(random.below(UInt32(ids.count)))]
            let text = String(repeating: "x", count: Int(random.below(400)))
            delta = author.set(id, FieldID(2), .text(text), wallMilliseconds: wall)
        }
        lattice.join(delta)
        return delta
    }

    /// The next `count` changes as journal records.
    mutating func records(_ count: Int) -> [JournalRecord] {
        (0..<count).map { _ in
            let delta = change()
            return JournalRecord(
                sequence: UInt64(changeCount), tick: Tick(UInt32(changeCount) * 2), delta: delta)
        }
    }
}

/// A directory for one test, removed when it ends.
final class TemporaryDirectory {
    let path: String

    init() {
        let name = "cairn-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/world.sqlite" }
    var log: String { database + "-wal" }

    /// Opens the store and keeps a schema that means nothing, where it has none.
    func open(world: String = "plaza") throws(StoreError) -> SQLiteStore {
        let store = try SQLiteStore(directory: path, world: world)
        if store.schema == .none { try store.keepSchema([0xfe, 0xed]) }
        return store
    }

    /// Changes bytes of the database behind SQLite's back.
    func editDatabase(_ edit: (inout [UInt8]) -> Void) throws {
        var bytes = try readBytes(database)
        edit(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: database))
    }
}

func readBytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}
