import CairnBasics
import CairnServer
import Testing

/// Under load the server gives up the least first, and everything comes back.
@Suite struct OverloadLadderTests {
    private static let period = TimeSpan.milliseconds(50)

    /// A ladder and the time that has passed for it.
    private struct Scene {
        var ladder = OverloadLadder()
        var now = Instant.zero
        var seen: [OverloadRung] = [.none]
        var shares: Set<Int> = [OverloadLadder.fullTimeShare]

        /// Ticks for a while, each needing so many thousandths of the world's period; the world's pace
        /// stretches it.
        mutating func run(_ permille: Int64, for span: TimeSpan) {
            let end = now + span
            while now < end { tick(permille) }
        }

        mutating func tick(_ permille: Int64) {
            let full = Int64(OverloadLadder.fullTimeShare)
            let wall = TimeSpan(
                nanoseconds: period.nanoseconds * full / Int64(ladder.timeShare))
            now = now + wall
            let busy = TimeSpan(nanoseconds: period.nanoseconds * permille / 1_000)
            let load = TickLoad(lateness: .zero, duration: busy / 2, busy: busy)
            guard ladder.record(load, period: wall, now: now) else { return }
            seen.append(ladder.rung)
            shares.insert(ladder.timeShare)
        }

        mutating func climb(to rung: OverloadRung) {
            while ladder.rung < rung { tick(4_000) }
        }
    }

    private func permille(of load: TickLoad) -> Int {
        var ladder = OverloadLadder()
        for _ in 0..<100 { _ = ladder.record(load, period: Self.period, now: .zero) }
        return ladder.loadPermille
    }

    @Test func aServerWithTimeToSpareGivesNothingUp() {
        var scene = Scene()
        scene.run(900, for: .seconds(120))
        #expect(scene.seen == [.none])
        #expect(scene.ladder.timeShare == OverloadLadder.fullTimeShare)
    }

    @Test func oneLongTickIsNoReason() {
        var scene = Scene()
        for _ in 0..<20 {
            scene.run(3_900, for: .milliseconds(50))
            scene.run(300, for: .seconds(1))
        }
        #expect(scene.seen == [.none])
    }

    @Test func someLateTicksKeepNothingFromPeople() {
        var scene = Scene()
        scene.climb(to: .rates)
        for _ in 0..<20 {
            scene.run(100, for: .seconds(1))
            scene.tick(2_000)
        }
        #expect(scene.ladder.rung == .none)
    }

    @Test func timeThatOthersTookOfTheProcessorCountsToo() {
        let (zero, ms) = (TimeSpan.zero, TimeSpan.milliseconds(1))
        #expect(permille(of: TickLoad(lateness: zero, duration: ms * 5, busy: ms * 40)) > 780)
        #expect(permille(of: TickLoad(lateness: ms * 20, duration: ms * 20, busy: ms * 5)) > 780)
        #expect(permille(of: TickLoad(lateness: zero, duration: ms * 5, busy: ms * 5)) < 110)
    }

    @Test func aClockThatWentBackIsNoLoad() {
        let back = TimeSpan.milliseconds(-5_000)
        #expect(permille(of: TickLoad(lateness: back, duration: back, busy: back)) == 0)
    }

    @Test func rungsAreClimbedInOrderAndTimeSlowsLast() {
        var scene = Scene()
        scene.run(1_500, for: .seconds(4))
        #expect(Array(scene.seen.prefix(7)) == OverloadRung.allCases)
        scene.run(20_000, for: .seconds(60))
        #expect(scene.ladder.rung == .dilation && scene.ladder.highestRung == .dilation)
        #expect(scene.ladder.timePercent == 25 && scene.ladder.slowestTimePercent == 25)
    }

    @Test func noRungIsHurriedBy() {
        var scene = Scene()
        while scene.ladder.rung < .dilation {
            let (rung, at) = (scene.ladder.rung, scene.now)
            while scene.ladder.rung == rung { scene.tick(4_000) }
            #expect(scene.now - at >= .milliseconds(500))
        }
    }

    @Test func timeSlowsNoMoreThanTheLoadNeeds() {
        var scene = Scene()
        scene.run(1_500, for: .seconds(60))
        #expect(scene.ladder.timeShare > OverloadLadder.fullTimeShare * 1_000 / 1_500 / 2)
        #expect(scene.ladder.loadPermille < 1_000)
    }

    @Test func everythingComesBackInTheReverseOrder() {
        var scene = Scene()
        scene.run(4_000, for: .seconds(20))
        let climbed = scene.seen.count
        scene.run(50, for: .seconds(45))
        #expect(scene.ladder.rung == .none)
        #expect(scene.ladder.timeShare == OverloadLadder.fullTimeShare)
        let back = scene.seen.dropFirst(climbed)
        #expect(zip(back, back.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(Set(back) == Set(OverloadRung.allCases))
        #expect(scene.ladder.descents > 0 && scene.ladder.climbs == scene.ladder.descents)
    }

    /// Clients take less than a tenth for noise, and would walk at full pace in a slower world.
    @Test func aSlowedWorldIsNeverAlmostAsFastAsTheWall() {
        var scene = Scene()
        for stretch in 0..<200 {
            scene.run(stretch % 3 == 0 ? 20_000 : 100, for: .seconds(1 + Int64(stretch % 17)))
        }
        let full = OverloadLadder.fullTimeShare
        #expect(scene.shares.count > 8)
        #expect(scene.shares.allSatisfy { $0 == full || $0 * 10 < full * 9 })
        #expect(scene.shares.allSatisfy { $0 >= OverloadLadder.slowestTimeShare })
    }

