import CairnBasics
import CairnGeometry
import CairnWorld
import Testing

private func at(_ milliseconds: Int64) -> Instant {
    Instant(nanoseconds: 5_000_000_000 + milliseconds * 1_000_000)
}

private func input(_ sequence: UInt32, _ milliseconds: UInt8) -> SteeringInput {
    SteeringInput(sequence: sequence, durationMilliseconds: milliseconds, velocity: .zero)
}

private let limits = MovementLimits(
    maxSpeedUnits: 1280,
    bounds: Bounds(
        lowest: Position(x: -1_000_000, y: -1_000_000, z: -1_000_000),
        highest: Position(x: 1_000_000, y: 1_000_000, z: 1_000_000)))

@Suite struct SpeedHackersGainNothingTests {
    /// 1 % to 1,000 % too fast, and the clients that just flood.
    @Test(arguments: [1.01, 1.02, 1.05, 1.1, 1.5, 2, 5, 11], [2, 16, 50, 100])
    func atNoFactorMoreThanTwoPercentInAMinute(factor: Double, duration: Int) {
        var tally = MotionTally(now: at(0))
        var sequence: UInt32 = 0
        var claimed = 0.0
        for now in Int64(0)...60_000 {
            while claimed + Double(duration) <= Double(now) * factor {
                sequence += 1
                claimed += Double(duration)
                _ = tally.admit(input(sequence, UInt8(duration)), now: at(now))
            }
        }
        #expect(tally.admittedMilliseconds <= 61_200)
        #expect(tally.admittedMilliseconds >= 59_800, "what is honest of it still counts")
        #expect(tally.refusals > 0 || factor < 1.02)
    }

    @Test func aLagSwitchEarnsNoDash() {
        var tally = MotionTally(now: at(0))
        var sequence: UInt32 = 0
        for _ in 0..<600 {  // A minute's inputs, after a minute's silence, at once.
            sequence += 1
            _ = tally.admit(input(sequence, 100), now: at(60_000))
        }
        #expect(tally.admittedMilliseconds <= 1_001)
    }

    /// 20 to 60 inputs a second, through delays of 20 to 820 ms, a clock 0.05 % fast, a tenth of
    /// the packets lost: each packet repeats the inputs of the two before.
    @Test(arguments: 0..<12)
    func anHonestClientIsNeverRefused(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let duration = Int64(16 + random.below(35))
        let jitter = 80 + random.below(720)
        var arrivals: [(time: Int64, newest: UInt32)] = []
        for number in 1...UInt32(120_000 / duration) {
            guard !random.chance(Ratio(1, in: 10)) else { continue }
            let sent = Int64(number) * duration * 1_999 / 2_000
            arrivals.append((sent + 20 + Int64(random.below(jitter)), number))
        }
        arrivals.sort { ($0.time, $0.newest) < ($1.time, $1.newest) }
        var tally = MotionTally(now: at(0))
        for (time, newest) in arrivals {
            for sequence in (max(3, newest) - 2)...newest {
                _ = tally.admit(input(sequence, UInt8(duration)), now: at(time))
            }
        }
        #expect(tally.refusals == 0)
        #expect(tally.admittedMilliseconds > 30_000)
    }

    @Test func anInputCountsOnceHoweverOftenItComes() {
        var tally = MotionTally(now: at(0))
        let verdicts = [UInt32.max, .max, 0, .max].map { tally.admit(input($0, 50), now: at(1)) }
        #expect(verdicts == [.admitted, .repeated, .admitted, .repeated], "sequence numbers wrap")
        #expect(tally.admittedMilliseconds == 100)
        #expect(tally.newestSequence == 0)
    }

    @Test(arguments: [1.01, 1.1, 2, 10, 1000])
    func aDeviceGoesNoFurtherThanItsSpeedAllows(factor: Double) {
        var tally = MotionTally(now: at(0))
        var motion = Motion(position: .origin)
        var claimedX = 0.0
        for number in 1...UInt32(1_200) {
            claimedX += 5.0 * 0.05 * factor
            let place = Position(metresX: min(claimedX, 900), 0, 0)!
            let claim = PoseClaim(sequence: number, motion: Motion(position: place))
            switch tally.admit(claim, from: motion, limits: limits, now: at(Int64(number) * 50)) {
            case .accepted(let accepted): motion = accepted
            case .refused(let nearest): #expect(nearest.position.x < place.x)
            case .repeated: Issue.record("every claim is new")
            }
        }
        #expect(motion.position.metres.x <= 5 * 60 * 1.02)
    }

