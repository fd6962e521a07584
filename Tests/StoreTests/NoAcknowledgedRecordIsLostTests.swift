import CairnBasics
import CairnSQLite
import CairnStore
import Foundation
import Testing

// A real process that commits as fast as it can and is killed in the middle: this test binary,
// started again to run only `theChild`, which writes one line for each commit that returned.

private let childVariable = "CAIRN_STORE_CHILD"
private let modeVariable = "CAIRN_STORE_CHILD_MODE"
private var childDirectory: String? { ProcessInfo.processInfo.environment[childVariable] }

private enum ChildMode: String {
    /// Commits and checkpoints for ever.
    case checkpointing
    /// Commits for ever, so that the log only grows.
    case journalOnly
    /// Commits until its files may grow no more.
    case smallDisk
}

/// What the child said last: all of it had returned from a commit.
private struct Acknowledged {
    var through: UInt64 = 0
    var logBytes = 0
    var lastLine = ""

    init(directory: String) {
        let text = (try? String(contentsOfFile: directory + "/acknowledged", encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        lastLine = lines.last.map(String.init) ?? ""
        for line in lines {
            let numbers = line.split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count == 2 else { continue }
            through = numbers[0]
            logBytes = Int(numbers[1])
        }
    }
}

@Suite struct NoAcknowledgedRecordIsLostTests {
    @Test(arguments: 0..<4)
    func aKilledProcessLosesNothingItAcknowledged(round: Int) throws {
        let directory = TemporaryDirectory()
        let child = try startChild(in: directory, .checkpointing)
        kill(child, afterRecords: 50 + UInt64(round) * 150, in: directory, round: round)
        try expectEverythingAcknowledged(in: directory)
    }

    /// What a power failure may add to a kill: what was not synced is there, or not, or half.
    @Test(arguments: 0..<4)
    func aTornLogLosesNothingThatWasSynced(round: Int) throws {
        let directory = TemporaryDirectory()
        let child = try startChild(in: directory, .journalOnly)
        kill(child, afterRecords: 100, in: directory, round: round)
        let synced = Acknowledged(directory: directory.path).logBytes
        var log = try readBytes(directory.log)
        try #require(log.count >= synced)
        var random = SeededRandom(seed: UInt64(round))
        for index in synced..<log.count where random.chance(Ratio(1, in: 4)) {
            log[index] = UInt8(truncatingIfNeeded: random.next())
        }
        log.removeLast(Int(random.below(UInt32(log.count - synced + 1))))
        log += (0..<random.below(9_000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try Data(log).write(to: URL(fileURLWithPath: directory.log))
        try expectEverythingAcknowledged(in: directory)
    }

    @Test func aFullDiskStopsTheStoreAndLosesNothing() throws {
        let directory = TemporaryDirectory()
        let child = try startChild(in: directory, .smallDisk)
        child.waitUntilExit()
        #expect(child.terminationStatus == 0)
        let last = Acknowledged(directory: directory.path)
        #expect(last.through > 10)
        #expect(last.lastLine.hasPrefix("stopped cannot write \(directory.database)"))
        try expectEverythingAcknowledged(in: directory)
    }

    private func startChild(in directory: TemporaryDirectory, _ mode: ChildMode) throws -> Process {
        try FileManager.default.createDirectory(
            atPath: directory.path, withIntermediateDirectories: true)
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = childArguments()
        child.environment = ProcessInfo.processInfo.environment.merging(
            [childVariable: directory.path, modeVariable: mode.rawValue]) { $1 }
        child.standardOutput = FileHandle.nullDevice
        child.standardError = FileHandle.nullDevice
        try child.run()
        return child
    }

    /// This process's own arguments, narrowed to one test.
    private func childArguments() -> [String] {
        var arguments = Array(CommandLine.arguments.dropFirst())
        while let filter = arguments.firstIndex(of: "--filter"), filter + 1 < arguments.count {
            arguments.removeSubrange(filter...filter + 1)
        }
        if !arguments.contains("--testing-library") {
            arguments += ["--testing-library", "swift-testing"]
        }
        return arguments + ["--filter", "theChild"]
    }

    private func kill(
        _ child: Process, afterRecords count: UInt64, in directory: TemporaryDirectory, round: Int
    ) {
        let deadline = Date().addingTimeInterval(60)
        while Acknowledged(directory: directory.path).through < count, Date() < deadline,
            child.isRunning
        { usleep(500) }
        usleep(UInt32(round) * 137)
        Foundation.kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        #expect(child.terminationReason == .uncaughtSignal, "the child ended by itself")
    }

    private func expectEverythingAcknowledged(in directory: TemporaryDirectory) throws {
        let acknowledged = Acknowledged(directory: directory.path).through
        #expect(acknowledged > 0)
        let store = try directory.open()
        let recovered = try Recovery.replay(store.load())
        #expect(recovered.lastSequence >= acknowledged)
        // What is there is not only long enough, it is the world as it was after that record.
        var world = SampleWorld(seed: 77)
        _ = world.records(Int(recovered.lastSequence))
        #expect(recovered.lattice == world.lattice)
        _ = try store.commit(world.records(1))
        try store.close()
    }
}

@Suite(.enabled(if: childDirectory != nil)) struct TheChildOfTheCrashTests {
    @Test func theChild() throws {
        let path = try #require(childDirectory)
        let mode =
            ChildMode(
                rawValue: ProcessInfo.processInfo.environment[modeVariable] ?? "") ?? .checkpointing
        let lines = fopen(path + "/acknowledged", "a")
        func say(_ line: String) {
            fputs(line + "\n", lines)
            fflush(lines)
        }
        let store = try SQLiteStore(directory: path, world: "plaza")
        try store.keepSchema([0xfe, 0xed])
        if mode == .smallDisk { limitFileSize(to: 200_000) }
        var world = SampleWorld(seed: 77)
        var random = SeededRandom(seed: 78)
        do throws(StoreError) {
            while true {
                let durability = try store.commit(world.records(Int(1 + random.below(6))))
                let size =
                    (try? FileManager.default.attributesOfItem(
                        atPath: path + "/world.sqlite-wal")[.size] as? Int) ?? 0
                say("\(durability.through) \(size)")
                guard mode == .checkpointing, random.chance(Ratio(1, in: 25)) else { continue }
                try store.replaceRecords(
                    by: Checkpoint(
                        through: durability.through, tick: Tick(0), world: world.lattice))
            }
        } catch {
            let again = #expect(throws: StoreError.self) { try store.commit(world.records(0)) }
            #expect(again == error, "a stopped store accepted something")
            say("stopped \(error)")
        }
    }

    private func limitFileSize(to bytes: UInt) {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
        #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
    }
}
