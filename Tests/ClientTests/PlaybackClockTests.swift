import CairnBasics
import CairnClient
import Testing

@Suite struct PlaybackClockTests {
    private let period = TimeSpan.milliseconds(50)

    /// Feeds ticks that arrive after the given delays and returns the clock and the last instant.
    private func clock(_ delays: [Int64]) -> (PlaybackClock, Instant) {
        var clock = PlaybackClock(period: period)
        var now = Instant.zero
        for (number, delay) in delays.enumerated() {
            now = Instant(nanoseconds: (Int64(number) * 50 + delay) * 1_000_000)
            clock.handleTick(Tick(UInt32(100 + number)), now: now)
        }
        return (clock, now)
    }

    @Test func aSteadyPathIsShownTwoTicksInThePast() throws {
        let (clock, now) = clock([Int64](repeating: 30, count: 60))
        let moment = try #require(clock.presentationTick(now: now))
        #expect(moment.origin == Tick(100))
        #expect(abs(moment.ticks - 57) < 0.01)
        #expect(clock.jitter == .zero)
    }

    @Test func aJitteryPathIsShownFurtherInThePast() {
        var random = SeededRandom(seed: 5)
        let (clock, _) = clock((0..<200).map { _ in 20 + Int64(random.below(80)) })
        #expect(clock.presentationDelay > .milliseconds(120))
        #expect(clock.presentationDelay <= .milliseconds(500))
    }

    @Test func thePictureNeverRunsBackwards() {
        var random = SeededRandom(seed: 6)
        var clock = PlaybackClock(period: period)
        var last = -Double.infinity
        for number in 0..<400 {
            let delay = 20 + Int64(random.below(number < 200 ? 10 : 90))
            let now = Instant(nanoseconds: (Int64(number) * 50 + delay) * 1_000_000)
            clock.handleTick(Tick(UInt32(number)), now: now)
            let frame = Instant(nanoseconds: Int64(number) * 50_000_000 + 120_000_000)
            guard let ticks = clock.presentationTick(now: frame)?.ticks, number > 64 else {
                continue
            }
            #expect(ticks > last, "from \(last) to \(ticks) at \(number)")
            last = ticks
        }
    }

    @Test func nothingIsShownBeforeTheFirstTick() {
        #expect(PlaybackClock(period: period).presentationTick(now: .zero) == nil)
    }
}
