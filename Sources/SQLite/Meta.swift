// The one row that says whose data this is, under which schema it was written, and how often it has
// been started. It has a checksum of its own: a boot number that went back would make ids that exist
// already, and a wrong schema would read one field as another.
//
// Format 1 had the schema's digest in its place, which is enough to tell that a schema is another, and
// not in what. Its row becomes one of format 2 when a whole schema is kept for the first time.

import CairnBasics
import CairnStore
import Foundation
import GRDB

struct Meta {
    var world: String
    var schema: StoredSchema
    var boots: UInt32

    /// A replica's number has 24 bits for the boot.
    static let maximumBoots: UInt32 = 0xff_ffff

    /// Format 2.
    static let table = """
        CREATE TABLE meta (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            world TEXT NOT NULL,
            schema BLOB,
            boots INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        """

    private var checksum: Int64 {
        var digest: StateDigest
        switch schema {
        case .digest(let schemaDigest):
            digest = StateDigest(seed: 3)
            digest.combine(Array(world.utf8).rawBytes)
            digest.combine(schemaDigest)
        case .none:
            digest = StateDigest(seed: 4)
            digest.combine(Array(world.utf8).rawBytes)
        case .whole(let bytes):
            digest = StateDigest(seed: 5)
            digest.combine(Array(world.utf8).rawBytes)
            digest.combine(bytes.rawBytes)
        }
        digest.combine(UInt64(boots))
        return Int64(bitPattern: digest.value)
    }

    /// Reads the row of either format; nil when there is none.
    static func read(from database: Database, path: String) throws -> Meta? {
        let damage = StoreError.damaged(
            place: "the row of meta in \(path)", reason: "its checksum does not match")
        let isFormat1 = try storedFormat(database) == 1
        let column = isFormat1 ? "schema_hash" : "schema"
        guard try Int.fetchOne(database, sql: "SELECT count(*) FROM meta") != 0 else { return nil }
        let sql = "SELECT world, \(column), boots, checksum FROM meta"
        guard let row = try Row.fetchOne(database, sql: sql),
            let world = String.fromDatabaseValue(row[0]),
            let boots = UInt32.fromDatabaseValue(row[2])
        else { throw damage }
        let schema: StoredSchema
        if isFormat1 {
            guard let digest = Int64.fromDatabaseValue(row[1]) else { throw damage }
            schema = .digest(UInt64(bitPattern: digest))
        } else if let bytes = Data.fromDatabaseValue(row[1]) {
            schema = .whole(Array(bytes))
        } else {
            schema = .none
        }
        let meta = Meta(world: world, schema: schema, boots: boots)
        guard Int64.fromDatabaseValue(row[3]) == meta.checksum else { throw damage }
        return meta
    }

    /// Writes the row in format 2, and makes the file one of format 2 where it is not.
    /// - Precondition: the schema is no digest, and this runs in a transaction.
    func write(to database: Database) throws {
        let bytes: Data?
        switch schema {
        case .none: bytes = nil
        case .whole(let schema): bytes = Data(schema)
        case .digest: preconditionFailure("a schema is kept before anything else is written")
        }
        if try storedFormat(database) == 1 {
            try database.execute(
                sql: """
                    DROP TABLE meta;
                    \(Self.table)
                    PRAGMA user_version = \(formatVersion);
                    """)
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?)",
            arguments: [world, bytes, Int64(boots), checksum])
    }
}