    @Test func aLoadBetweenTwoRungsDoesNotSwingTheWorld() {
        var scene = Scene()
        // What the first rung saves is just enough to leave it again, and too little to stay.
        for _ in 0..<12_000 { scene.tick(scene.ladder.rung == .none ? 1_000 : 500) }
        #expect(scene.ladder.climbs <= 12)
        let swings = scene.ladder.climbs
        // A load that is gone is no reason to wait, however often it came back.
        scene.run(50, for: .seconds(4))
        #expect(scene.ladder.rung == .none && scene.ladder.climbs == swings)
    }

    @Test func anOperatorSaysWhereItBegins() {
        var early = Scene(ladder: OverloadLadder(limitPercent: 5))
        early.run(60, for: .seconds(2))
        #expect(early.ladder.rung > .none)
        early.run(10, for: .seconds(30))
        #expect(early.ladder.rung == .none)
        var never = Scene(ladder: OverloadLadder(limitPercent: nil))
        never.run(20_000, for: .seconds(60))
        #expect(never.seen == [.none] && never.ladder.loadPermille > 3_900)
    }

    @Test func spectatorsAreServedLessThanThoseWhoPlay() {
        var scene = Scene()
        func told(isSpectator: Bool) -> Int {
            (0..<1_680).count {
                scene.ladder.tells(
                    sessionAt: 3, isSpectator: isSpectator, in: Tick(UInt32($0)),
                    period: Self.period)
            }
        }
        let wanted: [(OverloadRung, spectator: Int, player: Int)] = [
            (.none, 1, 1), (.spectators, 3, 1), (.farLevels, 3, 1), (.rates, 5, 2),
            (.lowRates, 7, 5), (.admission, 7, 5),
        ]
        for (rung, spectator, player) in wanted {
            scene.climb(to: rung)
            #expect(abs(told(isSpectator: true) - 1_680 / spectator) <= 30, "\(rung)")
            #expect(abs(told(isSpectator: false) - 1_680 / player) <= 30, "\(rung)")
        }
        #expect(!scene.ladder.tellsFar && !scene.ladder.admits)
    }

    @Test func everyTickServesAsMany() {
        var scene = Scene()
        scene.climb(to: .rates)
        for number in UInt32(0)..<64 {
            let told = (0..<100).count {
                scene.ladder.tells(
                    sessionAt: $0, isSpectator: false, in: Tick(number), period: Self.period)
            }
            #expect(told == 50)
        }
    }

    @Test func nobodyWaitsForHalfASecondHoweverSlowTicksAre() {
        var scene = Scene()
        scene.climb(to: .dilation)
        for milliseconds in [8, 20, 50, 100, 200, 400, 800] as [Int64] {
            let period = TimeSpan.milliseconds(milliseconds)
            for isSpectator in [false, true] {
                var waited = 0
                for number in UInt32(0)..<200 {
                    let isTold = scene.ladder.tells(
                        sessionAt: 1, isSpectator: isSpectator, in: Tick(number), period: period)
                    waited = isTold ? 0 : waited + 1
                    // One tick more where turns change.
                    #expect(period * Int64(waited) <= .milliseconds(500))
                }
            }
        }
    }

    /// Far pages have their turns every 4, 16 and 128 ticks, by the world's rate.
    @Test func whoIsToldLessOftenHearsOfEveryPagesTurn() {
        var scene = Scene()
        for rung in OverloadRung.allCases.dropFirst() {
            scene.climb(to: rung)
            for isSpectator in [false, true] {
                let heard = (UInt32(0)..<6_144).filter {
                    scene.ladder.tells(
                        sessionAt: 5, isSpectator: isSpectator, in: Tick($0), period: Self.period)
                }
                #expect(Set(heard.map { $0 % 128 }).count == 128, "\(rung)")
            }
        }
    }
}

/// What the operator reads.
@Suite struct OverloadStepTests {
    private func step(
        _ from: OverloadRung, _ to: OverloadRung, share: Int = 256, isClimb: Bool
    ) -> OverloadStep {
        OverloadStep(
            from: from, to: to, timeShare: share, isClimb: isClimb,
            load: TickLoad(
                lateness: .milliseconds(12), duration: .microseconds(39_440),
                busy: .milliseconds(33)),
            loadPermille: 1_029, period: .milliseconds(50), clients: 3_120)
    }

    @Test func aClimbSaysWhatIsGivenUpAndWhyAndWhatIsNext() {
        let step = step(.farLevels, .rates, isClimb: true)
        #expect(step.what == "overloaded: everybody is told of every other tick")
        #expect(
            step.why == "103 % of a tick's 50.0 ms needed: began 12.0 ms late, took 39.4 ms, "
                + "33.0 ms of the processor; 3120 clients")
        #expect(step.next == "if that is not enough, everybody is told of every fifth tick")
    }

    @Test func aDescentSaysWhatIsBack() {
        let step = step(.rates, .farLevels, isClimb: false)
        #expect(step.what == "less load: everybody is told of every tick again")
        #expect(step.next == "if it stays so, far levels of detail are told again")
        let last = self.step(.spectators, .none, isClimb: false)
        #expect(last.next == "all is as it should be")
    }

    @Test func aSlowedWorldSaysHowSlow() {
        let slow = step(.dilation, .dilation, share: 144, isClimb: true)
        #expect(slow.what == "overloaded: the world's time runs at 56 %")
        let slowest = step(.dilation, .dilation, share: 64, isClimb: true)
        #expect(
            slowest.next == "nothing more to give up: ticks come late if that is not enough")
        let faster = step(.dilation, .dilation, share: 86, isClimb: false)
        #expect(faster.what == "less load: the world's time runs at 34 %")
        #expect(faster.next == "if it stays so, it runs faster again")
        let full = step(.dilation, .admission, isClimb: false)
        #expect(full.what == "less load: the world's time runs as the wall's again")
    }
}