    @Test func whoIsTakenToTheNearestPlacePaysForTheWay() {
        var tally = MotionTally(now: at(0))
        var motion = Motion(position: .origin)
        let far = Motion(position: Position(metresX: 900, 0, 0)!)
        for number in 1...UInt32(12_000) {
            let now = at(Int64(number) * 5)
            let claim = PoseClaim(sequence: number, motion: far)
            let verdict = tally.admit(claim, from: motion, limits: limits, now: now)
            guard case .refused(let nearest) = verdict else { break }
            let isPaid = tally.pay(for: nearest, from: motion, limits: limits, now: now)
            #expect(isPaid)
            motion = nearest
        }
        #expect(motion.position.metres.x > 5 * 60 * 0.98)
        #expect(motion.position.metres.x <= 5 * 60 * 1.02)
    }

    @Test(arguments: 0..<10)
    func theNearestPlaceOfferedIsAccepted(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func place() -> Position {
            func coordinate() -> Int32 {
                Int32(truncatingIfNeeded: Int64(bitPattern: random.next()))
                    >> Int32(random.below(32))
            }
            return Position(x: coordinate(), y: coordinate(), z: coordinate())
        }
        var tally = MotionTally(now: at(0))
        var motion = Motion(position: .origin)
        var refusals = 0
        for number in 0..<500 {
            let now = at(Int64(number) * 37)
            let sequence = UInt32(number) * 2 + 1
            let claim = PoseClaim(
                sequence: sequence,
                motion: Motion(position: place(), velocity: Velocity(x: 9_000, y: 1, z: -3)))
            switch tally.admit(claim, from: motion, limits: limits, now: now) {
            case .accepted(let accepted): motion = accepted
            case .refused(let nearest):
                refusals += 1
                let second = PoseClaim(sequence: sequence + 1, motion: nearest)
                let verdict = tally.admit(second, from: motion, limits: limits, now: now)
                #expect(verdict == .accepted(nearest))
                motion = nearest
            case .repeated: Issue.record("every claim is new")
            }
            #expect(limits.bounds.contains(motion.position))
            #expect(Movement.limited(motion.velocity, to: limits.maxSpeedUnits) == motion.velocity)
        }
        #expect(refusals > 100)
    }

    @Test func whatCannotMoveStaysAndMayStay() {
        let still = MovementLimits(maxSpeedUnits: 0, bounds: limits.bounds)
        var tally = MotionTally(now: at(0))
        let home = Motion(position: .origin)
        let claim = PoseClaim(sequence: 1, motion: home)
        let staying = tally.admit(claim, from: home, limits: still, now: at(0))
        #expect(staying == .accepted(home))
        let away = PoseClaim(sequence: 2, motion: Motion(position: Position(x: 1, y: 0, z: 0)))
        let going = tally.admit(away, from: home, limits: still, now: at(900))
        #expect(going == .refused(nearest: home))
    }
}

@Suite struct RatesAreKeptTests {
    @Test func aBurstThenTheRate() {
        var limit = RateLimit(perSecond: 10, burst: 5)
        let atOnce = (0..<6).map { _ in limit.admit(now: at(0)) }
        #expect(atOnce == [true, true, true, true, true, false])
        #expect(limit.wait(now: at(0)) == .milliseconds(100))
        let later = [limit.admit(now: at(99)), limit.admit(now: at(100))]
        #expect(later == [false, true])
        #expect(limit.refusals == 2)
    }

    @Test(arguments: 0..<10)
    func overAnyTimeNoMoreThanRateAndBurst(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rate = Int(1 + random.below(200))
        let burst = Int(1 + random.below(30))
        var limit = RateLimit(perSecond: rate, burst: burst)
        var admitted = 0
        var asked = 0
        var now: Int64 = 0
        while now < 10_000 {
            now += Int64(random.below(20))
            let cost = Int(random.below(3))
            asked += cost
            if limit.admit(cost: cost, now: at(now)) { admitted += cost }
            #expect(admitted <= burst + Int(now) * rate / 1_000 + 1)
        }
        #expect(admitted >= min(asked, Int(now) * rate / 1_000) * 8 / 10)
    }

    @Test func whatIsLargerThanTheBucketNeverFits() {
        var limit = RateLimit(perSecond: 10, burst: 5)
        #expect(limit.wait(cost: 6, now: at(0)) == TimeSpan(nanoseconds: .max))
        let admitted = [
            limit.admit(cost: .max, now: at(1_000_000)),
            limit.admit(cost: 5, now: Instant(nanoseconds: .max - 1)),
        ]
        #expect(admitted == [false, true])
    }
}
