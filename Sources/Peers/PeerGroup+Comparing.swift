// Comparison: a summary says whether two states differ, details say in what, and a repair brings it.
// No step remembers another, and each may be lost: the next summary starts afresh.
//
//   A → B  summary   digests of A's context and of its 256 buckets of entities
//   B → A  details   where they differ: what B's context has seen, or in turn, B's entities by bucket
//   A → B  repair    what B lacks: entities that B has otherwise or not at all, and deletions
//
// The way from B to A begins with B's own summary.

import CairnBasics
import CairnCRDT

extension PeerGroup {
    mutating func sendSummary(to index: Int, lattice: Lattice, now: Instant) {
        digests.refresh(lattice)
        send(
            .summary(context: lattice.context.digest.value, buckets: digests.buckets.map(\.sum)),
            to: index)
        let isCalm = links[index].isAlike || links[index].isSilent(now: now)
        links[index].summaryDue =
            now + (isCalm ? PeerLimits.comparisonPeriod : PeerLimits.differingPeriod)
    }

    /// Answers a summary with what is here, where that differs.
    mutating func compare(
        context: UInt64, buckets: [UInt64], of index: Int, lattice: Lattice, now: Instant
    ) {
        digests.refresh(lattice)
        let isContextAlike = context == lattice.context.digest.value
        let differing = buckets.indices.filter { buckets[$0] != digests.buckets[$0].sum }
        links[index].isAlike = isContextAlike && differing.isEmpty
        if links[index].isAlike { return }
        counters.differences &+= 1
        guard now >= links[index].answerableAt else { return }
        links[index].answerableAt = now + PeerLimits.answerSpacing
        // In turn, since what one brings the other need not bring again.
        let tellsLists = !differing.isEmpty && (isContextAlike || links[index].tellsLists)
        links[index].tellsLists = !tellsLists
        if tellsLists {
            tellLists(differing, to: index)
        } else if !isContextAlike {
            tellStretch(to: index, lattice: lattice)
        }
    }

    private mutating func tellStretch(to index: Int, lattice: Lattice) {
        let (ids, seen) = lattice.context.stretch(
            from: links[index].nextStretch, rangeLimit: PeerLimits.stretchRanges)
        let last = ids.upperBound.raw
        links[index].nextStretch = EntityID(raw: last == .max ? 0 : last + 1)
        send(.stretch(ids: ids, seen: seen), to: index)
    }

    /// Tells what is in the given buckets, from the one on where the last answer ended.
    private mutating func tellLists(_ differing: [Int], to index: Int) {
        let start = differing.firstIndex { $0 >= links[index].nextBucket } ?? 0
        var message: [BucketList] = []
        var byteCount = 0
        var messagesLeft = PeerLimits.listMessages
        var told = 0
        for bucket in differing[start...] {
            guard messagesLeft > 0 else { break }
            for list in lists(of: bucket) {
                let size = BucketList.headByteCount + list.entries.count * BucketList.entryByteCount
                if byteCount + size > PeerLimits.deltaByteCount {
                    send(.lists(message), to: index)
                    (message, byteCount) = ([], 0)
                    messagesLeft -= 1
                }
                message.append(list)
                byteCount += size
            }
            told += 1
        }
        if !message.isEmpty { send(.lists(message), to: index) }
        let next = start + told
        links[index].nextBucket = next < differing.count ? differing[next] : 0
    }

    /// A bucket's entities, cut by ids into lists that fit a message.
    private func lists(of bucket: Int) -> [BucketList] {
        let longest =
            (PeerLimits.deltaByteCount - BucketList.headByteCount) / BucketList.entryByteCount
        let entries = digests.buckets[bucket].entries
        var lists: [BucketList] = []
        var first = EntityID(raw: 0)
        var start = 0
        repeat {
            let end = min(entries.count, start + longest)
            let last = end < entries.count ? entries[end - 1].id : EntityID(raw: .max)
            lists.append(
                BucketList(
                    bucket: UInt8(truncatingIfNeeded: bucket), ids: first...last,
                    entries: Array(entries[start..<end])))
            first = EntityID(raw: last.raw &+ 1)  // Safe: used only when more follow.
            start = end
        } while start < entries.count
        return lists
    }

    /// Sends what a peer lacks, going by what it says it has.
    mutating func answer(_ lists: [BucketList], of index: Int, lattice: Lattice, now: Instant) {
        digests.refresh(lattice)
        var differing: [EntityID] = []
        for list in lists {
            guard differing.count < PeerLimits.repairRows else { break }
            differing += digests.differences(to: list)
        }
        repair(
            lattice.extract(Array(differing.prefix(PeerLimits.repairRows))), to: index, now: now)
    }

    /// Sends states, as far as the budget goes; what is left out is asked for again.
    mutating func repair(_ delta: Lattice, to index: Int, now: Instant) {
        // The others may know what this node has committed only once its disk does.
        var secret = unrecorded.names
        secret.join(gathered.names)
        let told = delta.without(secret)
        guard !told.isEmpty else { return }
        for (part, size) in Self.sendable(told) {
            guard links[index].spendRepair(size, now: now) else {
                counters.dropped &+= 1
                return
            }
            if send(.repair(part), to: index) != nil { counters.repairsSent &+= 1 }
        }
    }
}
