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

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: "Cairn\(name)", dependencies: dependencies, path: "Sources/\(name)",
        swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests",
        swiftSettings: testing)
}

let package = Package(
    name: "cairn",
    dependencies: [],
    targets: [
        .systemLibrary(
            name: "CLibuv", path: "Sources/CLibuv", pkgConfig: "libuv",
            providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"])]),
        .target(name: "CPlatform", path: "Sources/CPlatform"),
        room("Basics"),
        room("Geometry", ["CairnBasics"]),
        room("CRDT", ["CairnBasics"]),
        room("World", ["CairnBasics", "CairnGeometry", "CairnCRDT"]),
        room("Wire", ["CairnBasics", "CairnGeometry", "CSodium"]),
        room("Transport", ["CairnBasics", "CairnWire"]),
        room(
            "Replication",
            ["CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire"]),
        room("Anchors", ["CairnBasics", "CairnGeometry"]),
        room("Agents", ["CairnBasics", "CairnGeometry", "CairnWorld", "CairnAnchors"]),
        room("Store", ["CairnBasics", "CairnCRDT", "CairnWorld"]),
        room(
            "Server",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication", "CairnAnchors", "CairnAgents", "CairnStore",
            ]),
        room(
            "Client",
            [
                "CairnBasics", "CairnGeometry", "CairnCRDT", "CairnWorld", "CairnWire",
                "CairnTransport", "CairnReplication",
            ]),
        room("Runtime", ["CairnBasics", "CLibuv", "CPlatform"]),
        room("Viewer", ["CairnBasics", "CairnGeometry"]),
        tests("Basics", ["CairnBasics"]),
    ],
    swiftLanguageModes: [.v6]
)
