import CairnGeometry

/// The search of `DeviceRegistration`: hypotheses, their scores, and the fit to those that agree.
///
/// A residual is measured against two sigmas: the sideways one of the correspondence, and an
/// upright one that also holds the device's error about down, which lifts and sinks what is far
/// from the middle of the anchors.
struct Consensus {
    /// A pose and what agrees with it.
    struct Candidate {
        var pose: GravityAlignedPose
        /// Bit `i` is set when correspondence `i` agrees.
        var inliers: UInt32 = 0
        /// Bit `i` is set when the yaw of correspondence `i` agrees as well.
        var yawInliers: UInt32 = 0
        /// How far below the gate the residuals stay, summed: the negative truncated
        /// Mahalanobis cost but for a constant.
        var score = 0.0

        /// How many measurements, places and yaws, agree.
        var voteCount: Int { inliers.nonzeroBitCount + yawInliers.nonzeroBitCount }

        /// True when more, or better, agree with this one; one alone agrees with anything.
        func improves(on other: Candidate) -> Bool {
            score > other.score && inliers.nonzeroBitCount >= 2
        }
    }

    let correspondences: [DeviceRegistration.Correspondence]
    /// One over the variance of each, sideways and upright.
    let weights: [Double]
    let uprightWeights: [Double]

    init(_ correspondences: [DeviceRegistration.Correspondence]) {
        self.correspondences = correspondences
        weights = correspondences.map { 1 / ($0.sigmaMetres * $0.sigmaMetres) }
        let middle =
            correspondences.reduce(Vector3.zero) { $0 + $1.worldPosition }
            * (1 / Double(correspondences.count))
        uprightWeights = correspondences.map {
            let arm = $0.worldPosition - middle
            let lift = hypotenuse(arm.x, arm.y) * DeviceRegistration.gravitySigmaRadians
            return 1 / ($0.sigmaMetres * $0.sigmaMetres + lift * lift)
        }
    }

    /// Every hypothesis that at least two correspondences agree with, refitted to those once.
    ///
    /// Hypotheses that the same ones agree with lead to the same fit, so one of them is enough;
    /// among honest sightings that saves nearly all of the work.
    func candidates() -> [Candidate] {
        var found: [Candidate] = []
        var known: [UInt64] = []
        func consider(_ pose: GravityAlignedPose) {
            let first = judge(pose)
            guard first.inliers.nonzeroBitCount >= 2 else { return }
            let votes = UInt64(first.inliers) << 32 | UInt64(first.yawInliers)
            guard !known.contains(votes) else { return }
            known.append(votes)
            let second = judge(fit(first))
            found.append(second.improves(on: first) ? second : first)
        }
        for first in correspondences.indices {
            for second in (first + 1)..<correspondences.count {
                if let pose = hypothesis(first, second) { consider(pose) }
            }
            if let yaw = correspondences[first].yaw {
                consider(
                    GravityAlignedPose(
                        yaw: yaw.radians, taking: correspondences[first].devicePosition,
                        to: correspondences[first].worldPosition))
            }
        }
        return found
    }

    /// Fits and judges until the inliers stay the same.
    func settle(_ candidate: Candidate) -> Candidate {
        var settled = candidate
        // Each round raises the score, so this ends; ten rounds were never needed.
        for _ in 0..<10 {
            let next = judge(fit(settled))
            guard next.improves(on: settled) else { break }
            settled = next
        }
        return settled
    }

    /// True when the two put some inlier of the better one at clearly different places: apart by
    /// more than both gates together, so that noise does not explain it.
    func differ(_ candidate: Candidate, _ best: Candidate) -> Bool {
        correspondences.indices.contains { index in
            guard best.inliers & (1 << UInt32(index)) != 0 else { return false }
            let point = correspondences[index].devicePosition
            let gap = candidate.pose.apply(point) - best.pose.apply(point)
            return squaredResidual(gap, index) > 4 * DeviceRegistration.positionGate
        }
    }

    /// The pose that makes this pair agree as well as it can; nil where no turn can.
    private func hypothesis(_ first: Int, _ second: Int) -> GravityAlignedPose? {
        let (one, other) = (correspondences[first], correspondences[second])
        let device = other.devicePosition - one.devicePosition
        let world = other.worldPosition - one.worldPosition
        let stretch = hypotenuse(world.x, world.y) - hypotenuse(device.x, device.y)
        let rise = world.z - device.z
        let misfit =
            stretch * stretch / (1 / weights[first] + 1 / weights[second])
            + rise * rise / (1 / uprightWeights[first] + 1 / uprightWeights[second])
        guard misfit <= DeviceRegistration.positionGate else { return nil }
        let yaw = arcTangent(
            device.x * world.y - device.y * world.x, device.x * world.x + device.y * world.y)
        return GravityAlignedPose(
            yaw: yaw, taking: (one.devicePosition + other.devicePosition) * 0.5,
            to: (one.worldPosition + other.worldPosition) * 0.5)
    }

    /// Who agrees with the pose, and how well.
    private func judge(_ pose: GravityAlignedPose) -> Candidate {
        var judged = Candidate(pose: pose)
        for (index, correspondence) in correspondences.enumerated() {
            let residual = correspondence.worldPosition - pose.apply(correspondence.devicePosition)
            let squared = squaredResidual(residual, index)
            guard squared <= DeviceRegistration.positionGate else { continue }
            judged.inliers |= 1 << UInt32(index)
            judged.score += DeviceRegistration.positionGate - squared
            guard let yaw = correspondence.yaw else { continue }
            let turn = wrappedAngle(yaw.radians - pose.yaw) / yaw.sigmaRadians
            guard turn * turn <= DeviceRegistration.yawGate else { continue }
            judged.yawInliers |= 1 << UInt32(index)
            judged.score += DeviceRegistration.yawGate - turn * turn
        }
        return judged
    }

    func squaredResidual(_ residual: Vector3, _ index: Int) -> Double {
        (residual.x * residual.x + residual.y * residual.y) * weights[index]
            + residual.z * residual.z * uprightWeights[index]
    }
}
