import CairnBasics
import CairnTransport
import Testing

@Suite struct LinkConditionerTests {
    private let one = NetworkAddress(ipv4: 1, port: 1)
    private let two = NetworkAddress(ipv4: 2, port: 2)
    private let rough = LinkConditions(
        loss: Ratio(1, in: 10), duplication: Ratio(1, in: 20), delay: .milliseconds(40),
        jitter: .milliseconds(20))

    /// The (due, content) of everything that arrives when 0, 1, 2, … are sent a millisecond apart.
    private func arrivals(
        seed: UInt64, _ conditions: LinkConditions, count: Int = 10_000
    ) -> [(Instant, Int)] {
        var link = LinkConditioner(seed: seed, conditions: conditions)
        var now = Instant.zero
        var found: [(Instant, Int)] = []
        for index in 0..<count + 1_000 {
            now = now + .milliseconds(1)
            if index < count {
                let bytes = withUnsafeBytes(of: UInt32(index).littleEndian, Array.init)
                link.send(bytes, from: one, to: two, now: now)
            }
            while let datagram = link.poll(now: now) {
                let value = datagram.bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
                #expect(datagram.due <= now && datagram.source == one)
                found.append((datagram.due, value))
            }
        }
        #expect(link.count == 0)
        return found
    }

    @Test func theSameSeedGivesTheSameFate() {
        let first = arrivals(seed: 1, rough)
        let again = arrivals(seed: 1, rough)
        let other = arrivals(seed: 2, rough)
        #expect(first.map(\.1) == again.map(\.1) && first.map(\.0) == again.map(\.0))
        #expect(first.map(\.1) != other.map(\.1))
    }

