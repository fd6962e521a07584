// The statements: rows in, rows out. What the rows hold is the room Store's business.

import CairnBasics
import CairnStore
import Foundation
import GRDB

func insert(_ records: [JournalRecord], into database: Database) throws {
    let statement = try database.cachedStatement(sql: "INSERT INTO journal VALUES (?, ?, ?)")
    for record in records {
        try statement.execute(arguments: [
            Int64(bitPattern: record.sequence), Int64(record.tick.number), Data(record.encoded()),
        ])
    }
}

func replace(_ checkpoint: Checkpoint, in database: Database) throws {
    try database.execute(
        sql: "INSERT OR REPLACE INTO checkpoint VALUES (1, ?)",
        arguments: [Data(checkpoint.encoded())])
    try database.execute(
        sql: "DELETE FROM journal WHERE sequence <= ?",
        arguments: [Int64(bitPattern: checkpoint.through)])
}

func readWorld(_ database: Database, path: String) throws -> StoredWorld {
    let row = try Data.fetchOne(database, sql: "SELECT row FROM checkpoint")
    let checkpoint = try row.map { row throws in try Checkpoint(decoding: Array(row), file: path) }
    var records: [JournalRecord] = []
    let sql = "SELECT sequence, tick, row FROM journal ORDER BY sequence"
    let rows = try Row.fetchCursor(database, sql: sql)
    while let row = try rows.next() {
        let sequence = UInt64(bitPattern: Int64.fromDatabaseValue(row[0]) ?? 0)
        let bytes = Data.fromDatabaseValue(row[2]) ?? Data()
        records.append(
            try JournalRecord(decoding: Array(bytes), sequence: sequence, file: path))
    }
    return StoredWorld(checkpoint: checkpoint, records: records, file: path)
}

/// The last record in the journal or in the checkpoint; 0 in a new world.
func lastStoredSequence(_ database: Database, path: String) throws -> UInt64 {
    let last = try Int64.fetchOne(database, sql: "SELECT max(sequence) FROM journal") ?? 0
    let row = try Data.fetchOne(database, sql: "SELECT row FROM checkpoint")
    let checkpoint = try row.map { row throws in try Checkpoint(decoding: Array(row), file: path) }
    return max(UInt64(bitPattern: last), checkpoint?.through ?? 0)
}
