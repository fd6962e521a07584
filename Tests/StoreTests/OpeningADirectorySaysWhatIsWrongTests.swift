import CairnSQLite
import CairnStore
import Foundation
import Testing

@Suite struct OpeningADirectorySaysWhatIsWrongTests {
    @Test func aSecondOpenerIsRefusedUntilTheFirstCloses() throws {
        let directory = TemporaryDirectory()
        let first = try directory.open()
        let error = #expect(throws: StoreError.self) { _ = try directory.open() }
        #expect(error == .lockedByAnother(path: directory.database))
        #expect(
            error?.description == """
                cannot open \(directory.database): another process has it open; \
                stop the other server, or choose another data directory
                """)
        #expect(try first.nextBoot() == 1, "the first is undisturbed")
        try first.close()
        #expect(try directory.open().nextBoot() == 2)
    }

    @Test func anotherWorldsDirectoryIsRefused() throws {
        let directory = TemporaryDirectory()
        try directory.open(world: "plaza").close()
        let error = #expect(throws: StoreError.self) { _ = try directory.open(world: "harbour") }
        #expect(
            error?.description == """
                cannot load world 'harbour' from \(directory.database): it keeps world 'plaza'; \
                choose another data directory, or an empty one to start afresh
                """)
        try directory.open(world: "plaza").close()
    }

    @Test func aDirectoryWithoutAWorldIsNotMadeOneByLooking() throws {
        let directory = TemporaryDirectory()
        let error = #expect(throws: StoreError.self) {
            _ = try SQLiteStore(directory: directory.path, world: "plaza", startsNew: false)
        }
        #expect(
            error?.description == """
                there is no world in \(directory.path); \
                name a directory that `cairn serve --data` was given
                """)
        #expect(!FileManager.default.fileExists(atPath: directory.path))
    }

    @Test(arguments: [UInt8(0), 3])
    func anotherFormatIsRefused(format: UInt8) throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        // The user version stands at byte 60 of the header, big-endian (sqlite.org/fileformat2).
        try directory.editDatabase { $0[63] = format }
        let error = #expect(throws: StoreError.self) { _ = try directory.open() }
        #expect(
            error
                == .otherFormat(path: directory.database, found: Int(format), supported: 2))
        let remedy = format == 0 ? "run the older version" : "run the newer version"
        #expect(error?.description.contains(remedy) == true)
    }

    @Test func aDatabaseOfSomebodyElseIsLeftAlone() throws {
        let directory = TemporaryDirectory()
        try directory.open().close()
        // The application id stands at byte 68 of the header.
        try directory.editDatabase { $0[68] ^= 1 }
        let before = try readBytes(directory.database)
        #expect(throws: StoreError.foreignFile(path: directory.database)) {
            _ = try directory.open()
        }
        #expect(try readBytes(directory.database) == before)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.path, withIntermediateDirectories: true)
        let text = Data(String(repeating: "not a database ", count: 100).utf8)
        try text.write(to: URL(fileURLWithPath: directory.database))
        #expect(throws: StoreError.foreignFile(path: directory.database)) {
            _ = try directory.open()
        }
    }

    @Test func aDirectoryThatCannotBeMadeIsNamed() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.path, withIntermediateDirectories: true)
        let file = directory.path + "/file"
        try Data([1]).write(to: URL(fileURLWithPath: file))
        for path in [file, file + "/below/it"] {
            let error = #expect(throws: StoreError.self) {
                _ = try SQLiteStore(directory: path, world: "plaza")
            }
            #expect(
                error?.description == """
                    cannot keep a world in \(path): Not a directory; \
                    choose a directory that this user may write
                    """)
        }
    }

    /// The superuser may write anywhere, so this says something for other users only.
    @Test(.enabled(if: geteuid() != 0))
    func aDirectoryWithoutTheRightToWriteIsNamed() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o555])
        let error = #expect(throws: StoreError.self) { _ = try directory.open() }
        #expect(
            error
                == .unusableDirectory(path: directory.path, reason: "Permission denied"))
    }

    @Test func missingDirectoriesAreMade() throws {
        let directory = TemporaryDirectory()
        let deep = directory.path + "/a/b/"
        let store = try SQLiteStore(directory: deep, world: "plaza")
        try store.close()
        #expect(FileManager.default.fileExists(atPath: directory.path + "/a/b/world.sqlite"))
    }
}