    @Test func lossDuplicationDelayAndReorderingAreWhatWasAsked() {
        let found = arrivals(seed: 1, rough)
        let distinct = Set(found.map(\.1)).count
        #expect(abs(distinct - 9_000) < 150)
        #expect(abs(found.count - distinct - 450) < 100)
        let delays = found.map {
            ($0.0 - (Instant.zero + .milliseconds(Int64($0.1) + 1))).milliseconds
        }
        #expect(delays.allSatisfy { $0 >= 40 && $0 <= 60 })
        #expect(zip(found, found.dropFirst()).contains { $0.1 > $1.1 }, "some are overtaken")
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.0 <= $1.0 }, "due in order")
    }

    @Test func aPerfectLinkKeepsOrderAndLosesNothing() {
        #expect(arrivals(seed: 1, .perfect).map(\.1) == Array(0..<10_000))
    }

    @Test func aFullLinkDropsWhatComes() {
        var link = LinkConditioner(
            seed: 1, conditions: LinkConditions(delay: .seconds(1)), capacity: 10)
        for _ in 0..<15 { link.send([1], from: one, to: two, now: .zero) }
        #expect(link.count == 10 && link.lost == 5)
        #expect(link.nextDue == .zero + .seconds(1))
        #expect(link.poll(now: .zero + .milliseconds(999)) == nil)
    }

    /// How long each of `count` datagrams took, sent `interval` apart; nil for one that never came.
    private func delays(
        _ conditions: LinkConditions, count: Int = 100_000, byteCount: Int = 100,
        interval: TimeSpan = .milliseconds(1), seed: UInt64 = 7
    ) -> [TimeSpan?] {
        var link = LinkConditioner(seed: seed, conditions: conditions)
        var found = [TimeSpan?](repeating: nil, count: count)
        var bytes = [UInt8](repeating: 0, count: byteCount)
        func collect(_ now: Instant) {
            while let datagram = link.poll(now: now) {
                let index = datagram.bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
                found[index] = datagram.due - (.zero + interval * Int64(index))
            }
        }
        for index in 0..<count {
            let now = Instant.zero + interval * Int64(index)
            collect(now)
            bytes.replaceSubrange(0..<4, with: withUnsafeBytes(of: UInt32(index), Array.init))
            link.send(bytes, from: one, to: two, now: now)
        }
        collect(.distantFuture)
        return found
    }

    @Test func theTailIsALomaxOfShapeTwo() {
        let times = delays(LinkConditions(delay: .milliseconds(10), tail: .milliseconds(1)))
            .map { $0!.milliseconds - 10 }.sorted()
        let mean = times.reduce(0, +) / 100_000
        #expect(abs(mean - 0.98) < 0.06, "1 less what is cut off at 50: \(mean)")
        for (share, expected) in [(0.5, 0.414), (0.9, 2.162), (0.99, 9.0), (0.999, 30.6)] {
            let value = times[Int(share * 100_000)]
            #expect(abs(value / expected - 1) < 0.15, "\(share): \(value), not \(expected)")
        }
        #expect(times.first! >= 0 && times.last! <= 50)
    }

    @Test(arguments: [(10, 3), (50, 8), (300, 2)])
    func burstsLoseWhatWasAskedInRunsAsLongAsWasAsked(permille: Int, length: Int) {
        let bursts = LinkBursts.losing(permille: UInt32(permille), inBurstsOf: UInt32(length))
        let arrived = delays(LinkConditions(bursts: bursts), count: 300_000).map { $0 != nil }
        let lost = arrived.filter { !$0 }.count
        let runs = zip(arrived, arrived.dropFirst()).filter { $0 && !$1 }.count
        #expect(abs(Double(lost) / 300 / Double(permille) - 1) < 0.1, "\(lost) lost")
        let mean = Double(lost) / Double(runs)
        #expect(abs(mean / Double(length) - 1) < 0.1, "\(mean) on end")
    }

    @Test func aRateLetsThroughWhatItSaysAndTheQueueDropsTheRest() {
        // 972 bytes and 28 of headers every millisecond are 8 Mbit/s into 5.
        let rate = LinkRate(bitsPerSecond: 5_000_000, queueBytes: 25_000)
        let times = delays(
            LinkConditions(delay: .milliseconds(20), rate: rate), count: 10_000, byteCount: 972)
        let came = times.compactMap { $0?.milliseconds }
        #expect(abs(came.count - 6_250) < 40, "\(came.count) of 10,000")
        // A full queue is 25,000 bytes at 625 bytes a millisecond.
        #expect(came.max()! <= 60.001 && came.suffix(1_000).min()! > 58)
        #expect(times[0]!.milliseconds == 21.6, "an empty queue costs the datagram's own time")
    }

    @Test func aLinkThatKeepsOrderIsOvertakenOnlyByDetours() {
        var conditions = LinkConditions(
            delay: .milliseconds(10), jitter: .milliseconds(30), keepsOrder: true)
        func overtaken(_ times: [TimeSpan?]) -> Int {
            let arrivals = times.enumerated().map { Int64($0) * 1_000_000 + $1!.nanoseconds }
            return zip(arrivals, arrivals.dropFirst()).filter { $0 > $1 }.count
        }
        #expect(overtaken(delays(conditions, count: 20_000)) == 0)
        conditions.reordering = Ratio(1, in: 10)
        conditions.detour = .milliseconds(50)
        let detours = overtaken(delays(conditions, count: 20_000))
        #expect(abs(detours - 1_800) < 150, "a tenth, unless the next takes one too: \(detours)")
    }

    @Test func whatIsCutOffHearsNothingAndOthersDo() {
        var link = LinkConditioner(seed: 1, conditions: .perfect)
        let three = NetworkAddress(ipv4: 3, port: 3)
        func passes(_ source: NetworkAddress, _ destination: NetworkAddress) -> Bool {
            link.send([1], from: source, to: destination, now: .zero)
            return link.poll(now: .zero) != nil
        }
        link.sever(one, two)
        #expect(!passes(one, two) && !passes(two, one) && passes(one, three))
        link.sever(three, one, bothWays: false)
        #expect(!passes(three, one) && passes(one, three))
        link.mend(two, one)
        #expect(passes(one, two) && passes(two, one) && !passes(three, one))
        link.mendAll()
        #expect(passes(three, one) && link.counters.severed == 4)
    }

    @Test func whatIsLongerThanThePathTakesVanishes() {
        var link = LinkConditioner(seed: 1, conditions: LinkConditions(largestDatagram: 1_252))
        link.send([UInt8](repeating: 0, count: 1_253), from: one, to: two, now: .zero)
        link.send([UInt8](repeating: 0, count: 1_252), from: one, to: two, now: .zero)
        #expect(link.count == 1 && link.counters.oversized == 1)
    }

    @Test func thePresetsAreAsGoodAndAsBadAsTheySay() {
        // Name, loss in permille, median and 99th percentile of the delay in ms, at 1,000 a second.
        let expected: [(LinkConditions, Double, ClosedRange<Double>, ClosedRange<Double>)] = [
            (.wifi, 10, 5...10, 10...60), (.lte, 3, 35...90, 60...200),
            (.congested, 10, 30...80, 45...300), (.satellite, 3, 300...312, 309...311),
        ]
        for (conditions, loss, median, late) in expected {
            let all = delays(conditions, count: 300_000)
            let times = all.compactMap { $0?.milliseconds }.sorted()
            let lost = Double(all.count - times.count) / 300
            #expect(abs(lost / loss - 1) < 0.25, "\(conditions.delay): \(lost) permille")
            #expect(median.contains(times[times.count / 2]), "\(times[times.count / 2])")
            #expect(
                late.contains(times[times.count * 99 / 100]), "\(times[times.count * 99 / 100])")
        }
    }
}
