import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnSQLite
import CairnStore
import CairnWorld
import Foundation
import GRDB
import Testing

/// A world with one kind of thing, and that with some fields.
private func world(_ fields: [(String, ScalarType)]) -> WorldDescription {
    let thing = KindID(3)
    let described = fields.enumerated().map { index, field in
        FieldDescription(
            id: FieldID(UInt16(index + 2)), kind: thing, name: field.0, type: field.1)
    }
    return WorldDescription(
        name: "plaza",
        bounds: Bounds(
            lowest: Position(x: -9_999, y: -9_999, z: 0),
            highest: Position(x: 9_999, y: 9_999, z: 9_999)),
        kinds: [
            KindDescription(id: KindID(1), name: "player", role: .avatar),
            KindDescription(id: KindID(2), name: "walker", role: .npc),
            KindDescription(
                id: thing, name: "thing", role: .object, fieldIDs: described.map(\.id)),
        ], fields: described)
}

/// One run of a server: judges, keeps the schema, counts the boot, writes, stops.
private struct Run {
    var description: WorldDescription
    var lattice: Lattice

    init(
        _ file: WorldDescription, in directory: TemporaryDirectory, adopting: Bool = false,
        _ write: (inout Author, inout Lattice, WorldDescription) -> Lattice = { _, _, _ in Lattice()
        }
    ) throws {
        let store = try SQLiteStore(directory: directory.path, world: file.name)
        defer { try? store.close() }
        let recovered = try Recovery.replay(store.load())
        let change = try store.schema.change(
            to: file, storing: recovered.lattice, file: store.path)
        try change.requireNoObstacles(adopting: adopting, file: store.path)
        try store.keepSchema(change.schema.encoded())
        let replica = ReplicaID(node: 1, boot: try store.nextBoot())
        description = change.description
        lattice = recovered.lattice
        var author = Author(
            replica: replica, clock: HybridClock(replica: replica, notBefore: lattice.newestTime))
        let delta = write(&author, &lattice, description)
        guard !delta.isEmpty else { return }
        lattice.join(delta)
        _ = try store.commit([
            JournalRecord(sequence: recovered.lastSequence + 1, tick: Tick(1), delta: delta)
        ])
    }

    /// The value of a field of the only thing there is.
    func value(_ field: String) -> Scalar? {
        guard let id = lattice.sortedIDs.first,
            let field = description.field(named: field, inKind: KindID(3))
        else { return nil }
        return lattice[id]?.latest(field.id)
    }
}

/// Makes a thing and gives it a label.
private func makeThing(
    _ author: inout Author, _ lattice: inout Lattice, _ world: WorldDescription
) -> Lattice {
    var (id, delta) = author.create(kind: KindID(3), owner: 1, wallMilliseconds: 1)
    let label = world.field(named: "label", inKind: KindID(3))!.id
    delta.join(author.set(id, label, .text("figs"), wallMilliseconds: 1))
    return delta
}

@Suite struct WorldFilesMayChangeTests {
    @Test func aFieldInTheMiddleLeavesTheOthersWhereTheyWere() throws {
        let directory = TemporaryDirectory()
        _ = try Run(world([("size", .integer), ("label", .text)]), in: directory, makeThing)
        let edited = world([("size", .integer), ("price", .real), ("label", .text)])
        let run = try Run(edited, in: directory) { author, lattice, world in
            let price = world.field(named: "price", inKind: KindID(3))!.id
            return author.set(lattice.sortedIDs[0], price, .real(1.5), wallMilliseconds: 9)
        }
        #expect(run.value("label") == .text("figs"))
        #expect(run.value("size") == nil)
        let again = try Run(edited, in: directory)
        #expect(again.value("label") == .text("figs"))
        #expect(again.value("price") == .real(1.5))
        #expect(again.description == run.description)
    }

