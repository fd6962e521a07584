import CairnAnchors
import CairnBasics
import CairnGeometry
import Testing

/// What a thousand seeded rooms gave: errors where there was an answer, and the refusals.
private struct Trials {
    var metres: [Double] = []
    var degrees: [Double] = []
    var refusals: [DeviceRegistration.Refusal] = []

    init(
        _ count: Int = 1_000, anchorCount: Int, outlierCount: Int = 0, facingNoise: Double? = nil
    ) {
        for seed in 0..<count {
            var site = SyntheticSite(seed: UInt64(seed), anchorCount: anchorCount)
            let seen = site.sightings(
                noise: 0.02, outlierCount: outlierCount, facingNoise: facingNoise)
            switch DeviceRegistration.solve(site.correspondences(seen)) {
            case .success(let solution):
                let error = site.error(of: solution.worldFromDevice.transform)
                metres.append(error.metres)
                degrees.append(CairnGeometry.degrees(radians: error.radians))
            case .failure(let refusal): refusals.append(refusal)
            }
        }
    }

    func successCount(degrees: Double, metres: Double) -> Int {
        zip(self.degrees, self.metres).count { $0 <= degrees && $1 <= metres }
    }
}

@Suite struct RegistrationAccuracyTests {
    @Test func threeCleanAnchorsPlaceADeviceToADegreeAndThreeCentimetres() {
        let trials = Trials(anchorCount: 3)
        #expect(trials.degrees.quantile(0.5) <= 1)
        #expect(trials.metres.quantile(0.5) <= 0.03)
        #expect(trials.degrees.quantile(0.95) <= 1)
        #expect(trials.refusals.count <= 20)
    }

    @Test func tenAnchorsOfWhichFourLiePlaceADeviceStill() {
        let trials = Trials(anchorCount: 10, outlierCount: 4)
        #expect(trials.successCount(degrees: 3, metres: 0.1) >= 990)
        #expect(trials.degrees.quantile(0.5) <= 0.2)
        #expect(trials.metres.quantile(0.5) <= 0.02)
    }

    @Test(arguments: [(4, 1), (6, 2), (20, 8), (24, 10)])
    func aMinorityOfOutliersAlmostNeverWins(anchorCount: Int, outlierCount: Int) {
        let trials = Trials(300, anchorCount: anchorCount, outlierCount: outlierCount)
        #expect(trials.successCount(degrees: 3, metres: 0.1) >= 290)
    }

    @Test(arguments: [(3, 2), (6, 4), (10, 7)])
    func aMajorityOfOutliersIsRefusedRatherThanBelieved(anchorCount: Int, outlierCount: Int) {
        let trials = Trials(300, anchorCount: anchorCount, outlierCount: outlierCount)
        let wrong = trials.metres.count - trials.successCount(degrees: 3, metres: 0.1)
        #expect(wrong <= 6)
    }

    @Test func orientationsMakeTheYawBetter() {
        let without = Trials(anchorCount: 2)
        let with = Trials(anchorCount: 2, facingNoise: radians(degrees: 0.5))
        #expect(with.degrees.quantile(0.9) < without.degrees.quantile(0.9))
        // Two honest sightings are farther apart than the gate allows in 1 case of 300.
        #expect(with.refusals.count <= 10 && without.refusals.count <= 10)
    }

    @Test func poorOrientationsDoNotSpoilAGoodFit() {
        let without = Trials(anchorCount: 6)
        let with = Trials(anchorCount: 6, facingNoise: radians(degrees: 3))
        #expect(with.degrees.quantile(0.5) < 1.1 * without.degrees.quantile(0.5))
        #expect(with.degrees.quantile(0.95) < 1.1 * without.degrees.quantile(0.95))
    }

    /// The normalised squared error of an honest covariance is chi-squared: with four degrees of
    /// freedom (x, y, z and yaw; gravity is exact here) its mean over 1000 trials lies within
    /// 4 ± 0.18 in 95 cases of 100.
    @Test func theCovarianceIsHonest() {
        var sum = 0.0
        var count = 0.0
        for seed in 0..<1_000 {
            var site = SyntheticSite(seed: UInt64(seed), anchorCount: 6)
            let seen = site.sightings(noise: 0.02)
            guard
                case .success(let solution) = DeviceRegistration.solve(site.correspondences(seen))
            else { continue }
            sum += squaredError(site, solution)
            count += 1
        }
        #expect(count >= 990)
        #expect((3.82...4.18).contains(sum / count))
    }

    /// The Mahalanobis distance of position (at the middle of the anchors, where tilt is nothing)
    /// and yaw from the truth.
    private func squaredError(
        _ site: SyntheticSite, _ solution: DeviceRegistration.Solution
    ) -> Double {
        let solved = solution.worldFromDevice
        let turn = solved.transform.rotation * site.worldFromDevice.rotation.conjugate
        let yawError = 2 * arcTangent(turn.z, turn.w)
        let yawVariance = solved.covariance.rotation.row2.z
        let middle =
            site.anchors.anchors.reduce(Vector3.zero) { $0 + $1.worldFromAnchor.translation }
            * (1 / Double(site.anchors.anchors.count))
        let covariance = solved.covariance.moved(by: middle - solved.transform.translation)
        let inDevice = site.worldFromDevice.inverse.apply(middle)
        let gap = solved.transform.apply(inDevice) - middle
        let wrappedYaw = wrappedAngle(yawError)
        return gap.x * gap.x / covariance.position.row0.x
            + gap.y * gap.y / covariance.position.row1.y
            + gap.z * gap.z / covariance.position.row2.z + wrappedYaw * wrappedYaw / yawVariance
    }
}

