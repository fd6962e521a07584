import CairnBasics
import Testing

@Suite struct OwnedListsAreWhatArraysAreTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func anyChangesGiveWhatAnArrayGives(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var list = OwnedList<Int>()
        var array: [Int] = []
        for step in 0..<2_000 {
            switch random.below(8) {
            case 0, 1, 2:
                list.append(step)
                array.append(step)
            case 3:
                let index = Int(random.below(UInt32(array.count + 1)))
                list.insert(step, at: index)
                array.insert(step, at: index)
            case 4 where !array.isEmpty:
                let index = Int(random.below(UInt32(array.count)))
                list.remove(at: index)
                array.remove(at: index)
            case 5:
                let last = list.popLast()
                #expect(last == array.popLast())
            case 6 where !array.isEmpty:
                let index = Int(random.below(UInt32(array.count)))
                list[index] += 7
                array[index] += 7
            default:
                let number = Int(random.below(UInt32(min(3, array.count + 1))))
                list.removeFirst(number)
                array.removeFirst(number)
            }
            #expect(list.indices.map { list[$0] } == array)
        }
        list.sort()
        #expect(list.indices.map { list[$0] } == array.sorted())
        let first = list.firstIndex(notBelow: 1_000)
        #expect(first == array.sorted().firstIndex { $0 >= 1_000 } ?? array.count)
    }

    @Test func whatIsTakenOutIsLetGo() {
        final class Kept {}
        weak var first: Kept?
        weak var last: Kept?
        do {
            var list = OwnedList<Kept>()
            for index in 0..<20 {
                let kept = Kept()
                if index == 0 { first = kept }
                if index == 19 { last = kept }
                list.append(kept)
            }
            list.removeFirst(1)
            #expect(first == nil)
            #expect(last != nil)
        }
        #expect(last == nil)
    }
}
