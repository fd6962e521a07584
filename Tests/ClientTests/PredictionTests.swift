import CairnBasics
import CairnClient
import CairnGeometry
import CairnWorld
import Testing

@Suite struct PredictionTests {
    private let limits = MovementLimits(
        maxSpeedUnits: 6 * 256,
        bounds: Bounds(
            lowest: Position(x: -100_000, y: -100_000, z: 0),
            highest: Position(x: 100_000, y: 100_000, z: 0)))

    private func input(_ sequence: UInt32, speed: Double = 2) -> SteeringInput {
        SteeringInput(
            sequence: sequence, durationMilliseconds: 50,
            velocity: Velocity(metresPerSecondX: speed, 0, 0))
    }

    private func instant(milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test func aServerThatAgreesCausesNoCorrection() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        var server = Motion(position: .origin)
        for sequence in UInt32(1)...40 {
            let now = instant(milliseconds: Int64(sequence) * 50)
            prediction.apply(input(sequence), now: now)
            // The server's word comes four inputs late.
            guard sequence > 4 else { continue }
            server = Movement.step(server, by: input(sequence - 4), limits: limits)
            prediction.reconcile(authoritative: server, processed: sequence - 4, now: now)
            #expect(prediction.lastCorrectionMetres == 0)
        }
        #expect(prediction.motion.position.x > server.position.x)
    }

    @Test func aCorrectionFadesInsteadOfJumping() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        let shifted = Motion(position: Position(x: 1_024, y: 0, z: 0))
        let now = instant(milliseconds: 1_000)
        prediction.reconcile(authoritative: shifted, processed: 0, now: now)
        #expect(prediction.lastCorrectionMetres == 1)
        #expect(prediction.shown(now: now).position.x == 0)
        var last: Int32 = 0
        for step in 1...40 {
            let shown = prediction.shown(now: now + .milliseconds(Int64(step) * 20)).position.x
            #expect(shown >= last && shown - last < 200, "jumped from \(last) to \(shown)")
            last = shown
        }
        #expect(abs(last - 1_024) <= 2)
    }

    @Test func aTeleportIsShownAtOnce() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        let far = Motion(position: Position(x: 50 * 1_024, y: 0, z: 0))
        prediction.reconcile(authoritative: far, processed: 0, now: .zero)
        #expect(prediction.shown(now: .zero).position == far.position)
    }

    @Test func sequencesMayWrap() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        prediction.apply(input(UInt32.max), now: .zero)
        prediction.apply(input(0), now: .zero)
        let start = Motion(position: .origin)
        let afterFirst = Movement.step(start, by: input(UInt32.max), limits: limits)
        prediction.reconcile(authoritative: afterFirst, processed: UInt32.max, now: .zero)
        #expect(prediction.lastCorrectionMetres == 0)
        #expect(prediction.motion == Movement.step(afterFirst, by: input(0), limits: limits))
    }

    @Test func framesFinerThanInputsMoveEvenly() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        var last = prediction.shown(now: instant(milliseconds: 1_000)).position.x
        for millisecond in Int64(1_000)..<3_000 {
            let now = instant(milliseconds: millisecond)
            if millisecond % 50 == 0 {
                prediction.apply(input(UInt32(millisecond / 50)), now: now)
            }
            let shown = prediction.shown(now: now).position.x
            // 2 m/s is 2.05 units a millisecond.
            #expect((0...3).contains(shown - last), "moved by \(shown - last) in a millisecond")
            last = shown
        }
        #expect(last > 2 * 2 * 1_024 - 150, "stays behind: \(last)")
    }

    /// Random walks against a server that now and then puts the avatar elsewhere.
    @Test(arguments: UInt64(1)...40)
    func noFrameMovesByMoreThanTheCorrectionAndTheOwnWay(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        var server = Motion(position: .origin)
        var unanswered: [SteeringInput] = []
        var now = instant(milliseconds: 1_000)
        var nextInput = now
        var last = prediction.shown(now: now).position
        var corrections = 0
        for sequence in UInt32(1)...600 {
            let frame = Int64(4 + random.below(13))
            now = now + .milliseconds(frame)
            var correction = 0.0
            if now >= nextInput {
                // A frame that is a little late or early for its tick, as real ones are.
                nextInput = nextInput + .milliseconds(50)
                let next = SteeringInput(
                    sequence: sequence, durationMilliseconds: 50,
                    velocity: Velocity(
                        metresPerSecondX: random.unit() * 8 - 4, random.unit() * 8 - 4, 0))
                prediction.apply(next, now: now)
                unanswered.append(next)
                if unanswered.count > 3 {
                    let answered = unanswered.removeFirst()
                    server = Movement.step(server, by: answered, limits: limits)
                    if random.chance(Ratio(1, in: 8)) {
                        server.position.x += Int32(random.below(2_048)) - 1_024
                    }
                    prediction.reconcile(
                        authoritative: server, processed: answered.sequence, now: now)
                    correction = prediction.lastCorrectionMetres
                    if correction > 0 { corrections += 1 }
                }
            }
            let shown = prediction.shown(now: now).position
            let moved = Double(last.squaredDistance(to: shown)).squareRoot() / 1_024
            // A correction of up to 4 m may still be fading: 0.6 % of it a millisecond at most.
            let own = 6.0 * 1.1 * Double(frame) / 1_000
            #expect(
                moved <= correction + own + 0.03 * Double(frame),
                "moved by \(moved) m in \(frame) ms after a correction of \(correction) m")
            last = shown
        }
        #expect(corrections > 5)
    }

    @Test func aCorrectionIsApproachedWithoutTurningBack() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        for sequence in UInt32(1)...10 {
            prediction.apply(
                input(sequence, speed: 0), now: instant(milliseconds: Int64(sequence) * 50))
        }
        let place = Position(x: 900, y: -700, z: 0)
        let now = instant(milliseconds: 520)
        prediction.reconcile(authoritative: Motion(position: place), processed: 10, now: now)
        var distance = prediction.shown(now: now).position.squaredDistance(to: place)
        #expect(distance == Position.origin.squaredDistance(to: place), "jumped at once")
        for millisecond in Int64(1)...900 {
            let shown = prediction.shown(now: now + .milliseconds(millisecond)).position
            let left = shown.squaredDistance(to: place)
            #expect(left <= distance)
            distance = left
        }
        #expect(distance == 0)
    }
}
