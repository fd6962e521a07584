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

        /// Ticks for a while, each needing `permille` of the period; the world's pace stretches it.
        mutating func run(_ permille: Int64, for span: TimeSpan) {
            let end = now + span
            while now < end {
                let full = Int64(OverloadLadder.fullTimeShare)
                let wall = TimeSpan(
                    nanoseconds: period.nanoseconds * full / Int64(ladder.timeShare))
                now = now + wall
                let busy = TimeSpan(nanoseconds: period.nanoseconds * permille / 1_000)
                let load = TickLoad(lateness: .zero, duration: busy / 2, busy: busy)
                if ladder.record(load, period: wall, now: now) { seen.append(ladder.rung) }
            }
        }
    }

    @Test func aServerWithTimeToSpareGivesNothingUp() {
        var scene = Scene()
        scene.run(700, for: .seconds(120))
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

    @Test func rungsAreClimbedInOrderAndTimeSlowsLast() {
        var scene = Scene()
        scene.run(1_500, for: .seconds(3))
        #expect(
            Array(scene.seen.prefix(6)) == [
                .none, .spectators, .farLevels, .rates, .admission, .dilation,
            ])
        scene.run(20_000, for: .seconds(60))
        #expect(scene.ladder.rung == .dilation)
        #expect(scene.ladder.timeShare == OverloadLadder.slowestTimeShare)
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
        scene.run(100, for: .seconds(300))
        #expect(scene.ladder.rung == .none)
        #expect(scene.ladder.timeShare == OverloadLadder.fullTimeShare)
        let back = scene.seen.dropFirst(climbed)
        #expect(zip(back, back.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(scene.ladder.descents > 0 && scene.ladder.climbs == scene.ladder.descents)
    }

    @Test func aLoadBetweenTwoRungsDoesNotSwingTheWorld() {
        var scene = Scene()
        // What the first rung saves is just enough to leave it again, and too little to stay.
        for _ in 0..<600 {
            let permille: Int64 = scene.ladder.rung == .none ? 1_000 : 500
            scene.run(permille, for: .seconds(1))
        }
        #expect(scene.ladder.climbs <= 14)
    }

    @Test func spectatorsAreServedLessThanThoseWhoPlay() {
        var scene = Scene()
        scene.run(1_500, for: .milliseconds(700))
        #expect(scene.ladder.rung == .spectators)
        func told(isSpectator: Bool) -> Int {
            (0..<40).count {
                scene.ladder.tells(
                    sessionAt: 3, isSpectator: isSpectator, in: Tick(UInt32($0)))
            }
        }
        #expect(told(isSpectator: true) == 10)
        #expect(told(isSpectator: false) == 40)
        scene.run(4_000, for: .seconds(2))
        #expect(scene.ladder.rung >= .rates)
        #expect(told(isSpectator: true) == 10)
        #expect(told(isSpectator: false) == 20)
        #expect(!scene.ladder.tellsFar)
    }
}
