import CairnGeometry

// The fit of a pose to the correspondences that agree, and how certain it is.

extension Consensus {
    /// What the inliers of a candidate add up to.
    private struct Sums {
        var deviceMiddle = Vector3.zero
        var worldMiddle = Vector3.zero
        /// Of the sideways offsets from the middles: products along and across, and squared arms.
        var along = 0.0
        var across = 0.0
        /// What the positions and the yaws know about the yaw, in 1/rad².
        var armInformation = 0.0
        var yawInformation = 0.0
        /// The variances of the middle in the world, sideways and upright, in m².
        var sidewaysVariance = 0.0
        var uprightVariance = 0.0
    }

    /// The weighted least-squares pose over the inliers: Umeyama's solution in the plane, which is
    /// an arc tangent, then Newton's steps where orientations were measured too.
    func fit(_ candidate: Candidate) -> GravityAlignedPose {
        let sums = self.sums(candidate)
        var yaw = candidate.pose.yaw
        if candidate.yawInliers == 0 {
            if sums.along != 0 || sums.across != 0 { yaw = arcTangent(sums.across, sums.along) }
        } else {
            for _ in 0..<4 { yaw += newtonStep(from: yaw, sums, candidate) }
        }
        return GravityAlignedPose(yaw: yaw, taking: sums.deviceMiddle, to: sums.worldMiddle)
    }

    /// One step towards the yaw of least cost; the start is within the gates, hence near.
    private func newtonStep(from yaw: Double, _ sums: Sums, _ candidate: Candidate) -> Double {
        var slope = sums.along * sine(yaw) - sums.across * cosine(yaw)
        for (index, correspondence) in correspondences.enumerated() {
            guard candidate.yawInliers & (1 << UInt32(index)) != 0,
                let measured = correspondence.yaw
            else { continue }
            slope +=
                wrappedAngle(yaw - measured.radians)
                / (measured.sigmaRadians * measured.sigmaRadians)
        }
        let curvature =
            max(0, sums.along * cosine(yaw) + sums.across * sine(yaw)) + sums.yawInformation
        return max(-0.5, min(0.5, -slope / curvature))
    }

    private func sums(_ candidate: Candidate) -> Sums {
        var sums = Sums()
        let inliers = correspondences.indices.filter { candidate.inliers & (1 << UInt32($0)) != 0 }
        var (total, uprightTotal, uprightSpread) = (0.0, 0.0, 0.0)
        for index in inliers {
            let (device, world) = (
                correspondences[index].devicePosition, correspondences[index].worldPosition
            )
            let (weight, upright) = (weights[index], uprightWeights[index])
            total += weight
            uprightTotal += upright
            uprightSpread += upright * upright / weight
            sums.deviceMiddle = sums.deviceMiddle + scale(device, weight, upright)
            sums.worldMiddle = sums.worldMiddle + scale(world, weight, upright)
        }
        sums.deviceMiddle = scale(sums.deviceMiddle, 1 / total, 1 / uprightTotal)
        sums.worldMiddle = scale(sums.worldMiddle, 1 / total, 1 / uprightTotal)
        sums.sidewaysVariance = 1 / total
        // The lift by a tilt is no noise of the middle, so only the sightings' own sigmas count.
        sums.uprightVariance = uprightSpread / (uprightTotal * uprightTotal)
        for index in inliers {
            let device = correspondences[index].devicePosition - sums.deviceMiddle
            let world = correspondences[index].worldPosition - sums.worldMiddle
            let weight = weights[index]
            sums.along += weight * (device.x * world.x + device.y * world.y)
            sums.across += weight * (device.x * world.y - device.y * world.x)
            sums.armInformation += weight * (world.x * world.x + world.y * world.y)
            if candidate.yawInliers & (1 << UInt32(index)) != 0,
                let yaw = correspondences[index].yaw
            {
                sums.yawInformation += 1 / (yaw.sigmaRadians * yaw.sigmaRadians)
            }
        }
        return sums
    }

    private func scale(_ point: Vector3, _ sideways: Double, _ upright: Double) -> Vector3 {
        Vector3(point.x * sideways, point.y * sideways, point.z * upright)
    }

    /// The candidate with its covariance; nil where the yaw is left open.
    ///
    /// At the middle of the anchors translation and rotation do not depend on each other, so the
    /// covariance is diagonal there; the lever to the device's origin does the rest.
    func solution(_ candidate: Candidate) -> DeviceRegistration.Solution? {
        let sums = self.sums(candidate)
        let count = candidate.inliers.nonzeroBitCount
        let inflation = self.inflation(candidate)
        let information = sums.armInformation + sums.yawInformation
        let yawVariance = inflation / information
        guard yawVariance <= DeviceRegistration.maximumYawSigma * DeviceRegistration.maximumYawSigma
        else { return nil }
        let sideways = inflation * sums.sidewaysVariance
        let tilt = DeviceRegistration.gravitySigmaRadians * DeviceRegistration.gravitySigmaRadians
        let atMiddle = PoseCovariance(
            position: Matrix3(
                diagonal: Vector3(sideways, sideways, inflation * sums.uprightVariance)),
            rotation: Matrix3(diagonal: Vector3(tilt, tilt, yawVariance)))
        let transform = candidate.pose.transform
        return DeviceRegistration.Solution(
            worldFromDevice: UncertainTransform(
                transform,
                covariance: atMiddle.moved(by: transform.translation - sums.worldMiddle)),
            inlierCount: count, sightingCount: correspondences.count, inliers: candidate.inliers,
            residualMetres: (squaredDistance(candidate) / Double(count)).squareRoot())
    }

    /// The factor by which the residuals say that the sigmas are too small: 1 unless they are
    /// larger than honest sigmas give in one case of a hundred.
    private func inflation(_ candidate: Candidate) -> Double {
        let count = candidate.inliers.nonzeroBitCount
        let freedom = Double(3 * count - 4)
        var squared = 0.0
        for (index, correspondence) in correspondences.enumerated()
        where candidate.inliers & (1 << UInt32(index)) != 0 {
            squared += squaredResidual(
                correspondence.worldPosition - candidate.pose.apply(correspondence.devicePosition),
                index)
        }
        // The 99th percentile of chi-squared (Wilson and Hilferty, 1931).
        let spread = 2 / (9 * freedom)
        let root = 1 - spread + 2.326 * spread.squareRoot()
        return squared > freedom * root * root * root ? squared / freedom : 1
    }

    private func squaredDistance(_ candidate: Candidate) -> Double {
        var sum = 0.0
        for (index, correspondence) in correspondences.enumerated()
        where candidate.inliers & (1 << UInt32(index)) != 0 {
            sum +=
                (correspondence.worldPosition - candidate.pose.apply(correspondence.devicePosition))
                .squaredLength
        }
        return sum
    }
}
