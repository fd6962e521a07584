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

    @Test func aServerThatAgreesCausesNoCorrection() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        var server = Motion(position: .origin)
        for sequence in UInt32(1)...40 {
            prediction.apply(input(sequence))
            // The server's word comes four inputs late.
            guard sequence > 4 else { continue }
            server = Movement.step(server, by: input(sequence - 4), limits: limits)
            prediction.reconcile(
                authoritative: server, processed: sequence - 4,
                now: Instant(nanoseconds: Int64(sequence) * 50_000_000))
            #expect(prediction.lastCorrectionMetres == 0)
        }
        #expect(prediction.motion.position.x > server.position.x)
    }

    @Test func aCorrectionFadesInsteadOfJumping() {
        var prediction = Prediction(motion: Motion(position: .origin), limits: limits)
        let shifted = Motion(position: Position(x: 1_024, y: 0, z: 0))
        let now = Instant(nanoseconds: 1_000_000_000)
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
        prediction.apply(input(UInt32.max))
        prediction.apply(input(0))
        let start = Motion(position: .origin)
        let afterFirst = Movement.step(start, by: input(UInt32.max), limits: limits)
        prediction.reconcile(authoritative: afterFirst, processed: UInt32.max, now: .zero)
        #expect(prediction.lastCorrectionMetres == 0)
        #expect(prediction.motion == Movement.step(afterFirst, by: input(0), limits: limits))
    }
}
