import CairnBasics
import CairnTransport
import CairnWire
import Testing

@Suite struct ReplayTests {
    /// Against the plainest model: a set of what was seen, and the largest.
    @Test(arguments: 0..<8) func everyNumberIsAcceptedOnceWithinTheWindow(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let pair = Pair(seed: UInt64(seed))
        let rogue = Rogue(pair)
        // Seal first, in order; then deliver in any order, some of them again and again.
        var packets: [UInt64: [UInt8]] = [:]
        var number: UInt64 = 1
        while packets.count < 2_000 {
            packets[number] = rogue.packet(frame(.steering, [1]), number: number)
            number += random.chance(Ratio(1, in: 100)) ? 700 : UInt64(1 + random.below(3))
        }
        let numbers = packets.keys.sorted()
        var seen: Set<UInt64> = [0]
        var largest: UInt64 = 0
        for step in 0..<6_000 {
            // Mostly around a point that moves along, now and then far behind it.
            let behind = random.chance(Ratio(1, in: 5)) ? Int(random.below(900)) : 0
            let pick = step / 3 + Int(random.below(64)) - 32 - behind
            let number = numbers[min(max(0, pick), numbers.count - 1)]
            let isNew = !seen.contains(number) && number + 1_024 > largest
            let arrival = pair.receiveAtServer(packets[number]!, from: rogue.address)
            #expect((arrival != .nothing) == isNew, "number \(number), largest \(largest)")
            if isNew {
                seen.insert(number)
                largest = max(largest, number)
            }
        }
        #expect(pair.counters.replaysRefused > 1_000 && seen.count > 1_000)
    }

    static let firstNumbers: [UInt64] = [0, 1 << 32 - 700, 1 << 63, UInt64.max - 1_500]

    /// The same model, a million steps, wherever the numbers begin and where they end.
    @Test(arguments: firstNumbers)
    func theWindowIsWhatAListWouldBe(first: UInt64) {
        var random = SeededRandom(seed: first)
        var window = ReceivedPackets(firstNumber: first)
        var seen: Set<UInt64> = []
        var largest: UInt64?
        var wrong = 0
        var (taken, refused, atTheEnd) = (0, 0, 0)
        for _ in 0..<300_000 {
            let near = largest ?? first
            let leap = random.chance(Ratio(1, in: 500)) ? UInt64(random.below(3_000)) : 0
            let (ahead, isOver) = near.addingReportingOverflow(leap &+ UInt64(random.below(4)))
            let behind = UInt64(random.chance(Ratio(1, in: 3)) ? random.below(1_100) : 0)
            let number = (isOver ? UInt64.max : ahead) &- min(behind, ahead &- min(ahead, first))
            let isInWindow = largest.map { number > $0 || $0 - number < 1_024 } ?? true
            let isNew = number != UInt64.max && isInWindow && !seen.contains(number)
            if window.isFresh(number) != isNew { wrong += 1 }
            if number > UInt64.max - 1_024 { atTheEnd += 1 }
            guard isNew else {
                refused += 1
                continue
            }
            taken += 1
            window.record(number, now: .zero)
            seen.insert(number)
            largest = max(largest ?? number, number)
        }
        #expect(wrong == 0 && taken > 500 && refused > 50_000)
        #expect(first < UInt64.max - 2_000 || atTheEnd > 100_000)
    }
}
