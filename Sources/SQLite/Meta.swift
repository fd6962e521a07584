import CairnBasics
import CairnStore
import GRDB

/// The one row that says whose data this is and how often it has been started.
///
/// It has a checksum of its own: a boot number that went back would make ids that exist already.
struct Meta {
    var world: String
    var schemaHash: UInt64
    var boots: UInt32

    /// A replica's number has 24 bits for the boot.
    static let maximumBoots: UInt32 = 0xff_ffff

    private var checksum: Int64 {
        var digest = StateDigest(seed: 3)
        digest.combine(Array(world.utf8).rawBytes)
        digest.combine(schemaHash)
        digest.combine(UInt64(boots))
        return Int64(bitPattern: digest.value)
    }

    static func read(from database: Database, path: String) throws -> Meta {
        let damage = StoreError.damaged(
            place: "the row of meta in \(path)", reason: "its checksum does not match")
        let sql = "SELECT world, schema_hash, boots, checksum FROM meta"
        guard let row = try Row.fetchOne(database, sql: sql),
            let world = String.fromDatabaseValue(row[0]),
            let schemaHash = Int64.fromDatabaseValue(row[1]),
            let boots = UInt32.fromDatabaseValue(row[2])
        else { throw damage }
        let meta = Meta(world: world, schemaHash: UInt64(bitPattern: schemaHash), boots: boots)
        guard Int64.fromDatabaseValue(row[3]) == meta.checksum else { throw damage }
        return meta
    }

    func write(to database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?)",
            arguments: [world, Int64(bitPattern: schemaHash), Int64(boots), checksum])
    }
}
