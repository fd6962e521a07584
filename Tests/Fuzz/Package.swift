// swift-tools-version: 6.3
import PackageDescription

// Fuzz targets live in a package of their own: they have no `main` when built for libFuzzer, so a
// plain build of the house must not see them. `scripts/fuzz` builds and runs them.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name,
        // The client library brings the rooms beneath it: Basics, Wire and Transport.
        dependencies: [.product(name: "CairnClient", package: "cairn")],
        swiftSettings: settings)
}

let package = Package(
    name: "cairn-fuzz",
    dependencies: [.package(name: "cairn", path: "../..")],
    targets: [fuzzer("FuzzFrames"), fuzzer("FuzzLattice"), fuzzer("FuzzSession")],
    swiftLanguageModes: [.v6]
)
