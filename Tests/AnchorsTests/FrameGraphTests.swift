import CairnAnchors
import CairnBasics
import CairnGeometry
import Testing

private func transform(_ random: inout SeededRandom) -> RigidTransform {
    RigidTransform(rotation: random.rotation(), translation: random.vector(-50...50))
}

private func edge(_ random: inout SeededRandom) -> UncertainTransform {
    UncertainTransform(
        transform(&random),
        covariance: PoseCovariance(
            positionSigmaMetres: random.within(0.01...0.1),
            rotationSigmaRadians: random.within(0.001...0.01)))
}

private func isNear(_ one: RigidTransform, _ other: RigidTransform) -> Bool {
    (one.translation - other.translation).length < 1e-6
        && one.rotation.angle(to: other.rotation) < 1e-9
}

@Suite struct FrameGraphTests {
    @Test(arguments: 0..<20)
    func everyWayThroughTheGraphGivesTheSamePose(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let origin = try #require(
            WorldOrigin(
                latitudeDegrees: random.within(-90...90),
                longitudeDegrees: random.within(-180...180), heightMetres: 400))
        var graph = FrameGraph()
        try graph.pin(origin)
        let frames: [Frame] = [.anchor(AnchorID(0)), .anchor(AnchorID(1)), .device(1), .device(2)]
        for frame in frames { try graph.attach(frame, to: .world, by: edge(&random)) }
        let all = frames + [.world, .earth]
        for one in all {
            for other in all {
                let direct = try #require(graph.transform(from: one, to: other)).transform
                let back = try #require(graph.transform(from: other, to: one)).transform
                #expect(isNear(direct * back, .identity))
                for between in all {
                    let first = try #require(graph.transform(from: one, to: between))
                    let second = try #require(graph.transform(from: between, to: other))
                    #expect(isNear(second.transform * first.transform, direct))
                }
            }
        }
    }

    @Test func aPoseAndItsGeoPoseAreOneFromAnyFrame() throws {
        var random = SeededRandom(seed: 3)
        let origin = try #require(
            WorldOrigin(latitudeDegrees: 47, longitudeDegrees: 8, heightMetres: 400))
        var graph = FrameGraph()
        try graph.pin(origin)
        try graph.attach(.device(7), to: .world, by: edge(&random))
        let inWorld = transform(&random)
        let inDevice = try #require(
            graph.view(of: UncertainTransform(inWorld), in: .world, from: .device(7)))
        let geoPose = try #require(graph.geoPose(of: inDevice.transform, in: .device(7)))
        let direct = try #require(origin.geoPose(of: inWorld))
        #expect((geoPose.position.ecef - direct.position.ecef).length < 1e-6)
        #expect(geoPose.rotation.angle(to: direct.rotation) < 1e-9)
        let back = try #require(graph.pose(of: geoPose, in: .world))
        #expect(isNear(back, inWorld))
    }

    @Test func framesThatNothingTiesHaveNoPath() throws {
        var graph = FrameGraph()
        try graph.attach(.device(1), to: .world, by: .identity)
        #expect(graph.transform(from: .device(1), to: .device(2)) == nil)
        #expect(graph.geoPose(of: .identity, in: .device(1)) == nil, "no world origin")
        graph.detach(.device(1))
        #expect(graph.transform(from: .device(1), to: .world) == nil)
        #expect(graph.transform(from: .device(9), to: .device(9)) == .identity)
    }

    @Test func badEdgesAreRefusedAndChangeNothing() throws {
        var graph = FrameGraph(capacity: 2)
        try graph.attach(.device(1), to: .world, by: .identity)
        try graph.attach(.device(2), to: .device(1), by: .identity)
        #expect(throws: FrameGraph.EdgeError.loop) {
            try graph.attach(.world, to: .device(2), by: .identity)
        }
        #expect(throws: FrameGraph.EdgeError.loop) {
            try graph.attach(.device(1), to: .device(1), by: .identity)
        }
        #expect(throws: FrameGraph.EdgeError.full) {
            try graph.attach(.device(3), to: .world, by: .identity)
        }
        for bad in [
            RigidTransform(translation: Vector3(.nan, 0, 0)),
            RigidTransform(rotation: Quaternion(x: 0, y: 0, z: 0, w: 2)),
        ] {
            #expect(throws: FrameGraph.EdgeError.notRigid) {
                try graph.attach(.device(1), to: .world, by: UncertainTransform(bad))
            }
        }
        #expect(graph.count == 2)
        #expect(graph.transform(from: .device(2), to: .world) == .identity)
    }

    @Test func theUncertaintyOfTheOriginStaysOnTheEdgeToTheEarth() throws {
        var graph = FrameGraph()
        let origin = try #require(
            WorldOrigin(latitudeDegrees: 47, longitudeDegrees: 8, heightMetres: 400))
        try graph.pin(
            origin,
            covariance: PoseCovariance(positionSigmaMetres: 3, rotationSigmaRadians: 0.01))
        let centimetre = PoseCovariance(positionSigmaMetres: 0.01, rotationSigmaRadians: 0)
        for device in [UInt64(1), 2] {
            try graph.attach(
                .device(device), to: .world,
                by: UncertainTransform(.identity, covariance: centimetre))
        }
        let between = try #require(graph.transform(from: .device(1), to: .device(2)))
        #expect(abs(between.covariance.positionSigmaMetres - 0.01 * 2.0.squareRoot()) < 1e-9)
        let onEarth = try #require(graph.transform(from: .device(1), to: .earth))
        #expect(abs(onEarth.covariance.positionSigmaMetres - 3) < 0.01)
    }
}

