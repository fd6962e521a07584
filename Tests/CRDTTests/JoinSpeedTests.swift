// How fast a million latest-wins entries join into a million entities, beside the same loop in C
// (loadtest/join-baseline.c, which gcc compiles here). Times are for people to read, since they
// depend on what else the machine does; so this runs when asked for:
//
//     CAIRN_BENCH=1 swift test -c release --filter JoinSpeedTests

import CairnBasics
import CairnCRDT
import Foundation
import Testing

@Suite(.serialized) struct JoinSpeedTests {
    static let isWanted = ProcessInfo.processInfo.environment["CAIRN_BENCH"] != nil
    static let count = 1_000_000

    @Test(.enabled(if: isWanted), arguments: [false, true])
    func aMillionEntriesIntoAMillionEntities(shuffled: Bool) throws {
        var author = Site(1).author
        let base = try Self.entities(&author)
        var best = Double.infinity
        for run in 1...5 {
            var lattice = base
            // The copies that first writes make are not what is measured.
            lattice.join(try Self.edits(of: base.sortedIDs, run: 0, false, &author))
            let delta = try Self.edits(of: base.sortedIDs, run: run, shuffled, &author)
            let start = Self.seconds()
            let changed = lattice.join(delta)
            best = min(best, Self.seconds() - start)
            #expect(changed.count == Self.count)
        }
        let speed = Double(Self.count) / best
        let baseline = try Self.baseline(shuffled)
        let order = shuffled ? "in any order" : "ascending, as decoded"
        print(
            String(
                format: "join, entries \(order): %.2f M/s, in C %.2f M/s, ratio %.2f",
                speed / 1e6, baseline / 1e6, speed / baseline))
    }

    /// Processor time of this thread, as the baseline takes it.
    private static func seconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }

    /// A million entities with one field each, as a checkpoint gives them.
    private static func entities(_ author: inout Author) throws -> Lattice {
        var base = Lattice()
        for value in 0..<count {
            let (id, creation) = author.create(kind: KindID(1), owner: 0, wallMilliseconds: 1)
            base.join(creation)
            base.join(author.set(id, .register, .integer(Int64(value)), wallMilliseconds: 1))
        }
        return try Lattice(encoded: base.encoded())
    }

    /// One edit of each, in one delta.
    private static func edits(
        of ids: [EntityID], run: Int, _ shuffled: Bool, _ author: inout Author
    ) throws -> Lattice {
        var random = SeededRandom(seed: UInt64(run))
        var delta = Lattice()
        for id in shuffled ? ids.shuffled(using: &random) : ids {
            delta.join(author.set(id, .register, .integer(Int64(run)), wallMilliseconds: 2))
        }
        return shuffled ? delta : try Lattice(encoded: delta.encoded())
    }

    /// Entries per second of the loop in C.
    private static func baseline(_ shuffled: Bool) throws -> Double {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let program = FileManager.default.temporaryDirectory
            .appending(path: "join-baseline-\(ProcessInfo.processInfo.processIdentifier)")
        defer { try? FileManager.default.removeItem(at: program) }
        let source = root.appending(path: "loadtest/join-baseline.c")
        _ = try run("/usr/bin/env", ["gcc", "-O3", "-o", program.path, source.path])
        let output = try run(program.path, ["\(count)", shuffled ? "1" : "0"])
        return try #require(Double(output.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
        let read = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) failed")
        return String(decoding: read, as: UTF8.self)
    }
}
