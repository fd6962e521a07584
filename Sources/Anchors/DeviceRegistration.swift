public import CairnGeometry

/// Where a device's frame lies in the world, from what it saw of anchors that the world knows.
///
/// AR frames are aligned with gravity, so four numbers are sought: yaw and a translation. A few
/// wrong sightings (a moved poster, a mistaken marker) must not bend them, so this is not least
/// squares over everything: every pair of sightings, and every sighting with an orientation, is a
/// hypothesis; each is scored by how many others agree with it, and the best is refitted to those.
/// All of them are tried, so the answer depends on the sightings alone, not on luck or order. What
/// is not clearly one answer is refused: a wrong pose is worse than none.
///
/// - Complexity: cubic in the number of sightings; below 1 ms for `maximumCount` (276 pairs).
public enum DeviceRegistration {
    /// More sightings than this would make the pairs too many for one tick.
    public static let maximumCount = 24

    /// A sighting beside what the world knows of its anchor.
    public struct Correspondence: Hashable, Sendable {
        /// Where the anchor was in the device's frame, and where it is in the world, in metres.
        public var devicePosition: Vector3
        public var worldPosition: Vector3
        /// The standard deviation of their difference along each axis, in metres.
        public var sigmaMetres: Double
        /// The yaw of the device's frame in the world by the anchor's orientation alone.
        public var yaw: YawMeasurement?

        public init(
            devicePosition: Vector3, worldPosition: Vector3, sigmaMetres: Double,
            yaw: YawMeasurement? = nil
        ) {
            self.devicePosition = devicePosition
            self.worldPosition = worldPosition
            self.sigmaMetres = sigmaMetres
            self.yaw = yaw
        }
    }

    /// An angle about the vertical axis and its standard deviation, in radians.
    public struct YawMeasurement: Hashable, Sendable {
        public var radians: Double
        public var sigmaRadians: Double

        public init(radians: Double, sigmaRadians: Double) {
            self.radians = radians
            self.sigmaRadians = sigmaRadians
        }
    }

    /// Why there is no answer.
    public enum Refusal: UInt8, Error, Hashable, Sendable, CaseIterable {
        /// Fewer than two anchors were seen.
        case tooFew = 1
        /// Fewer than two, or than half, of the sightings agree on anything.
        case inconsistent = 2
        /// Two clearly different answers explain the sightings about equally well, or the anchors
        /// stand so that the yaw stays open.
        case ambiguous = 3
    }

    /// An answer.
    public struct Solution: Hashable, Sendable {
        /// Turns the device's coordinates into the world's; its rotation is about the vertical.
        public var worldFromDevice: UncertainTransform
        /// How many sightings agree with it, of how many.
        public var inlierCount: Int
        public var sightingCount: Int
        /// Which ones: bit `i` stands for correspondence `i`.
        public var inliers: UInt32
        /// The root mean square distance of the inliers from where they should be, in metres.
        public var residualMetres: Double
    }

    /// How far a device's idea of up may be off, as a standard deviation in radians: an
    /// accelerometer at rest does better, one in a moving hand hardly.
    public static let gravitySigmaRadians = radians(degrees: 0.3)

    /// What a right sighting stays below 99 times of 100: chi-squared with three degrees of
    /// freedom.
    static let positionGate = 11.345
    /// The same with one degree of freedom, for a yaw.
    static let yawGate = 6.635
    /// A yaw less certain than this puts what stands 10 m away more than 2.5 m aside.
    static let maximumYawSigma = radians(degrees: 15)
    /// A rival with as many votes makes an answer ambiguous, and so does one with this part of
    /// them, unless these are two: any two sightings at the right distance agree with each other.
    static let rivalPart = 0.8

    /// Solves for the device's frame.
    ///
    /// - Precondition: at most `maximumCount` correspondences, finite, with positive sigmas.
    public static func solve(_ correspondences: [Correspondence]) -> Result<Solution, Refusal> {
        precondition(correspondences.count <= maximumCount)
        guard correspondences.count >= 2 else { return .failure(.tooFew) }
        let consensus = Consensus(correspondences)
        let candidates = consensus.candidates()
        // The first of equals wins, so that order in is order out.
        guard var best = candidates.max(by: { $0.score < $1.score }) else {
            return .failure(.inconsistent)
        }
        best = consensus.settle(best)
        let inlierCount = best.inliers.nonzeroBitCount
        guard inlierCount >= 2, 2 * inlierCount >= correspondences.count else {
            return .failure(.inconsistent)
        }
        let hasRival = candidates.contains { candidate in
            let isStrong =
                candidate.voteCount >= best.voteCount
                || candidate.voteCount > 2
                    && Double(candidate.voteCount) >= rivalPart * Double(best.voteCount)
            return isStrong && consensus.differ(candidate, best)
        }
        guard !hasRival, let solution = consensus.solution(best) else {
            return .failure(.ambiguous)
        }
        return .success(solution)
    }
}

extension DeviceRegistration.Correspondence {
    /// Pairs a sighting with its anchor.
    ///
    /// An orientation that would tip the device's up by more than 3° (or by three of its sigmas)
    /// contradicts gravity; only the sighting's position is then used. Markers seen from straight
    /// ahead often flip so.
    public init(_ sighting: Sighting, of anchor: Anchor) {
        let ownVariance = sighting.sigmaMetres * sighting.sigmaMetres
        let anchorVariance = anchor.positionSigmaMetres * anchor.positionSigmaMetres
        self.init(
            devicePosition: sighting.position,
            worldPosition: anchor.worldFromAnchor.translation,
            sigmaMetres: (ownVariance + anchorVariance).squareRoot())
        guard let facing = sighting.facing else { return }
        let turn = anchor.worldFromAnchor.rotation * facing.deviceFromAnchor.conjugate
        let sigma = hypotenuse(facing.sigmaRadians, anchor.rotationSigmaRadians)
        let tilt = 2 * arcSine(hypotenuse(turn.x, turn.y))
        guard tilt <= max(radians(degrees: 3), 3 * sigma) else { return }
        yaw = DeviceRegistration.YawMeasurement(
            radians: 2 * arcTangent(turn.z, turn.w), sigmaRadians: sigma)
    }
}
