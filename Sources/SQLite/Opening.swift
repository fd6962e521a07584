// What happens between naming a directory and holding its world: make the directory, lock the file,
// see that it is Cairn's, check it, and make the tables of a new one.

import CairnStore
import Foundation
import GRDB

/// "CAIR": tells `file` and SQLite's own tools whose database this is.
private let applicationID: Int32 = 0x4341_4952

/// Format 2: one row of meta, at most one checkpoint, and the journal. Format 1, which is read as
/// well, differs in its row of meta (see `Meta`).
let formatVersion = 2
private let readableFormats = 1...2

private let tables = """
    \(Meta.table)
    CREATE TABLE checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), row BLOB NOT NULL) STRICT;
    CREATE TABLE journal (
        sequence INTEGER PRIMARY KEY,
        tick INTEGER NOT NULL,
        row BLOB NOT NULL
    ) STRICT;
    """

/// The settings whose reasons stand at the head of `SQLiteStore.swift`.
func exclusive() -> Configuration {
    var configuration = Configuration()
    configuration.label = "cairn.store"
    configuration.busyMode = .immediateError
    configuration.prepareDatabase { database in
        try database.execute(
            sql: """
                PRAGMA locking_mode = EXCLUSIVE;
                PRAGMA synchronous = FULL;
                PRAGMA wal_autocheckpoint = 0;
                PRAGMA cell_size_check = ON;
                PRAGMA trusted_schema = OFF;
                """)
    }
    return configuration
}

/// Makes the directory, with those above it, and sees that files can be made in it.
func prepareDirectory(_ path: String) throws(StoreError) {
    func refuse(_ code: Int32) -> StoreError {
        .unusableDirectory(path: path, reason: unsafe String(cString: strerror(code)))
    }
    guard !path.isEmpty else { throw refuse(ENOENT) }
    var above = path.hasPrefix("/") ? "/" : "."
    for part in prefixes(path) {
        if unsafe mkdir(part, 0o750) == 0 {
            syncDirectory(above)
        } else if errno != EEXIST && errno != EROFS {
            throw refuse(errno)
        }
        above = part
    }
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw refuse(errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw refuse(ENOTDIR) }
    guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else { throw refuse(errno) }
}

/// Makes a new entry of a directory survive a power failure; SQLite does it for its own files only.
private func syncDirectory(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}

/// `a/b/c` as `a`, `a/b`, `a/b/c`.
private func prefixes(_ path: String) -> [String] {
    let ends = path.indices.filter { path[$0] == "/" && $0 != path.startIndex } + [path.endIndex]
    return ends.map { String(path[..<$0]) }
}

/// Sees whose file it is, takes its lock for good, makes the tables of a new one, and looks for
/// damage to the file's structure.
func claim(_ database: Database, at path: String) throws {
    let isNew = try identify(database, at: path)
    try startLog(database, at: path)
    // The first write takes the lock that the locking mode then never gives back.
    try database.inTransaction(.exclusive) {
        if isNew {
            try database.execute(
                sql: """
                    PRAGMA application_id = \(applicationID);
                    PRAGMA user_version = \(formatVersion);
                    \(tables)
                    """)
        }
        return .commit
    }
    let findings = try String.fetchAll(database, sql: "PRAGMA quick_check(3)")
    guard findings == ["ok"] else {
        throw StoreError.damaged(place: path, reason: findings.joined(separator: ", "))
    }
}

/// True for an empty file; throws for one that this version of Cairn did not write.
private func identify(_ database: Database, at path: String) throws -> Bool {
    guard try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") != 0 else {
        return true
    }
    guard try Int32.fetchOne(database, sql: "PRAGMA application_id") == applicationID else {
        throw StoreError.foreignFile(path: path)
    }
    let format = try storedFormat(database)
    guard readableFormats.contains(format) else {
        throw StoreError.otherFormat(path: path, found: format, supported: formatVersion)
    }
    return false
}

/// The format that a database says it has.
func storedFormat(_ database: Database) throws -> Int {
    try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
}

/// Switches to the write-ahead log, and sees that the settings which make a commit safe hold.
private func startLog(_ database: Database, at path: String) throws {
    guard try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL") == "wal" else {
        throw StoreError.unusableDirectory(
            path: path, reason: "its file system cannot keep a write-ahead log")
    }
    let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
    let locking = try String.fetchOne(database, sql: "PRAGMA locking_mode")
    precondition(
        synchronous == 2 && locking == "exclusive",
        "this SQLite ignores the settings that make a commit safe")
}

/// Reads whose world this is, or writes it into a new database.
/// - Returns: what is known of the schema that the data was written under.
func openMeta(
    _ database: Database, path: String, world: String
) throws -> StoredSchema {
    var schema = StoredSchema.none
    try database.inTransaction(.immediate) {
        let isEmpty = try lastStoredSequence(database, path: path) == 0
        guard let meta = try Meta.read(from: database, path: path) else {
            guard isEmpty else {
                throw StoreError.damaged(place: path, reason: "its row of meta is missing")
            }
            try Meta(world: world, schema: .none, boots: 0).write(to: database)
            return .commit
        }
        guard meta.world == world else {
            throw StoreError.otherWorld(path: path, found: meta.world, expected: world)
        }
        guard isEmpty || meta.schema != .none else {
            throw StoreError.damaged(place: path, reason: "its schema is missing")
        }
        schema = meta.schema
        return .commit
    }
    return schema
}

/// Sees that a directory keeps a world already.
func requireWorld(in directory: String, at path: String) throws(StoreError) {
    guard fileBytes(path) > 0 else { throw .noWorld(path: directory) }
}

/// The size of a file; 0 when there is none.
func fileBytes(_ path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
}
