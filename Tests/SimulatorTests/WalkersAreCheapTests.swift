import CairnBasics
import CairnClient
import CairnTransport
import Testing

/// A hundred people who walk about in sight of one another, twenty times a second, behind a link that
/// loses one datagram in twenty each way: what it costs, and how true it is.
@Suite struct WalkersAreCheapTests {
    private static let link = LinkConditions(
        loss: Ratio(5, in: 100), delay: .milliseconds(25), jitter: .milliseconds(10))
    private static let ticks = 1_200

    @Test(arguments: UInt64(1)...2)
    func aHundredWalkersFitIntoFortyEightKilobits(seed: UInt64) {
        let square = Promenade(people: 101, halfMetres: 24, Self.link, seed: seed)
        square.run(ticks: 200)
        #expect(square.clientCount == 101)
        square.startCounting()
        square.run(ticks: Self.ticks)
        let seconds = Double(square.ticks) / 20
        let down = Double(square.bytesDown) * 8 / seconds / 1_000
        let up = Double(square.bytesUp) * 8 / seconds / 1_000
        let sight = square.sight
        print(
            "seed \(seed): \(down) kbit/s down, \(up) up, worst \(sight.worstMetres) m,",
            "\(sight.worstDegrees) degrees, \(sight.count) looks, \(sight.unseen) unseen,",
            "\(Double(sight.moving) / Double(sight.count)) moving,",
            "\(Double(sight.fresh) / Double(sight.count)) fresh, lost \(square.lostDatagrams)")
        for (name, bytes) in square.reader.tally.sorted(by: { $0.value > $1.value }) {
            print("    \(name): \(Double(bytes) / Double(square.ticks)) a tick")
        }
        #expect(square.watcherSees == 101)
        #expect(sight.count > 100 * Self.ticks * 8 / 10)
        #expect(Double(sight.moving) > 0.7 * Double(sight.count), "people walk")
        #expect(sight.unseen == 0)
        #expect(sight.fresh > sight.count * 99 / 100, "nearly everybody is told of in every tick")
        #expect(sight.worstMetres <= 0.01, "a body is \(sight.worstMetres) m off")
        #expect(sight.worstDegrees <= 1, "a body is turned by \(sight.worstDegrees) degrees")
        #expect(down <= 48)
        #expect(square.statistics.decodeErrors == 0)
        #expect(square.corrections == 0, "the own body was elsewhere than foretold")
    }
}