    @Test func whatDoesNotGoWithTheDataIsSaidAndChangesNothing() throws {
        let directory = TemporaryDirectory()
        let file = world([("size", .integer), ("label", .text)])
        _ = try Run(file, in: directory, makeThing)
        let edited = world([("size", .boolean), ("label", .real), ("price", .real)])
        let error = #expect(throws: StoreError.self) { try Run(edited, in: directory) }
        #expect(
            error?.description == """
                cannot load world 'plaza' from \(directory.database): its world file has changed \
                in ways that do not go with what is stored:
                  thing.label: it was text and is real, and 1 stored thing has a value in it; \
                restore its type and policy, and add a field for the new ones, or serve with \
                --adopt-schema to hide the values until its type and policy are back
                """)
        let run = try Run(file, in: directory)
        #expect(run.value("label") == .text("figs"))
        #expect(run.description == file)
    }

    @Test func adoptedChangesHideValuesAndLoseNone() throws {
        let directory = TemporaryDirectory()
        let file = world([("size", .integer), ("label", .text)])
        _ = try Run(file, in: directory, makeThing)
        #expect(throws: StoreError.self) { try Run(world([("size", .integer)]), in: directory) }
        let without = try Run(world([("size", .integer)]), in: directory, adopting: true)
        #expect(without.value("label") == nil)
        let other = try Run(world([("label", .real)]), in: directory)
        #expect(other.value("label") == nil, "another field of that name is another field")
        let back = try Run(world([("label", .text), ("size", .integer)]), in: directory)
        #expect(back.value("label") == .text("figs"))
    }

    @Test func aSchemaOnTheDiskThatCannotBeReadIsNamed() throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        let error = #expect(throws: StoreError.self) { try Run(world([]), in: directory) }
        #expect(
            error?.description.hasPrefix("the schema in \(directory.database) is damaged") == true)
    }
}

@Suite struct DirectoriesOfFormat1Tests {
    private let file = world([("label", .text)])

    /// A directory as a version of Cairn with format 1 left it, with two boots and one record.
    private func directory(writtenUnder file: WorldDescription) throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        _ = try Run(file, in: directory, makeThing)
        _ = try Run(file, in: directory)
        let queue = try DatabaseQueue(path: directory.database)
        var digest = StateDigest(seed: 3)
        digest.combine(Array(file.name.utf8).rawBytes)
        digest.combine(file.schemaHash)
        digest.combine(2)
        try queue.write { database in
            try database.execute(
                sql: """
                    DROP TABLE meta;
                    CREATE TABLE meta (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        world TEXT NOT NULL,
                        schema_hash INTEGER NOT NULL,
                        boots INTEGER NOT NULL,
                        checksum INTEGER NOT NULL
                    ) STRICT;
                    PRAGMA user_version = 1;
                    """)
            try database.execute(
                sql: "INSERT INTO meta VALUES (1, ?, ?, 2, ?)",
                arguments: [
                    file.name, Int64(bitPattern: file.schemaHash),
                    Int64(bitPattern: digest.value),
                ])
        }
        try queue.close()
        return directory
    }

    private func format(of directory: TemporaryDirectory) throws -> UInt8 {
        try readBytes(directory.database)[63]
    }

    @Test func theFileTheyWereWrittenWithMakesThemFormat2() throws {
        let directory = try directory(writtenUnder: file)
        #expect(try format(of: directory) == 1)
        let run = try Run(file, in: directory)
        #expect(run.value("label") == .text("figs"))
        #expect(try format(of: directory) == 2)
        let edited = try Run(world([("size", .integer), ("label", .text)]), in: directory)
        #expect(edited.value("label") == .text("figs"))
        #expect(try directory.open().nextBoot() == 5, "the boots go on")
    }

    @Test func anyOtherFileIsRefusedWithTheWayOut() throws {
        let directory = try directory(writtenUnder: file)
        let edited = world([("size", .integer), ("label", .text)])
        let error = #expect(throws: StoreError.self) {
            try Run(edited, in: directory, adopting: true)
        }
        #expect(error == .unknownSchema(path: directory.database, world: "plaza"))
        #expect(
            error?.description.hasSuffix(
                "start it once with the world file it was written with, and then with the new one")
                == true)
        #expect(try format(of: directory) == 1, "nothing was changed")
        #expect(try Run(file, in: directory).value("label") == .text("figs"))
    }

    @Test func lookingLeavesThemAsTheyAre() throws {
        let directory = try directory(writtenUnder: file)
        let store = try SQLiteStore(
            directory: directory.path, world: "plaza", startsNew: false)
        #expect(store.schema == .digest(file.schemaHash))
        try store.close()
        #expect(try format(of: directory) == 1)
    }
}
