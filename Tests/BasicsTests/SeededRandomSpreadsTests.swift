import CairnBasics
import Testing

@Suite struct SeededRandomSpreadsTests {
    @Test func boundedNumbersTakeEveryValueAboutEquallyOften() {
        var random = SeededRandom(seed: 1)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<7_000 { counts[Int(random.below(7))] += 1 }
        for count in counts { #expect(count > 800 && count < 1_200) }
    }

    @Test func aChanceOfOneInFourComesTrueInAQuarterOfTheCases() {
        var random = SeededRandom(seed: 2)
        var hits = 0
        for _ in 0..<4_000 where random.chance(Ratio(1, in: 4)) { hits += 1 }
        #expect(hits > 850 && hits < 1_150)
    }
}