@Suite struct PoseCovarianceTests {
    /// Draws errors as the edges' covariances say, composes the transforms, and compares the
    /// spread of the outcome with the propagated covariance.
    @Test(arguments: 0..<4)
    func propagationAgreesWithSampling(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let (left, right) = (edge(&random), edge(&random))
        let composed = left * right
        let inverted = composed.inverse
        var (place, turn, placeBack) = (Matrix3.zero, Matrix3.zero, Matrix3.zero)
        let count = 20_000
        for _ in 0..<count {
            let noisy = disturbed(left, &random) * disturbed(right, &random)
            let shift = noisy.translation - composed.transform.translation
            let error = noisy.rotation * composed.transform.rotation.conjugate
            let angles = Vector3(error.x, error.y, error.z) * (error.w < 0 ? -2 : 2)
            place = place + square(shift)
            turn = turn + square(angles)
            placeBack =
                placeBack
                + square(noisy.inverse.translation - inverted.transform.translation)
        }
        let part = 1 / Double(count)
        for (sampled, predicted) in [
            (place, composed.covariance.position), (turn, composed.covariance.rotation),
            (placeBack, inverted.covariance.position),
        ] {
            let scale = predicted.trace
            let gap = Matrix3(diagonal: Vector3(part, part, part)) * sampled - predicted
            for row in [gap.row0, gap.row1, gap.row2] {
                #expect(row.length < 0.03 * scale, "\(seed)")
            }
        }
    }

    @Test(arguments: 0..<20)
    func invertingTwiceGivesTheCovarianceBack(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let start = edge(&random) * edge(&random)
        let back = start.inverse.inverse
        let gap = back.covariance.position - start.covariance.position
        #expect(gap.row0.length + gap.row1.length + gap.row2.length < 1e-12)
        let crossGap = back.covariance.cross - start.covariance.cross
        #expect(crossGap.row0.length + crossGap.row1.length + crossGap.row2.length < 1e-12)
    }

    private func disturbed(
        _ edge: UncertainTransform, _ random: inout SeededRandom
    ) -> RigidTransform {
        let turn = random.normal(edge.covariance.rotation.row0.x.squareRoot())
        let small = Quaternion(x: turn.x / 2, y: turn.y / 2, z: turn.z / 2, w: 1).normalised!
        return RigidTransform(
            rotation: small * edge.transform.rotation,
            translation: edge.transform.translation
                + random.normal(edge.covariance.position.row0.x.squareRoot()))
    }

    private func square(_ vector: Vector3) -> Matrix3 {
        Matrix3(vector * vector.x, vector * vector.y, vector * vector.z)
    }
}
