import CairnBasics
import CairnGeometry
import Testing

@Suite struct RigidTransformTests {
    @Test(arguments: 0..<50)
    func aTransformAndItsInverseCancel(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let transform = random.transform(within: 1000)
        for product in [transform * transform.inverse, transform.inverse * transform] {
            #expect(product.translation.length < 1e-12 * 1000)
            #expect(product.rotation.angle(to: .identity) < 1e-12)
        }
    }

    @Test(arguments: 0..<50)
    func composingIsApplyingOneAfterTheOther(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let (outer, inner) = (random.transform(within: 10), random.transform(within: 10))
        let point = random.vector(within: 10)
        #expect(distance((outer * inner).apply(point), outer.apply(inner.apply(point))) < 1e-12)
    }

    @Test func aQuarterTurnAboutUpTakesEastToNorth() {
        let turned = Quaternion(yaw: .pi / 2).rotate(Vector3(1, 0, 0))
        #expect(distance(turned, Vector3(0, 1, 0)) < 1e-15)
    }

    @Test(arguments: 0..<50)
    func theMatrixOfARotationTurnsAsTheRotationDoes(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let (rotation, vector) = (random.rotation(), random.vector(within: 10))
        #expect(distance(Matrix3(rotation) * vector, rotation.rotate(vector)) < 1e-12)
    }

    @Test func smallAnglesBetweenRotationsKeepTheirPrecision() {
        let turn = Quaternion(yaw: 1e-9)
        #expect(abs(turn.angle(to: .identity) - 1e-9) < 1e-15)
        #expect(abs(Quaternion(yaw: 3).angle(to: Quaternion(yaw: -3)) - (2 * .pi - 6)) < 1e-12)
    }

    @Test func onlyNearlyUnitQuaternionsAreTakenFromOutside() {
        let near = Quaternion(nearUnit: Quaternion(x: 0, y: 0, z: 0, w: 1.0009))
        #expect(near == .identity)
        #expect(Quaternion(nearUnit: Quaternion(x: 0, y: 0, z: 0, w: 1.0011)) == nil)
        #expect(Quaternion(nearUnit: Quaternion(x: 0, y: 0, z: 0, w: 0)) == nil)
        #expect(Quaternion(nearUnit: Quaternion(x: .nan, y: 0, z: 0, w: 1)) == nil)
        #expect(Quaternion(nearUnit: Quaternion(x: .infinity, y: 0, z: 0, w: 1)) == nil)
    }

    @Test(arguments: 0..<50)
    func theLargestEigenvalueBoundsEveryDirection(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let variances = Vector3(random.within(0...4), random.within(0...4), random.within(0...4))
        let turn = Matrix3(random.rotation())
        let covariance = turn * Matrix3(diagonal: variances) * turn.transpose
        let largest = max(variances.x, variances.y, variances.z)
        #expect(abs(covariance.largestEigenvalue - largest) < 1e-12)
    }
}

@Suite struct OrientationBitsTests {
    @Test func everyBitPatternIsAUnitQuaternion() {
        var random = SeededRandom(seed: 1)
        for bits in (0..<10_000).map({ _ in UInt32(truncatingIfNeeded: random.next()) }) + [
            0, .max, 0x3fff_ffff, 1 << 30, 3 << 30,
        ] {
            let norm = Quaternion(Orientation(bits: bits)).norm
            #expect(abs(norm - 1) < 1e-12, "bits \(bits)")
        }
    }

    @Test func rotationsSurviveThirtyTwoBitsToAQuarterDegree() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<2_000 {
            let rotation = random.rotation()
            let kept = Quaternion(Orientation(rotation)!)
            #expect(rotation.angle(to: kept) < radians(degrees: 0.25))
        }
    }
}
