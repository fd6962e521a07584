import CairnBasics
import CairnGeometry
import Testing

@Suite struct GeoPoseAnglesTests {
    private func nose(_ angles: YawPitchRoll) -> Vector3 {
        angles.rotation.rotate(Vector3(1, 0, 0))
    }

    @Test func yawZeroFacesEastAndGrowsCounterClockwise() {
        #expect(distance(nose(YawPitchRoll(yawDegrees: 0)), Vector3(1, 0, 0)) < 1e-15)
        #expect(distance(nose(YawPitchRoll(yawDegrees: 90)), Vector3(0, 1, 0)) < 1e-15)
    }

    @Test(arguments: [
        (0.0, 90.0), (90, 0), (180, 270), (-90, 180), (181.325, 268.675), (450, 0), (90.5, 359.5),
    ])
    func theCompassHeadingIsNinetyMinusYaw(yaw: Double, heading: Double) {
        #expect(abs(YawPitchRoll(yawDegrees: yaw).headingDegrees - heading) < 1e-9)
    }

    @Test func positivePitchPointsDown() {
        let down = nose(YawPitchRoll(yawDegrees: 0, pitchDegrees: 30))
        #expect(abs(down.z + 0.5) < 1e-15)
        let rolled = YawPitchRoll(yawDegrees: 0, rollDegrees: 90).rotation
        #expect(
            distance(rolled.rotate(Vector3(0, 1, 0)), Vector3(0, 0, 1)) < 1e-15,
            "positive roll lifts the left side")
    }

    /// q_geopose = q_w q_sdk q_b for ARCore's East-up-South frame and its OpenGL camera.
    @Test func camerasOfEastUpSouthFramesFaceWhereTheyShould() {
        let root = 0.5.squareRoot()
        let world = Quaternion(x: root, y: 0, z: 0, w: root)
        let body = Quaternion(x: 0.5, y: -0.5, z: -0.5, w: -0.5)
        let north = YawPitchRoll(world * .identity * body)
        #expect(abs(north.yawDegrees - 90) < 1e-9)
        let turn = Quaternion(axis: Vector3(0, 1, 0), angle: -.pi / 2)
        let east = YawPitchRoll(world * turn * body)
        for angle in [east.yawDegrees, east.pitchDegrees, east.rollDegrees] {
            #expect(abs(angle) < 1e-9)
        }
    }

    @Test(arguments: 0..<20)
    func anglesAndQuaternionsAgree(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<100 {
            let rotation = random.rotation()
            let back = YawPitchRoll(rotation).rotation
            #expect(rotation.angle(to: back) < 1e-12)
        }
        for pitch in [90.0, -90] {
            let upright = YawPitchRoll(
                yawDegrees: random.within(-180...180), pitchDegrees: pitch, rollDegrees: 17)
            let back = YawPitchRoll(upright.rotation)
            #expect(upright.rotation.angle(to: back.rotation) < 1e-8, "straight up or down")
        }
    }
}

@Suite struct WorldOriginTests {
    private func origin(_ random: inout SeededRandom, turned: Bool) -> WorldOrigin {
        WorldOrigin(
            GeoPose(
                position: random.place(heights: -400...4_000),
                rotation: turned ? random.rotation() : .identity))!
    }

    @Test(arguments: 0..<40)
    func posesSurviveTheWayToTheEarthAndBackToAMicrometre(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let origin = origin(&random, turned: seed % 2 == 1)
        for radius in [1.0, 1_000, 2_097_000] {
            for _ in 0..<50 {
                let pose = random.transform(within: radius)
                let geoPose = try #require(origin.geoPose(of: pose))
                let back = origin.worldFromBody(of: geoPose)
                #expect(distance(back.translation, pose.translation) < 1e-6)
                #expect(back.rotation.angle(to: pose.rotation) < 1e-9)
            }
        }
    }

    @Test(arguments: 0..<20)
    func fixedPointPlacesComeBackExactly(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let origin = origin(&random, turned: seed % 2 == 1)
        for _ in 0..<100 {
            let position = Position(
                x: Int32(truncatingIfNeeded: random.next()),
                y: Int32(truncatingIfNeeded: random.next()),
                z: Int32(truncatingIfNeeded: random.next()))
            let orientation = Orientation(random.rotation())!
            let geoPose = origin.geoPose(position: position, orientation: orientation)
            let back = try #require(origin.place(of: geoPose))
            #expect(back.position == position)
            #expect(
                Quaternion(back.orientation).angle(to: Quaternion(orientation))
                    < radians(degrees: 0.25))
        }
    }

    @Test func theWorldIsNotFlat() throws {
        let origin = try #require(
            WorldOrigin(latitudeDegrees: 0, longitudeDegrees: 0, heightMetres: 0))
        let east = try #require(origin.geoPose(of: RigidTransform(translation: Vector3(1e5, 0, 0))))
        #expect(abs(east.position.heightMetres - 783.9) < 0.1, "d²/2R above the ground")
        // There, up leans by the angle that was travelled, and what is level in the world is not.
        #expect(abs(east.angles.pitchDegrees + 0.8983) < 1e-3)
    }

    @Test func theCornersOfTheWorldHaveGeoPosesEvenFromItsDeepestOrigin() {
        for height in [WorldOrigin.heightRange.lowerBound, WorldOrigin.heightRange.upperBound] {
            let origin = WorldOrigin(
                latitudeDegrees: 45, longitudeDegrees: 45, heightMetres: height)!
            for corner in 0..<8 {
                let position = Position(
                    x: corner & 1 == 0 ? .min : .max, y: corner & 2 == 0 ? .min : .max,
                    z: corner & 4 == 0 ? .min : .max)
                let geoPose = origin.geoPose(position: position, orientation: .identity)
                #expect(GeodeticPosition.heightRange.contains(geoPose.position.heightMetres))
            }
        }
    }

    @Test func whatIsBeyondTheWorldHasNoPlaceInIt() throws {
        let origin = try #require(
            WorldOrigin(latitudeDegrees: 47, longitudeDegrees: 8, heightMetres: 400))
        let antipode = GeoPose(
            position: GeodeticPosition(
                latitudeDegrees: -47, longitudeDegrees: -172, heightMetres: 0)!,
            rotation: .identity)
        #expect(origin.place(of: antipode) == nil)
        #expect(
            WorldOrigin(latitudeDegrees: 47, longitudeDegrees: 8, heightMetres: -200_000) == nil)
    }
}
