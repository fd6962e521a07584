// A join of a million entities gives a million ids, and a comparison sort of them would take longer
// than the join. Ids of one world differ in few bits, so two passes by digits do.

import CairnBasics

extension [EntityID] {
    /// Up to so many a comparison sort is as fast.
    private static let fewIDs = 512
    /// A count per value of a digit fits the smallest cache.
    private static let digitBits: UInt64 = 11

    /// The ids in ascending order.
    /// - Complexity: O(n) for every 11 bits in which ids differ; O(n) when they ascend already.
    func sortedAscending() -> [EntityID] {
        if isAscending { return self }
        if count <= Self.fewIDs { return sorted() }
        let differing = reduce(UInt64(0)) { $0 | ($1.raw ^ self[0].raw) }
        var (from, into) = (self, self)
        var shift: UInt64 = 0
        while shift < 64, differing >> shift != 0 {
            if differing >> shift & Self.digitMask != 0 {
                Self.distribute(from, by: shift, into: &into)
                swap(&from, &into)
            }
            shift += Self.digitBits
        }
        return from
    }

    private static var digitMask: UInt64 { 1 << digitBits - 1 }

    private var isAscending: Bool {
        for index in indices.dropFirst() where self[index] < self[index - 1] { return false }
        return true
    }

    /// Sorts by one digit and keeps the order of those that have the same.
    private static func distribute(
        _ from: [EntityID], by shift: UInt64, into: inout [EntityID]
    ) {
        var starts = [Int](repeating: 0, count: 1 << Int(digitBits))
        for id in from { starts[Int(id.raw &>> shift & digitMask)] &+= 1 }
        var sum = 0
        for digit in starts.indices { (starts[digit], sum) = (sum, sum &+ starts[digit]) }
        for id in from {
            let digit = Int(id.raw &>> shift & digitMask)
            into[starts[digit]] = id
            starts[digit] &+= 1
        }
    }
}
