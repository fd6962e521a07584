import CairnBasics
import Testing

@Suite struct SeededRandomTests {
    @Test func everyNumberBelowABoundComesUpAboutEquallyOften() {
        var random = SeededRandom(seed: 7)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[Int(random.below(10))] += 1 }
        for count in counts { #expect((9_500...10_500).contains(count)) }
    }

    @Test func aChanceComesTrueAboutAsOftenAsItSays() {
        var random = SeededRandom(seed: 8)
        let hits = (0..<100_000).count { _ in random.chance(Ratio(3, in: 10)) }
        #expect((29_000...31_000).contains(hits))
        let never = random.chance(.never)
        let always = random.chance(Ratio(1, in: 1))
        #expect(!never && always)
    }

    @Test func theSameSeedGivesTheSameNumbersAndAnotherSeedOthers() {
        var first = SeededRandom(seed: 1)
        var again = SeededRandom(seed: 1)
        var other = SeededRandom(seed: 2)
        let numbers = (0..<100).map { _ in first.next() }
        #expect(numbers == (0..<100).map { _ in again.next() })
        #expect(numbers != (0..<100).map { _ in other.next() })
    }

    @Test func aUnitNumberLiesInItsRange() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<10_000 {
            let number = random.unit()
            #expect((0..<1).contains(number))
        }
    }
}