@Suite struct RegistrationRefusalTests {
    private func solve(
        _ pairs: [(Vector3, Vector3)]
    ) -> Result<DeviceRegistration.Solution, DeviceRegistration.Refusal> {
        DeviceRegistration.solve(
            pairs.map { .init(devicePosition: $0, worldPosition: $1, sigmaMetres: 0.02) })
    }

    @Test func fewerThanTwoAnchorsAreTooFew() {
        #expect(throws: DeviceRegistration.Refusal.tooFew) { try solve([]).get() }
        #expect(throws: DeviceRegistration.Refusal.tooFew) {
            try solve([(.zero, .zero)]).get()
        }
    }

    @Test func twoAnchorsAtTheWrongDistanceAreInconsistent() {
        #expect(throws: DeviceRegistration.Refusal.inconsistent) {
            try solve([(.zero, .zero), (Vector3(2, 0, 0), Vector3(2.3, 0, 0))]).get()
        }
        #expect(throws: DeviceRegistration.Refusal.inconsistent, "no turn about up tips a pair") {
            try solve([(.zero, .zero), (Vector3(2, 0, 0), Vector3(0, 0, 2))]).get()
        }
    }

    @Test func gravitySaysHowHighOneAnchorIsAboveTheOther() {
        let device = Vector3(2, 0, 0)
        #expect(throws: DeviceRegistration.Refusal.inconsistent) {
            try solve([(.zero, .zero), (device, Vector3(2, 0, 0.11))]).get()
        }
        #expect(throws: Never.self) {
            try solve([(.zero, .zero), (device, Vector3(2, 0, 0.05))]).get()
        }
    }

    @Test func twoHalvesThatEachAgreeAreAmbiguous() {
        let square = [Vector3(0, 0, 0), Vector3(4, 0, 1), Vector3(0, 3, 0), Vector3(4, 3, 1)]
        let moved = Vector3(1, 0, 0)
        let pairs = square.enumerated().map { index, point in
            (point, index < 2 ? point : point + moved)
        }
        #expect(throws: DeviceRegistration.Refusal.ambiguous) { try solve(pairs).get() }
    }

    @Test func aColumnOfAnchorsLeavesTheYawOpen() {
        let column = (0..<4).map { Vector3(5, 5, Double($0)) }
        #expect(throws: DeviceRegistration.Refusal.ambiguous) {
            try solve(column.map { ($0, $0) }).get()
        }
    }

    @Test func anOrientationSettlesTheYawOfAColumn() throws {
        let turn = Quaternion(yaw: 1)
        let pairs = (0..<3).map { level in
            DeviceRegistration.Correspondence(
                devicePosition: Vector3(2, 1, Double(level)),
                worldPosition: turn.rotate(Vector3(2, 1, Double(level))), sigmaMetres: 0.02,
                yaw: .init(radians: 1 + 2 * .pi, sigmaRadians: 0.01))
        }
        let solution = try DeviceRegistration.solve(pairs).get()
        #expect(solution.worldFromDevice.transform.rotation.angle(to: turn) < 1e-9)
        #expect(solution.worldFromDevice.transform.translation.length < 1e-9)
    }

    @Test func aMarkerThatFlippedOverIsUsedForItsPlaceOnly() {
        let anchor = Anchor(
            name: "poster", worldFromAnchor: .identity, positionSigmaMetres: 0.01)
        func yaw(_ deviceFromAnchor: Quaternion) -> Double? {
            DeviceRegistration.Correspondence(
                Sighting(
                    anchor: AnchorID(0), position: .zero, observer: Vector3(1, 0, 0),
                    facing: .init(deviceFromAnchor: deviceFromAnchor, sigmaRadians: 0.01),
                    sigmaMetres: 0.02, capturedAt: .zero),
                of: anchor
            ).yaw?.radians
        }
        #expect(yaw(Quaternion(axis: Vector3(1, 0, 0), angle: 0.6)) == nil)
        let upright = yaw(Quaternion(yaw: -0.7))
        #expect(upright.map { abs($0 - 0.7) < 1e-12 } == true)
    }

    @Test func theOrderOfTheSightingsDoesNotMatter() throws {
        var site = SyntheticSite(seed: 5, anchorCount: 12)
        let pairs = site.correspondences(site.sightings(noise: 0.02, outlierCount: 4))
        let forward = try DeviceRegistration.solve(pairs).get().worldFromDevice.transform
        let backward = try DeviceRegistration.solve(pairs.reversed()).get().worldFromDevice
            .transform
        #expect((forward.translation - backward.translation).length < 1e-9)
        #expect(forward.rotation.angle(to: backward.rotation) < 1e-9)
    }
}
