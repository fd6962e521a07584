// swift-tools-version: 6.3
import PackageDescription

// Fuzz targets live in a package of their own: they have no `main` when built for libFuzzer, so a
// plain build of the house must not see them. `scripts/fuzz` builds and runs them.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

// A product brings the rooms beneath it: the client's are enough for whatever goes over the wire.
let client: Target.Dependency = .product(name: "CairnClient", package: "cairn")
let simulator: Target.Dependency = .product(name: "Simulator", package: "cairn")

func fuzzer(_ name: String, _ rooms: Target.Dependency) -> Target {
    .executableTarget(name: name, dependencies: ["FuzzKit", rooms], swiftSettings: settings)
}

let package = Package(
    name: "cairn-fuzz",
    dependencies: [.package(name: "cairn", path: "../..")],
    targets: [
        .target(name: "FuzzKit", dependencies: [client], swiftSettings: settings),
        // Without state: each input is read from nothing.
        fuzzer("FuzzFrames", client), fuzzer("FuzzHandshake", client),
        fuzzer("FuzzMessages", client), fuzzer("FuzzLattice", client),
        // With state: an input is what a peer does, step by step.
        fuzzer("FuzzBlocks", client), fuzzer("FuzzSession", client),
        fuzzer("FuzzClient", simulator), fuzzer("FuzzServer", simulator),
        fuzzer("FuzzPeers", simulator),
    ],
    swiftLanguageModes: [.v6]
)
