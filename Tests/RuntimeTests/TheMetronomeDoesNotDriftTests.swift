import CairnBasics
import CairnRuntime
import Testing

@Suite struct TheMetronomeDoesNotDriftTests {
    @Test func everyPeriodIsDeliveredOrCountedAsSkipped() throws {
        let loop = try Loop()
        defer { loop.close() }
        let start = MonotonicClock.now() + .milliseconds(5)
        let period = TimeSpan.microseconds(700)
        var firings: [TimerFiring] = []
        var seen: [Instant] = []
        let timer = try RepeatingTimer(loop: loop, start: start, period: period) { firing in
            firings.append(firing)
            seen.append(MonotonicClock.now())
            if firing.number >= 150 { loop.stop() }
        }
        #expect(try loop.runUntilStopped())
        timer.close()

        var next = 0
        for (firing, now) in zip(firings, seen) {
            next += firing.skipped
            #expect(firing.number == next)
            #expect(firing.due == start + period * Int64(firing.number))
            #expect(firing.lateness >= .zero && firing.due + firing.lateness <= now)
            next += 1
        }
        // However busy the machine, some wakes come on time; a timer that counts in milliseconds
        // could be on time for every tenth period only.
        let onTime = firings.filter { $0.lateness < .microseconds(500) }
        #expect(Set(onTime.map { $0.number % 10 }).count > 1, "\(firings.map(\.lateness))")
    }

    @Test func aBusyLoopSkipsPeriodsAndKeepsTheSchedule() throws {
        let loop = try Loop()
        defer { loop.close() }
        let start = MonotonicClock.now()
        let period = TimeSpan.milliseconds(20)
        var firings: [TimerFiring] = []
        let timer = try RepeatingTimer(loop: loop, start: start, period: period) { firing in
            firings.append(firing)
            if firings.count == 1 { sleep(.milliseconds(70)) }
            if firings.count == 2 { loop.stop() }
        }
        #expect(try loop.runUntilStopped())
        timer.close()
        try #require(firings.count == 2)
        let (first, second) = (firings[0], firings[1])
        #expect(second.skipped >= 2, "70 ms of work cover at least two whole periods of 20 ms")
        #expect(second.number == first.number + 1 + second.skipped)
        #expect(second.due == start + period * Int64(second.number))
    }

    @Test func aNewPeriodCountsFromTheNewestFiring() throws {
        let loop = try Loop()
        defer { loop.close() }
        var firings: [TimerFiring] = []
        let timer = try RepeatingTimer(loop: loop, period: .milliseconds(10)) { firing in
            firings.append(firing)
            if firings.count == 40 { loop.stop() }
        }
        timer.setPeriod(.milliseconds(4))
        #expect(timer.period == .milliseconds(4))
        let changer = try RepeatingTimer(loop: loop, period: .milliseconds(30)) { _ in
            timer.setPeriod(timer.period == .milliseconds(4) ? .milliseconds(8) : .milliseconds(4))
        }
        #expect(try loop.runUntilStopped())
        timer.close()
        changer.close()
        #expect(firings.first?.number == firings.first?.skipped)
        for (earlier, later) in zip(firings, firings.dropFirst()) {
            // A firing that a change caught on its way is dropped, not delivered twice.
            let step = later.due - earlier.due
            #expect(later.number > earlier.number)
            #expect(step >= .milliseconds(4))
            #expect(step.nanoseconds % 4_000_000 == 0)
        }
        #expect(firings.allSatisfy { $0.lateness >= .zero })
    }

    @Test func aStartInThePastCountsWhatIsGone() throws {
        let loop = try Loop()
        defer { loop.close() }
        let start = MonotonicClock.now() - .milliseconds(1_010)
        var first: TimerFiring?
        let timer = try RepeatingTimer(
            loop: loop, start: start, period: .milliseconds(100)
        ) { firing in
            first = firing
            loop.stop()
        }
        #expect(try loop.runUntilStopped())
        timer.close()
        #expect((first?.number ?? 0) >= 10)
        #expect(first?.skipped == first?.number)
    }

    @Test func aClosedTimerIsSilentEvenWhenClosedFromItsOwnFiring() throws {
        let loop = try Loop()
        defer { loop.close() }
        var count = 0
        var timer: RepeatingTimer?
        timer = try RepeatingTimer(loop: loop, period: .milliseconds(1)) { _ in
            count += 1
            timer?.close()
            timer?.close()
        }
        loop.run()  // Returns by itself: nothing is open any more.
        sleep(.milliseconds(5))
        loop.poll()
        #expect(count == 1)
        timer = nil
    }
}
