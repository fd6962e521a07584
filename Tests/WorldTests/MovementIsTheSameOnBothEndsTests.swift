import CairnBasics
import CairnGeometry
import CairnWorld
import Testing

private let limits = MovementLimits(
    maxSpeedUnits: 1280,
    bounds: Bounds(
        lowest: Position(x: -40_000, y: -40_000, z: 0),
        highest: Position(x: 40_000, y: 40_000, z: 8_000)))

private func randomInput(_ random: inout SeededRandom) -> SteeringInput {
    func component() -> Int16 {
        Int16(truncatingIfNeeded: Int64(bitPattern: random.next())) >> Int16(random.below(16))
    }
    return SteeringInput(
        sequence: UInt32(truncatingIfNeeded: random.next()),
        durationMilliseconds: UInt8(1 + random.below(100)),
        velocity: Velocity(x: component(), y: component(), z: component()),
        animation: UInt8(random.below(4)))
}

private func speed(_ velocity: Velocity) -> Double {
    let (x, y, z) = (Double(velocity.x), Double(velocity.y), Double(velocity.z))
    return (x * x + y * y + z * z).squareRoot()
}

@Suite struct MovementIsTheSameOnBothEndsTests {
    @Test func aWalkComesOutAsItAlwaysDid() {
        // Golden: if this changes, clients and servers of different builds drift apart.
        var motion = Motion(position: .origin)
        for input in [
            SteeringInput(
                sequence: 1, durationMilliseconds: 50, velocity: Velocity(x: 358, y: -7, z: 0)),
            SteeringInput(
                sequence: 2, durationMilliseconds: 16, velocity: Velocity(x: 358, y: 1100, z: 0)),
            SteeringInput(
                sequence: 3, durationMilliseconds: 100, velocity: Velocity(x: -9000, y: 0, z: 9)),
        ] {
            motion = Movement.step(motion, by: input, limits: limits)
        }
        #expect(motion.position == Position(x: -418, y: 69, z: 0))
        #expect(motion.velocity == Velocity(x: -1278, y: 0, z: 0))
    }

    @Test(arguments: 0..<10)
    func aReplayAgreesToTheUnit(seed: UInt64) {
        func walk() -> [Motion] {
            var random = SeededRandom(seed: seed)
            var motion = Motion(position: .origin)
            return (0..<1_000).map { _ in
                motion = Movement.step(motion, by: randomInput(&random), limits: limits)
                return motion
            }
        }
        #expect(walk() == walk())
    }

    @Test(arguments: 0..<10)
    func noStepLeavesTheWorldOrBreaksTheLimit(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var motion = Motion(position: .origin)
        for _ in 0..<800 {
            let input = randomInput(&random)
            let next = Movement.step(motion, by: input, limits: limits)
            #expect(limits.bounds.contains(next.position))
            #expect(speed(next.velocity) <= Double(limits.maxSpeedUnits))
            let way = Double(motion.position.squaredDistance(to: next.position)).squareRoot()
            #expect(way * 250 <= 1280 * Double(input.durationMilliseconds))
            #expect(next.animation == input.animation)
            motion = next
        }
    }

    @Test(arguments: 0..<10)
    func manyShortInputsCarryNoFurtherThanOneLong(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            var wish = randomInput(&random)
            wish.durationMilliseconds = 100
            let long = Movement.step(Motion(position: .origin), by: wish, limits: limits)
            var short = Motion(position: .origin)
            wish.durationMilliseconds = 1
            for _ in 0..<100 { short = Movement.step(short, by: wish, limits: limits) }
            #expect(short.position.x.magnitude <= long.position.x.magnitude)
            #expect(short.position.y.magnitude <= long.position.y.magnitude)
        }
    }

    @Test(arguments: 0..<10)
    func theVelocityShownIsTheOneThatWasMade(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            var input = randomInput(&random)
            let first = Movement.step(Motion(position: .origin), by: input, limits: limits)
            guard first.position.z > 0 || input.velocity.z == 0 else { continue }
            // Steering with the velocity shown makes the same step: dead reckoning is exact.
            input.velocity = first.velocity
            let again = Movement.step(Motion(position: .origin), by: input, limits: limits)
            #expect(again == first)
        }
    }

    @Test func anAvatarAtTheEdgeStands() {
        let edge = Motion(position: Position(x: 40_000, y: 0, z: 0))
        let input = SteeringInput(
            sequence: 1, durationMilliseconds: 50, velocity: Velocity(x: 1280, y: 0, z: -1280))
        let pressed = Movement.step(edge, by: input, limits: limits)
        #expect(pressed.position == edge.position)
        #expect(pressed.velocity == .zero)
    }

    @Test func nothingFromOutsideTraps() {
        for extreme in [Int32.min, .max] {
            for component in [Int16.min, .max] {
                for duration in [UInt8(0), 1, 255] {
                    let motion = Movement.step(
                        Motion(position: Position(x: extreme, y: extreme, z: extreme)),
                        by: SteeringInput(
                            sequence: 0, durationMilliseconds: duration,
                            velocity: Velocity(x: component, y: component, z: component)),
                        limits: limits)
                    #expect(limits.bounds.contains(motion.position))
                }
            }
        }
    }
}
