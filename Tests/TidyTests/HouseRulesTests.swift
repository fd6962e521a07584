import Foundation
import Testing

/// What every source file must keep to, read from the sources themselves: imports point one way,
/// the core has no Foundation and no outside world of its own, and lines and functions stay
/// readable.
@Suite struct HouseRulesTests {
    /// The rooms in the order of ARCHITECTURE.md, each with the rooms it may import.
    static let mayImport: [String: Set<String>] = {
        let basics: Set = ["CairnBasics"]
        let ground = basics.union(["CairnGeometry"])
        let world = ground.union(["CairnCRDT", "CairnWorld"])
        let replication = world.union(["CairnWire"])
        let client = replication.union(["CairnTransport", "CairnReplication", "CairnAnchors"])
        let server = client.union(["CairnAgents", "CairnStore", "CairnPeers"])
        return [
            "Basics": [],
            "Geometry": basics,
            "CRDT": basics,
            "World": ground.union(["CairnCRDT"]),
            "Wire": ground.union(["CSodium"]),
            "Transport": basics.union(["CairnWire"]),
            "Replication": replication,
            "Anchors": ground,
            "Agents": ground.union(["CairnWorld", "CairnAnchors"]),
            "Store": basics.union(["CairnCRDT", "CairnWorld"]),
            "Peers": basics.union(["CairnCRDT"]),
            "Server": server,
            "Client": client,
            "ClientRuntime": basics.union(["CairnWire", "CairnClient", "CairnRuntime"]),
            "Runtime": basics.union(["CLibuv", "CPlatform"]),
            "WorldFile": world.union(["Yams"]),
            "SQLite": basics.union(["CairnStore", "CairnRuntime", "GRDB"]),
            "Viewer": ground,
            "Terminal": ["CairnViewer", "CNcurses"],
        ]
    }()

    /// Modules of the system that a room may import besides.
    static let systemModules: [String: Set<String>] = [
        "Basics": ["Synchronization"],
        "Geometry": ["Glibc"],
        "Wire": ["Synchronization"],
        "Runtime": ["Glibc", "Synchronization"],
        "WorldFile": ["Foundation", "FoundationEssentials"],
        "SQLite": ["Foundation", "FoundationEssentials", "Glibc", "Synchronization"],
        "Terminal": ["Glibc", "Synchronization"],
    ]

    /// Words that would give a core room a clock, a thread, a file, chance or an event loop.
    static let outsideWorld = [
        "Date()", "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday",
        "randombytes_", "SystemRandomNumberGenerator", "async ", "await ", "Task {", "fopen(",
        ".random(in", ".shuffled()", ".randomElement()", "fatalError(", "print(",
    ]

    static let core: Set = [
        "Basics", "Geometry", "CRDT", "World", "Wire", "Transport", "Replication", "Anchors",
        "Agents", "Store", "Peers", "Server", "Client", "Viewer",
    ]

    @Test func everyRoomImportsOnlyWhatStandsAboveIt() throws {
        for room in try rooms() {
            let allowed = try #require(
                Self.mayImport[room], "\(room) is a new room: say here what it may import")
            let system = Self.systemModules[room] ?? []
            for file in try sources(in: "Sources/\(room)") {
                for module in file.imports where !allowed.contains(module) {
                    #expect(system.contains(module), "\(file.name) must not import \(module)")
                }
            }
        }
    }

    @Test func theCoreHasNoClockNoChanceNoThreadAndNoFile() throws {
        for room in Self.core.sorted() {
            for file in try sources(in: "Sources/\(room)") {
                for (number, line) in file.code.enumerated() {
                    for word in Self.outsideWorld where line.contains(word) {
                        Issue.record("\(file.name):\(number + 1) has \(word)")
                    }
                }
            }
        }
    }

    @Test func theLoadGeneratorKnowsNothingOfTheServer() throws {
        for file in try sources(in: "loadtest") {
            for module in file.imports {
                #expect(
                    !["CairnServer", "CairnStore", "CairnAgents", "CairnSQLite"].contains(module),
                    "\(file.name) must not import \(module)")
            }
        }
    }

    @Test func noFileIsLongerThanOneCanReadInASitting() throws {
        for folder in ["Sources", "Tests", "loadtest"] {
            for file in try sources(in: folder) {
                #expect(file.lines.count <= 600, "\(file.name) has \(file.lines.count) lines")
            }
        }
    }

    @Test func nothingIsLeftToDoInAComment() throws {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        for folder in ["Sources", "Tests", "loadtest"] {
            for file in try sources(in: folder) {
                for (number, line) in file.lines.enumerated() {
                    for mark in marks where line.contains(mark) {
                        Issue.record("\(file.name):\(number + 1) has \(mark)")
                    }
                }
            }
        }
    }

    @Test func everySourceFileBeginsByWhyItExists() throws {
        for file in try sources(in: "Sources") {
            let head = file.lines.prefix(12)
            #expect(
                head.contains { $0.hasPrefix("//") }, "\(file.name) has no comment at its head")
        }
    }
}

private struct SourceFile {
    let name: String
    let lines: [String]

    /// The lines without comments.
    var code: [String] {
        lines.map { line in
            guard let comment = line.range(of: "//") else { return line }
            return String(line[..<comment.lowerBound])
        }
    }

    var imports: [String] {
        code.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index + 1 < words.count, index <= 2
            else { return nil }
            return words[words.count - 1].split(separator: ".").first.map(String.init)
        }
    }
}

private let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The folders of Sources that hold Swift rooms; C maps and the executable are not rooms.
private func rooms() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: top.appending(path: "Sources").path)
        .filter { !["CLibuv", "CSodium", "CNcurses", "CPlatform", "cairn"].contains($0) }.sorted()
}

private func sources(in folder: String) throws -> [SourceFile] {
    let folderURL = top.appending(path: folder)
    let paths = FileManager.default.enumerator(atPath: folderURL.path)?.allObjects ?? []
    return try paths.compactMap { $0 as? String }
        .filter { $0.hasSuffix(".swift") && !$0.contains(".build") }.sorted()
        .map { path in
            let text = try String(contentsOf: folderURL.appending(path: path), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return SourceFile(name: "\(folder)/\(path)", lines: lines.map(String.init))
        }
}
