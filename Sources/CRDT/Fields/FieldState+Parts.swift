// A field that is too large for a datagram travels in parts. Every part is a delta of its own, and
// the join of all parts, in any order and however often, is the whole field: removals included,
// because the parts divide the field's context among them.
//
// Sets and maps are cut along the order of their dots, so that a part's context is a stretch of the
// whole context and the parts together cost little more than the whole.

import CairnBasics

extension FieldState {
    /// Deltas that together are this state, each of at most `byteCount` bytes when encoded.
    ///
    /// A single element (or a latest value) longer than that makes a part that is longer.
    /// - Parameter byteCount: at least 64.
    /// - Complexity: O(encoded size)
    public func parts(ofAtMost byteCount: Int) -> [FieldState] {
        precondition(byteCount >= 64)
        switch self {
        case .latest, .maximum, .minimum, .attachment:
            return [self]
        case .counter(let counter):
            return counter.parts(ofAtMost: byteCount).map { .counter($0) }
        case .set(let set):
            return set.store.parts(ofAtMost: byteCount).map { .set(AddWinsSet($0)) }
        case .map(let map):
            return map.store.parts(ofAtMost: byteCount).map { .map(AddWinsMap($0)) }
        case .multiValue(let register):
            return register.store.parts(ofAtMost: byteCount).map {
                .multiValue(MultiValueRegister($0))
            }
        case .bounded(let counter):
            return counter.parts(ofAtMost: byteCount).map { .bounded($0) }
        }
    }
}

extension Counter {
    /// What a tally and its neighbours take at most: a replica and two varints.
    private static let tallyByteCount = 4 + 10 + 10

    fileprivate func parts(ofAtMost byteCount: Int) -> [Counter] {
        let perPart = max(1, (byteCount - 4) / Self.tallyByteCount)
        return stride(from: 0, to: tallies.count, by: perPart).map { start in
            var part = Counter()
            part.tallies = Array(tallies[start..<min(start + perPart, tallies.count)])
            return part
        }
    }
}

extension BoundedCounter {
    /// What an account takes at most besides its transfers, and one of those: replicas and varints.
    private static let accountByteCount = 4 + 10 + 10 + 5
    private static let transferByteCount = 4 + 10

    /// An account with many transfers is cut too: every stretch of them is an account that joins.
    fileprivate func parts(ofAtMost byteCount: Int) -> [BoundedCounter] {
        let room = byteCount - 8
        var parts: [BoundedCounter] = []
        var part = BoundedCounter()
        var size = 0
        for account in accounts {
            var rest = account.transfers[...]
            repeat {
                if size > 0, size + Self.accountByteCount + Self.transferByteCount > room {
                    parts.append(part)
                    (part, size) = (BoundedCounter(), 0)
                }
                let fitting = max(
                    1, (room - size - Self.accountByteCount) / Self.transferByteCount)
                var stretch = account
                stretch.transfers = Array(rest.prefix(fitting))
                rest = rest.dropFirst(fitting)
                part.accounts.append(stretch)
                size += Self.accountByteCount + stretch.transfers.count * Self.transferByteCount
            } while !rest.isEmpty
        }
        parts.append(part)
        return parts
    }
}

extension DottedStore {
    /// The counts before ranges and items, and the field's tag.
    private static var headerByteCount: Int { 8 }
    /// A range: its replica, the replica's count of ranges, two counters.
    private static var rangeByteCount: Int { 20 }
    /// An item's dot: the index of its replica and its counter.
    private static var dotByteCount: Int { 10 }

    fileprivate func parts(ofAtMost byteCount: Int) -> [DottedStore] {
        let room = byteCount - Self.headerByteCount
        var parts: [DottedStore] = []
        var items = self.items.sorted { $0.dot < $1.dot }[...]
        var part = Part()
        for range in context.ranges {
            if part.byteCount + Self.rangeByteCount > room { parts.append(part.take()) }
            part.byteCount += Self.rangeByteCount
            var first = range.first
            while let item = items.first, item.dot.replica == range.replica,
                item.dot.counter <= range.last
            {
                let size = Self.dotByteCount + Self.contentByteCount(of: item)
                let holdsNothing =
                    part.items.isEmpty && part.ranges.isEmpty && first == item.dot.counter
                if part.byteCount + size > room, !holdsNothing {
                    part.close(range.replica, first, before: item.dot.counter)
                    parts.append(part.take())
                    part.byteCount = Self.rangeByteCount
                    first = item.dot.counter
                }
                part.byteCount += size
                part.items.append(item)
                items.removeFirst()
            }
            part.ranges.append(DotRange(replica: range.replica, first: first, last: range.last))
        }
        if !part.ranges.isEmpty { parts.append(part.take()) }
        return parts
    }

    /// A part being filled, and the size that its encoding has at most.
    private struct Part {
        var items: [Item] = []
        var ranges: [DotRange] = []
        var byteCount = 0

        mutating func close(_ replica: ReplicaID, _ first: UInt32, before end: UInt32) {
            if first < end {
                ranges.append(DotRange(replica: replica, first: first, last: end - 1))
            }
        }

        mutating func take() -> DottedStore {
            var context = CausalContext()
            for range in ranges { context.append(range) }
            var store = DottedStore(context: context)
            for item in items.sorted(by: { $0.comes(before: $1) }) { store.append(item) }
            self = Part()
            return store
        }
    }

    private static func contentByteCount(of item: Item) -> Int {
        // A scalar and a map's key, each at its longest, and a stamp.
        let capacity = Scalar.maximumByteCount + AddWinsMap.maximumKeyByteCount + 32
        do throws(CodecError) {
            return try encodeBytes(capacity: capacity) { (writer) throws(CodecError) in
                try item.encodeContent(into: &writer)
            }.count
        } catch {
            preconditionFailure("an item fits its longest encoding")
        }
    }
}
