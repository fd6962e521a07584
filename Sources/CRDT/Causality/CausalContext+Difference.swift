// What one context has and another lacks, and stretches of a context: how two replicas find out what
// they owe each other. An id is its creation dot, so a stretch of ids is a stretch of dots.

public import CairnBasics

extension CausalContext {
    /// What this context has seen and `other` has not.
    /// - Complexity: O(ranges of both)
    public func subtracting(_ other: CausalContext) -> CausalContext {
        var rest = CausalContext()
        var next = 0
        for range in ranges {
            while next < other.ranges.count, other.ranges[next].ends(before: range) { next += 1 }
            var first = UInt64(range.first)
            var index = next
            while index < other.ranges.count, other.ranges[index].replica == range.replica,
                other.ranges[index].first <= range.last
            {
                let hole = other.ranges[index]
                if first < hole.first {
                    rest.append(range, from: first, through: UInt64(hole.first) - 1)
                }
                first = max(first, UInt64(hole.last) + 1)
                index += 1
            }
            if first <= range.last { rest.append(range, from: first, through: UInt64(range.last)) }
        }
        return rest
    }

    /// What this context has seen of the given ids.
    /// - Complexity: O(ranges)
    public func clipped(to ids: ClosedRange<EntityID>) -> CausalContext {
        var clipped = CausalContext()
        for range in ranges {
            let first = max(range.firstID, ids.lowerBound)
            let last = min(range.lastID, ids.upperBound)
            guard first <= last else { continue }
            clipped.append(range, from: UInt64(first.number), through: UInt64(last.number))
        }
        return clipped
    }

    /// A stretch of the context that can be sent alone: what was seen of the ids from `start` on, as
    /// far as `rangeLimit` ranges go.
    ///
    /// - Returns: The stretch, and the ids that it tells everything of; up to the last id there can
    ///   be when nothing follows.
    /// - Complexity: O(ranges)
    public func stretch(
        from start: EntityID, rangeLimit: Int
    ) -> (ids: ClosedRange<EntityID>, seen: CausalContext) {
        let index = ranges.partitionPoint { $0.lastID < start }
        let end = min(ranges.count, index + max(1, rangeLimit))
        let last = end < ranges.count ? ranges[end - 1].lastID : EntityID(raw: .max)
        return (start...last, clipped(to: start...last))
    }

    /// A digest of the ranges, first and last id of each: equal contexts have equal digests.
    /// - Complexity: O(ranges)
    public var digest: StateDigest {
        var digest = StateDigest()
        for range in ranges {
            digest.combine(range.firstID.raw)
            digest.combine(range.lastID.raw)
        }
        return digest
    }

    /// Adds a piece of a range. The caller keeps to `first <= last`, both within 32 bits.
    private mutating func append(_ range: DotRange, from first: UInt64, through last: UInt64) {
        append(
            DotRange(
                replica: range.replica, first: UInt32(truncatingIfNeeded: first),
                last: UInt32(truncatingIfNeeded: last)))
    }
}

extension DotRange {
    fileprivate var firstID: EntityID { EntityID(replica: replica, number: first) }
    fileprivate var lastID: EntityID { EntityID(replica: replica, number: last) }

    fileprivate func ends(before other: DotRange) -> Bool { lastID < other.firstID }
}
