import CairnBasics
import CairnClient
import Testing

@Suite struct PlaybackClockTests {
    private let period = TimeSpan.milliseconds(50)

    /// A server whose ticks take as long as it likes, and the path to a client.
    private struct Link {
        var clock: PlaybackClock
        var number: UInt32 = 100
        /// When the server builds its next tick, in milliseconds.
        var built: Int64 = 7_000
        private var arrivals: [(tick: UInt32, built: Int64, at: Int64)] = []

        init(period: TimeSpan) { clock = PlaybackClock(period: period) }

        /// Lets ticks pass and looks at the picture every millisecond, in order of arrival.
        mutating func run(
            ticks: Int, every milliseconds: Int64, delay: () -> Int64?,
            look: (inout PlaybackClock, Int64) -> Void = { _, _ in }
        ) {
            for _ in 0..<ticks {
                if let delay = delay() { arrivals.append((number, built, built + delay)) }
                number += 1
                for now in built..<built + milliseconds {
                    for index in arrivals.indices.reversed() where arrivals[index].at == now {
                        let arrived = arrivals.remove(at: index)
                        let isNewest = newest.map { arrived.tick > $0 } ?? true
                        guard isNewest else { continue }
                        newest = arrived.tick
                        clock.handleTick(
                            Tick(arrived.tick), serverMilliseconds: UInt64(arrived.built),
                            now: .zero + .milliseconds(now))
                    }
                    look(&clock, now)
                }
                built += milliseconds
            }
        }

        private var newest: UInt32?

        /// How many ticks the picture is behind the server now.
        func lag() -> Double? {
            let now = Instant.zero + .milliseconds(built)
            return clock.presentationTick(now: now).map {
                Double(number) - Double($0.origin.number) - $0.ticks
            }
        }
    }

    @Test func aSteadyPathIsShownATickAndAnEighthInThePast() throws {
        var link = Link(period: period)
        link.run(ticks: 60, every: 50, delay: { 30 })
        let lag = try #require(link.lag())
        #expect(abs(lag - (30 + 56.25) / 50) < 0.05, "\(lag) ticks behind")
        #expect(link.clock.jitter == .zero)
        #expect(link.clock.presentationDelay == .microseconds(56_250))
        #expect(link.clock.timeScale == 1)
    }

    @Test func jitterAndLossAreShownFurtherInThePastByWhatTheyCost() {
        var random = SeededRandom(seed: 5)
        var jittery = Link(period: period)
        jittery.run(ticks: 200, every: 50, delay: { 20 + Int64(random.below(50)) })
        #expect(jittery.clock.lossShare == 0)
        #expect(
            jittery.clock.jitter > .milliseconds(35) && jittery.clock.jitter < .milliseconds(51))
        var lossy = Link(period: period)
        lossy.run(
            ticks: 200, every: 50,
            delay: { random.chance(Ratio(1, in: 10)) ? nil : 20 })
        #expect(abs(lossy.clock.lossShare - 0.1) < 0.07)
        // A lost tick is known with the next one, a period later.
        #expect(lossy.clock.jitter >= .milliseconds(50))
        #expect(lossy.clock.jitter <= .milliseconds(100))
    }

    @Test func onePacketInAHundredMovesNothing() {
        var link = Link(period: period)
        var number = 0
        link.run(
            ticks: 200, every: 50,
            delay: {
                number += 1
                return number % 100 == 50 ? 240 : 30
            })
        #expect(link.clock.presentationDelay < .milliseconds(60))
    }

    @Test(arguments: UInt64(1)...20)
    func thePictureNeverRunsBackwardsNorMuchFaster(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var link = Link(period: period)
        var last: Double?
        for stage in 0..<4 {
            let jitter = [10, 90, 5, 140][stage]
            link.run(
                ticks: 120, every: 50,
                delay: {
                    random.chance(Ratio(1, in: 20)) ? nil : 20 + Int64(random.below(UInt32(jitter)))
                },
                look: { clock, now in
                    guard let moment = clock.presentationTick(now: .zero + .milliseconds(now))
                    else { return }
                    if let last, now > 9_000 {
                        let step = (moment.ticks - last) * 50
                        // A millisecond of the server's clock is 0.5 % of the pace's window.
                        #expect(step > 0.45 && step < 1.15, "\(step) ms in a millisecond")
                    }
                    last = moment.ticks
                })
        }
    }

    /// A server that slows down to a quarter in steps, and recovers.
    @Test(arguments: UInt64(1)...10)
    func aServerThatDilatesTimeIsFollowedAndFollowedBack(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var link = Link(period: period)
        var last: Double?
        for (milliseconds, ticks) in [
            (50, 120), (62, 60), (100, 60), (200, 80), (100, 60), (62, 60), (50, 240),
        ] {
            link.run(
                ticks: ticks, every: Int64(milliseconds),
                delay: { 20 + Int64(random.below(15)) },
                look: { clock, now in
                    guard let moment = clock.presentationTick(now: .zero + .milliseconds(now))
                    else { return }
                    if let last { #expect(moment.ticks > last, "ran backwards at \(now)") }
                    if let last, now > 9_000 {
                        #expect((moment.ticks - last) * 50 < 1.2, "ran away at \(now)")
                    }
                    last = moment.ticks
                })
            let lag = try #require(link.lag())
            #expect(lag > 0.9 && lag < 3, "\(lag) ticks behind at \(milliseconds) ms a tick")
            let scale = link.clock.timeScale
            let wanted = 50 / Double(milliseconds)
            #expect(abs(scale - (wanted < 0.9 ? wanted : 1)) < 0.03, "time goes at \(scale)")
        }
        #expect(link.clock.timeScale == 1, "the world's own pace is exactly that")
        #expect(link.clock.presentationDelay < .milliseconds(80))
    }

    @Test func aHiccupIsNoDilation() {
        var link = Link(period: period)
        link.run(ticks: 60, every: 50, delay: { 20 })
        link.run(ticks: 1, every: 100, delay: { 20 })
        link.run(
            ticks: 40, every: 50, delay: { 20 }, look: { clock, _ in #expect(clock.timeScale == 1) }
        )
    }

    /// Whatever a server says of its clock, the client goes on.
    @Test func aServerThatLiesAboutItsClockTrapsNobody() {
        var random = SeededRandom(seed: 9)
        var clock = PlaybackClock(period: period)
        var now = Instant.zero
        for _ in 0..<2_000 {
            now = now + .milliseconds(Int64(random.below(80)))
            clock.handleTick(
                Tick(UInt32(truncatingIfNeeded: random.next())),
                serverMilliseconds: random.next() >> UInt64(random.below(64)), now: now)
            _ = clock.presentationTick(now: now)
            _ = clock.serverTick(now: now)
            #expect(clock.presentationDelay <= .milliseconds(500))
            #expect((0.25...1).contains(clock.timeScale))
        }
    }

    @Test func nothingIsShownBeforeTheFirstTick() {
        #expect(PlaybackClock(period: period).presentationTick(now: .zero) == nil)
    }
}
