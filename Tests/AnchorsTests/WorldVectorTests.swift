import CairnAnchors
import CairnBasics
import CairnGeometry
import Testing
import VectorKit

/// What devices and the server tell each other about anchors, as `protocol/vectors` has it.
@Suite struct WorldVectorTests {
    @Test func sightingsAndPosesMatchTheirVectors() throws {
        let report = SightingReport(
            session: 300,
            sightings: [
                Sighting(
                    anchor: AnchorID(2), position: Vector3(1.5, -2.25, 0.125),
                    observer: Vector3(0, 1, -0.5), sigmaMetres: 0.02,
                    capturedAt: Instant(nanoseconds: 5_000_000_000)),
                Sighting(
                    anchor: AnchorID(1_023), position: Vector3(-100, 0, 3), observer: .zero,
                    facing: .init(
                        deviceFromAnchor: Quaternion(x: 0, y: 0, z: 0.6, w: -0.8),
                        sigmaRadians: 0.01),
                    sigmaMetres: 0.000_001, capturedAt: Instant(nanoseconds: -1)),
            ])
        let placed = DeviceStatus.placed(
            DevicePose(
                session: 300, epoch: 7,
                worldFromDevice: RigidTransform(
                    rotation: Quaternion(x: 0, y: 0, z: 0.8, w: 0.6),
                    translation: Vector3(10, -20.5, 0.25)),
                positionSigmaMetres: 0.04, rotationSigmaRadians: 0.015, grade: .a,
                inlierCount: 4, sightingCount: 5, solvedAt: Instant(nanoseconds: 6_000_000_000)))
        let searching = DeviceStatus.searching(session: 301, reason: .ambiguous)
        try check(
            [
                "report": try hex { (writer) throws(CodecError) in
                    try report.encode(into: &writer)
                },
                "placed": try hex { (writer) throws(CodecError) in
                    try placed.encode(into: &writer)
                },
                "searching": try hex { (writer) throws(CodecError) in
                    try searching.encode(into: &writer)
                },
            ], againstVectors: "world-devices")
    }
}
