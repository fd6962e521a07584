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
}
