// A causal context is the set of events (dots) that a state has seen, whether or not they still
// show (Almeida, Shoker, Baquero: "Delta state replicated data types", 2018). It is what makes
// removal work without tombstones: what is in the context and not in the state has been removed.
//
// Under concurrency: the join is the union. Deltas may come late, twice and in any order, so the
// set may have gaps for a while; it never claims a dot that it has not seen.
//
// Held as ranges sorted by replica and first counter, disjoint and never touching, which makes the
// representation of a set unique. A replica whose events have all arrived takes one range.
//
// A replica is one boot of a node, so a context holds a range, of 12 bytes and mostly four when
// encoded, for each boot that wrote to what it belongs to: a world that restarts every hour grows by
// 12 bytes a restart, and a field only in those in which somebody wrote to it, and only while its
// entity lives. Ranges of boots that are over are kept all the same. A range without items says that
// those have been removed; whoever still has one (a peer behind a partition, a backup, a client's
// copy, a record that is replayed) hears of the removal from the range and from nothing else, and
// would bring the item back if it were gone. It could go when all of them are known to have heard,
// which no replica can see from its state; and what a boot told to others before it crashed need
// not be in its own journal, so not even the node itself may claim the whole of an earlier boot.

public import CairnBasics

/// A set of dots that grows by union: what a state has seen.
public struct CausalContext: Hashable, Sendable {
    private(set) var ranges: [DotRange] = []

    /// The context that has seen nothing.
    public init() {}

    public var isEmpty: Bool { ranges.isEmpty }

    /// How many dots have been seen.
    /// - Complexity: O(ranges)
    public var dotCount: UInt64 { ranges.reduce(0) { $0 &+ $1.count } }

    /// True when `dot` has been seen.
    /// - Complexity: O(log ranges)
    public func contains(_ dot: Dot) -> Bool {
        let index = ranges.partitionPoint { ($0.replica, $0.first) <= (dot.replica, dot.counter) }
        guard index > 0, ranges[index - 1].replica == dot.replica else { return false }
        return dot.counter <= ranges[index - 1].last
    }

    /// The largest counter seen of `replica`; 0 when there is none.
    /// - Complexity: O(log ranges)
    public func lastCounter(of replica: ReplicaID) -> UInt32 {
        let index = ranges.partitionPoint { $0.replica <= replica }
        guard index > 0, ranges[index - 1].replica == replica else { return 0 }
        return ranges[index - 1].last
    }

    /// Takes in one dot.
    /// - Returns: True when it had not been seen.
    /// - Precondition: Counters start at 1.
    @discardableResult public mutating func insert(_ dot: Dot) -> Bool {
        precondition(dot.counter > 0, "dots count from 1")
        return insert(DotRange(dot))
    }

    /// Takes in everything that `other` has seen.
    ///
    /// - Returns: True when there was anything new.
    /// - Complexity: O(m log n) for a small `other` of m ranges, else O(n + m).
    @discardableResult public mutating func join(_ other: CausalContext) -> Bool {
        if ranges.isEmpty {
            ranges = other.ranges
            return !ranges.isEmpty
        }
        guard other.ranges.count > Self.fewRanges else {
            var grew = false
            for range in other.ranges where insert(range) { grew = true }
            return grew
        }
        let merged = Self.union(ranges, other.ranges)
        defer { ranges = merged }
        return merged != ranges
    }

    /// Up to so many ranges are inserted one by one, which moves little memory; more are merged.
    private static let fewRanges = 8

    /// Takes one dot out, as if it had never been seen: for copies that forget, not for merging.
    mutating func remove(_ dot: Dot) {
        let index =
            ranges.partitionPoint { ($0.replica, $0.first) <= (dot.replica, dot.counter) } - 1
        guard index >= 0, ranges[index].replica == dot.replica, dot.counter <= ranges[index].last
        else { return }
        let range = ranges[index]
        var rest: [DotRange] = []
        // Safe: a bound that is not the dot itself is at least one away from it.
        if range.first < dot.counter {
            rest.append(
                DotRange(replica: range.replica, first: range.first, last: dot.counter &- 1))
        }
        if dot.counter < range.last {
            rest.append(DotRange(replica: range.replica, first: dot.counter &+ 1, last: range.last))
        }
        ranges.replaceSubrange(index...index, with: rest)
    }

    /// Adds a range that comes after all there are and touches none of them.
    mutating func append(_ range: DotRange) {
        assert(ranges.last.map { $0.isApart(before: range) } ?? true)
        ranges.append(range)
    }

    @discardableResult private mutating func insert(_ added: DotRange) -> Bool {
        let start = firstIndex(notApartBefore: added)
        var end = start
        var merged = added
        while end < ranges.count, !added.isApart(before: ranges[end]) {
            merged.first = min(merged.first, ranges[end].first)
            merged.last = max(merged.last, ranges[end].last)
            end += 1
        }
        if end == start {
            ranges.insert(added, at: start)
            return true
        }
        if end == start + 1 && ranges[start] == merged { return false }
        ranges[start] = merged
        ranges.removeSubrange(start + 1..<end)
        return true
    }

    /// The union of two sorted lists of ranges as one.
    private static func union(_ left: [DotRange], _ right: [DotRange]) -> [DotRange] {
        var merged: [DotRange] = []
        merged.reserveCapacity(left.count + right.count)
        var i = 0
        var j = 0
        while i < left.count || j < right.count {
            let takesLeft =
                j == right.count
                || i < left.count
                    && (left[i].replica, left[i].first) <= (right[j].replica, right[j].first)
            let next = takesLeft ? left[i] : right[j]
            if takesLeft { i += 1 } else { j += 1 }
            if let last = merged.last, !last.isApart(before: next) {
                merged[merged.count - 1].last = max(last.last, next.last)
            } else {
                merged.append(next)
            }
        }
        return merged
    }

    private func firstIndex(notApartBefore range: DotRange) -> Int {
        ranges.partitionPoint { $0.isApart(before: range) }
    }
}
