// The store's driver: one world in one SQLite database, `world.sqlite` in a directory of its own.
//
// One connection, and the file format makes it so: `locking_mode=EXCLUSIVE` keeps the file locked
// from opening to closing, against other processes and this one. Debian's SQLite 3.40 can corrupt a
// write-ahead log that two connections checkpoint and commit to at once (fixed in 3.51.3), so a
// second connection is not discouraged but impossible.
//
// `synchronous=FULL` syncs the log at every commit. With NORMAL, four of five simulated power cuts
// lost transactions that had been acknowledged; with FULL, none of 20,000 did. Checkpoints of the
// log are run here, after a commit, never by SQLite in the middle of one.
//
// The first write that fails is the last: the store refuses everything after it.
//
// Calls block for as long as the disk takes: a commit 0.3 ms on a good day, a hundred on a bad one.
// So they belong on a thread of their own; see `JournalWriter`.

@_spi(Committing) public import CairnStore
import GRDB
import Synchronization

public final class SQLiteStore: JournalStore, Sendable {
    /// The database file.
    public let path: String
    let queue: DatabaseQueue
    private let state: Mutex<State>

    private struct State {
        var lastSequence: UInt64
        var schema = StoredSchema.none
        var failure: StoreError?
        var isClosed = false
    }

    /// The log is moved into the database when it is larger than this: large enough to be rare,
    /// small enough that a restart reads it at once.
    private static let maximumLogBytes = 8 * 1_024 * 1_024

    /// Opens the world kept in a directory, or starts one in it.
    /// - Parameters:
    ///   - directory: made when it is missing.
    ///   - world: the world's name; a directory keeps one world.
    ///   - startsNew: false to refuse a directory that keeps no world yet.
    public init(
        directory: String, world: String, startsNew: Bool = true
    ) throws(StoreError) {
        let path = directory + "/world.sqlite"
        if !startsNew { try requireWorld(in: directory, at: path) }
        try prepareDirectory(directory)
        self.path = path
        queue = try translate(path) { try DatabaseQueue(path: path, configuration: exclusive()) }
        state = Mutex(State(lastSequence: 0))
        let (last, schema) = try translate(path) { () throws in
            try queue.inDatabase { database in
                try claim(database, at: path)
                let schema = try openMeta(database, path: path, world: world)
                return (try lastStoredSequence(database, path: path), schema)
            }
        }
        state.withLock {
            $0.lastSequence = last
            $0.schema = schema
        }
    }

    /// What is known of the schema that the data was written under.
    public var schema: StoredSchema { state.withLock { $0.schema } }

    /// Makes the schema durable under which everything is written from now on.
    ///
    /// Whether what is stored goes with it has been judged before (`StoredSchema.change`).
    /// - Parameter encoded: the schema's bytes.
    public func keepSchema(_ encoded: [UInt8]) throws(StoreError) {
        let schema = StoredSchema.whole(encoded)
        try write { [path] database in
            guard var meta = try Meta.read(from: database, path: path) else {
                throw StoreError.damaged(place: path, reason: "its row of meta is missing")
            }
            guard meta.schema != schema else { return }
            meta.schema = schema
            try meta.write(to: database)
        }
        state.withLock { $0.schema = schema }
    }

    /// Counts this start of the world, durably, and returns its number: 1 for the first.
    ///
    /// The number goes into the ids and dots that this boot makes, so it must be on the disk before
    /// the first of them is.
    /// - Precondition: a schema is kept; so for `commit`.
    public func nextBoot() throws(StoreError) -> UInt32 {
        requireSchema()
        return try write { [path] database in
            guard var meta = try Meta.read(from: database, path: path) else {
                throw StoreError.damaged(place: path, reason: "its row of meta is missing")
            }
            guard meta.boots < Meta.maximumBoots else {
                throw StoreError.bootsExhausted(path: path)
            }
            meta.boots += 1
            try meta.write(to: database)
            return meta.boots
        }
    }

    /// Reads all that is stored, and checks every row.
    public func load() throws(StoreError) -> StoredWorld {
        try translate(path) {
            try queue.read { [path] in try readWorld($0, path: path) }
        }
    }

    /// Makes the records durable in one transaction.
    /// - Precondition: they follow the last stored record without a gap.
    public func commit(_ records: [JournalRecord]) throws(StoreError) -> Durability {
        requireSchema()
        var last = state.withLock { $0.lastSequence }
        for record in records {
            precondition(record.sequence == last + 1, "a record is out of sequence")
            last = record.sequence
        }
        try write { try insert(records, into: $0) }
        state.withLock { $0.lastSequence = last }
        try trimLog(above: Self.maximumLogBytes)
        return Durability(committedThrough: last)
    }

    /// Makes the checkpoint durable and deletes the records that it holds, in one transaction.
    public func replaceRecords(by checkpoint: Checkpoint) throws(StoreError) {
        try write { try replace(checkpoint, in: $0) }
        try trimLog(above: 0)
    }

    /// Moves the log into the database and lets go of the file. Closing twice does nothing.
    public func close() throws(StoreError) {
        guard !state.withLock({ $0.isClosed }) else { return }
        state.withLock { $0.isClosed = true }
        try translate(path) { try queue.close() }
    }

    private func requireSchema() {
        guard case .whole = schema else {
            preconditionFailure("a schema is kept before anything is written under it")
        }
    }

    private func trimLog(above limit: Int) throws(StoreError) {
        guard fileBytes(path + "-wal") > limit else { return }
        try guarded {
            try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        }
    }

    private func write<Result>(
        _ body: (Database) throws -> Result
    ) throws(StoreError) -> Result {
        try guarded { try queue.write(body) }
    }

    /// Runs something that writes; when it fails, nothing is written any more.
    private func guarded<Result>(_ body: () throws -> Result) throws(StoreError) -> Result {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        precondition(!state.withLock { $0.isClosed }, "a closed store cannot write")
        do throws(StoreError) {
            return try translate(path, body)
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
    }
}
