// swift-tools-version: 6.3
import PackageDescription

// The house has one direction: a target may import only what stands above it in this list
// (see ARCHITECTURE.md; Tests/TidyTests holds it). Release builds optimise across modules because
// a Swift module boundary otherwise costs a call per field in the hot loops.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

let testing: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict
) -> Target {
    .target(
        name: "Cairn\(name)", dependencies: dependencies, path: "Sources/\(name)",
        swiftSettings: settings)
}

// Rooms off the hot paths whose tests look inside (`@testable`), in release builds as well.
let lookedInto: [SwiftSetting] = [
    .unsafeFlags(["-enable-testing"], .when(configuration: .release))
]
let testable: [SwiftSetting] = strict + lookedInto

// The swarm is one thread with thousands of bots, each an object: asking at every access whether another
// is under way takes 7 % of its time, and debug builds do ask.
let unguarded: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests",
        swiftSettings: testing)
}

#if arch(x86_64)
    let multiBuffer: [LinkerSetting] = [.linkedLibrary("IPSec_MB")]
#else
    let multiBuffer: [LinkerSetting] = []
#endif

let package = Package(
    name: "cairn",
    products: [
        .executable(name: "cairn", targets: ["cairn"]),
        .executable(name: "swarm", targets: ["swarm"]),
        .library(name: "CairnClient", targets: ["CairnClient"]),
        // Connections without a world, and the link conditioner that tests them.
        .library(name: "CairnTransport", targets: ["CairnTransport"]),
        // A world with its server, clients and bad networks in one thread, for tests of games.
        .library(name: "Simulator", targets: ["Simulator"]),
    ],
    dependencies: [
        // Help, completions and errors for the commands; nobody should write that again.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // SQLite with migrations, online backup and one queue that is one connection.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // YAML with a line and a column on every node, for errors an author can act on.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // The ecosystem's facade for logs, so that an operator's own backend can take them.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Percentiles that do not lie, in constant memory.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibuv", path: "Sources/CLibuv", pkgConfig: "libuv",
            providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"])]),
        // No pkg-config here: ncurses' file asks for defines that SwiftPM refuses, and needs none.
        .systemLibrary(
            name: "CNcurses", path: "Sources/CNcurses", providers: [.apt(["libncurses-dev"])]),
        // One instruction, in a header.
        .systemLibrary(name: "CPrefetch", path: "Sources/CPrefetch"),
        .target(name: "CPlatform", path: "Sources/CPlatform"),
        // AES-GCM at the speed of the processor; without the library, which is for x86-64, libsodium's.
        .target(name: "CCiphers", path: "Sources/CCiphers", linkerSettings: multiBuffer),
        room("Basics", ["CPrefetch"]),
        room("Geometry", ["CairnBasics"]),
        room("CRDT", ["CairnBasics"]),
        room("World", ["CairnBasics", "CairnGeometry", "CairnCRDT"]),
        room("Wire", ["CairnBasics", "CairnGeometry", "CCiphers", "CSodium"]),
        room("Transport", ["CairnBasics", "CairnWire"]),
        room(
            "Replication",
            ["CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire"]),
        room("Anchors", ["CairnBasics", "CairnGeometry"]),
        room("Agents", ["CairnBasics", "CairnGeometry", "CairnWorld", "CairnAnchors"]),
        room("Store", ["CairnBasics", "CairnCRDT", "CairnWorld"]),
        room("Peers", ["CairnBasics", "CairnCRDT"], settings: testable),
        room(
            "Server",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication", "CairnAnchors", "CairnAgents", "CairnStore",
                "CairnPeers",
            ]),
        room(
            "Client",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication", "CairnAnchors",
            ]),
        room("Runtime", ["CairnBasics", "CLibuv", "CPlatform"]),
        room(
            "ClientRuntime", ["CairnBasics", "CairnWire", "CairnClient", "CairnRuntime"]),
        room(
            "WorldFile",
            [
                "CairnBasics", "CairnGeometry", "CairnWorld",
                .product(name: "Yams", package: "Yams"),
            ], settings: testable),
        room(
            "SQLite",
            [
                "CairnBasics", "CairnStore", "CairnRuntime",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        room("Viewer", ["CairnBasics", "CairnGeometry"], settings: testable),
        room("Terminal", ["CairnViewer", "CNcurses"]),
        .executableTarget(
            name: "cairn",
            dependencies: [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication", "CairnAnchors", "CairnAgents", "CairnStore",
                "CairnServer", "CairnClient", "CairnRuntime", "CairnClientRuntime",
                "CairnWorldFile", "CairnSQLite", "CairnViewer", "CairnTerminal",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/cairn", swiftSettings: strict),
        .executableTarget(
            name: "swarm",
            dependencies: [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication", "CairnAnchors", "CairnClient",
                "CairnRuntime", "CairnClientRuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "loadtest/swarm", swiftSettings: strict + unguarded),
        // What a datagram costs, beside C programs (see loadtest/echo-compare).
        .executableTarget(
            name: "wirebench",
            dependencies: [
                "CairnBasics", "CairnWire", "CairnTransport", "CairnRuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "loadtest/wire", exclude: ["echo-baseline.c"], swiftSettings: testing),
        // What players feel of a real server (see loadtest/play-check).
        .executableTarget(
            name: "playbench",
            dependencies: [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnReplication", "CairnClient", "CairnRuntime", "CairnClientRuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "loadtest/play", swiftSettings: strict),
        // A whole world, its clients and its network in one thread, from one seed.
        .target(
            name: "Simulator",
            dependencies: [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication", "CairnAnchors", "CairnAgents", "CairnStore",
                "CairnPeers",
                "CairnServer", "CairnClient",
            ],
            path: "Tests/Simulator", swiftSettings: testing + lookedInto),
        .executableTarget(
            name: "simulate",
            dependencies: [
                "CairnBasics", "CairnRuntime", "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Simulate", swiftSettings: testing),
        // Holds values against the files of protocol/vectors, for the tests of every room.
        .target(
            name: "VectorKit", dependencies: ["CairnBasics"], path: "Tests/VectorKit",
            swiftSettings: testing),
        tests("Basics", ["CairnBasics"]),
        tests("Geometry", ["CairnBasics", "CairnGeometry"]),
        tests("CRDT", ["CairnBasics", "CairnCRDT"]),
        tests("World", ["CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "VectorKit"]),
        tests("Wire", ["CairnBasics", "CairnGeometry", "CairnWire", "VectorKit"]),
        // Stands in for the C library's malloc in the test program, and counts.
        .target(name: "MallocCounter", path: "Tests/MallocCounter"),
        tests("Transport", ["CairnBasics", "CairnWire", "CairnTransport", "MallocCounter"]),
        tests(
            "Replication",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnReplication", "VectorKit",
            ]),
        tests("Anchors", ["CairnBasics", "CairnGeometry", "CairnAnchors", "VectorKit"]),
        tests(
            "Agents", ["CairnBasics", "CairnGeometry", "CairnWorld", "CairnAnchors", "CairnAgents"]),
        tests(
            "Store",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnStore",
                "CairnSQLite", .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        tests("Peers", ["CairnBasics", "CairnCRDT", "CairnPeers", "VectorKit"]),
        tests("Runtime", ["CairnBasics", "CairnRuntime"]),
        tests("WorldFile", ["CairnBasics", "CairnGeometry", "CairnWorld", "CairnWorldFile"]),
        tests("Viewer", ["CairnBasics", "CairnGeometry", "CairnViewer"]),
        tests("Client", ["CairnBasics", "CairnGeometry", "CairnWorld", "CairnClient"]),
        // Whole servers beside one another, without clients.
        tests(
            "Server",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnAgents", "CairnStore", "CairnPeers", "CairnServer",
                "MallocCounter",
            ]),
        // Whole sessions: a server and its clients, in the simulator.
        tests(
            "Simulator",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication", "CairnStore", "CairnServer", "CairnClient",
                "Simulator", "VectorKit",
            ]),
        tests("Tidy", []),
    ],
    swiftLanguageModes: [.v6]
)

// `CAIRN_ONLY=CairnBasics,CairnCRDT,CRDTTests swift test` builds those targets and nothing else, for
// a quick round while one room is being worked on.
if let only = Context.environment["CAIRN_ONLY"] {
    let kept = Set(only.split(separator: ",").map(String.init))
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll { !kept.contains($0.name) }
}
