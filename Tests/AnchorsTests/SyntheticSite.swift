import CairnAnchors
import CairnBasics
import CairnGeometry

/// Anchors in a room of 10 × 10 × 2.5 m and a device whose frame lies anywhere, with noise and
/// outliers from a seed: what the accuracy targets are measured on.
struct SyntheticSite {
    var anchors: AnchorMap
    let worldFromDevice: RigidTransform
    /// Where the device stands, in the world.
    let standpoint: Vector3
    private var random: SeededRandom

    init(seed: UInt64, anchorCount: Int, anchorSigmaMetres: Double = 0) {
        var random = SeededRandom(seed: seed)
        let corner = random.vector(-500...500)
        let anchors = (0..<anchorCount).map { index in
            Anchor(
                name: "anchor \(index)",
                worldFromAnchor: RigidTransform(
                    rotation: random.rotation(),
                    translation: corner
                        + Vector3(
                            random.within(0...10), random.within(0...10), random.within(0...2.5))),
                positionSigmaMetres: anchorSigmaMetres)
        }
        self.anchors = AnchorMap(anchors)
        standpoint =
            corner + Vector3(random.within(0...10), random.within(0...10), random.within(1...2))
        // The session started up to 20 m away.
        let start = standpoint + random.vector(-20...20)
        worldFromDevice = RigidTransform(
            rotation: Quaternion(yaw: random.within(-3.2...3.2)), translation: start)
        self.random = random
    }

    /// The device sees every anchor with `noise` metres per axis; the first `outlierCount` it sees
    /// somewhere else, by 0.5 to 5 m times a normal deviate.
    mutating func sightings(
        noise: Double, outlierCount: Int = 0, facingNoise: Double? = nil, at now: Instant = .zero
    ) -> [Sighting] {
        let deviceFromWorld = worldFromDevice.inverse
        return anchors.anchors.enumerated().map { index, anchor in
            var position =
                deviceFromWorld.apply(anchor.worldFromAnchor.translation) + random.normal(noise)
            if index < outlierCount {
                position = position + random.normal(random.within(0.5...5))
            }
            var facing: Sighting.Facing?
            if let facingNoise {
                let turn = random.normal(facingNoise)
                let error = Quaternion(
                    x: turn.x / 2, y: turn.y / 2, z: turn.z / 2, w: 1
                ).normalised!
                facing = Sighting.Facing(
                    deviceFromAnchor: error * deviceFromWorld.rotation
                        * anchor.worldFromAnchor.rotation,
                    sigmaRadians: facingNoise)
            }
            return Sighting(
                anchor: AnchorID(UInt16(index)), position: position,
                observer: deviceFromWorld.apply(standpoint), facing: facing,
                sigmaMetres: max(noise, 0.01), capturedAt: now)
        }
    }

    func correspondences(_ sightings: [Sighting]) -> [DeviceRegistration.Correspondence] {
        sightings.map { .init($0, of: anchors[$0.anchor]!) }
    }

    /// How far a solution is off, where the device stands.
    func error(of solved: RigidTransform) -> (metres: Double, radians: Double) {
        let standpointInDevice = worldFromDevice.inverse.apply(standpoint)
        return (
            (solved.apply(standpointInDevice) - standpoint).length,
            solved.rotation.angle(to: worldFromDevice.rotation)
        )
    }
}

extension SeededRandom {
    mutating func within(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    mutating func index(below count: Int) -> Int { Int(unit() * Double(count)) }

    mutating func vector(_ range: ClosedRange<Double>) -> Vector3 {
        Vector3(within(range), within(range), within(range))
    }

    mutating func rotation() -> Quaternion {
        while true {
            let q = Quaternion(
                x: within(-1...1), y: within(-1...1), z: within(-1...1), w: within(-1...1))
            if q.norm > 0.1, q.norm <= 1, let unit = q.normalised { return unit }
        }
    }

    /// Three independent normal deviates (Marsaglia's polar method, a pair at a time).
    mutating func normal(_ sigma: Double) -> Vector3 {
        let first = normalPair()
        return Vector3(first.0 * sigma, first.1 * sigma, normalPair().0 * sigma)
    }

    private mutating func normalPair() -> (Double, Double) {
        while true {
            let (x, y) = (within(-1...1), within(-1...1))
            let radius = x * x + y * y
            guard radius > 0, radius < 1 else { continue }
            let scale = (-2 * naturalLogarithm(radius) / radius).squareRoot()
            return (x * scale, y * scale)
        }
    }
}

/// The natural logarithm by its series in (v - 1)/(v + 1), after halving or doubling into 0.5...1.
private func naturalLogarithm(_ value: Double) -> Double {
    let ratio = (value.significand - 1) / (value.significand + 1)
    let square = ratio * ratio
    var (term, sum) = (ratio, 0.0)
    for odd in stride(from: 1.0, through: 31, by: 2) {
        sum += term / odd
        term *= square
    }
    return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
}

extension Array where Element == Double {
    /// The value below which the given part of the values lie.
    func quantile(_ part: Double) -> Double {
        sorted()[Swift.min(count - 1, Int(part * Double(count)))]
    }
}
