// Digests of all entities in 256 buckets, by which two nodes find what they differ in without telling
// it all. A bucket's digest is the sum of its entities', so a change costs one entity, not a bucket.
//
// The digests find differences, they are no proof against somebody who makes two states alike.

import CairnBasics
import CairnCRDT

struct EntityDigests: Sendable {
    static let bucketCount = 256

    struct Bucket: Sendable {
        /// Ascending by id.
        var entries: [BucketList.Entry] = []
        var sum: UInt64 = 0
    }

    private(set) var buckets = [Bucket](repeating: Bucket(), count: bucketCount)
    /// Entities that changed since the last `refresh`, some of them repeatedly.
    private var changed: [EntityID] = []

    static func bucket(of id: EntityID) -> Int {
        Int(truncatingIfNeeded: mix64(id.raw) & UInt64(bucketCount - 1))
    }

    /// Remembers that entities changed; what they are now is looked up when it is needed.
    mutating func note(_ ids: [EntityID], lattice: Lattice) {
        changed += ids
        // Otherwise nobody may ask for long, and the notes outgrow the entities.
        if changed.count > 65_536 { refresh(lattice) }
    }

    /// Brings the digests up to date.
    /// - Complexity: O(size of the entities that changed)
    mutating func refresh(_ lattice: Lattice) {
        changed.sort()
        var last: EntityID?
        for id in changed where id != last {
            last = id
            set(lattice.digest(of: id), of: id)
        }
        changed.removeAll(keepingCapacity: changed.count <= 4_096)
    }

    private mutating func set(_ digest: UInt64?, of id: EntityID) {
        let bucket = Self.bucket(of: id)
        let index = index(of: id, in: bucket)
        let isKnown = has(id, at: index, in: bucket)
        if isKnown { buckets[bucket].sum &-= Self.term(buckets[bucket].entries[index]) }
        guard let digest else {
            if isKnown { buckets[bucket].entries.remove(at: index) }
            return
        }
        let entry = BucketList.Entry(id: id, digest: digest)
        buckets[bucket].sum &+= Self.term(entry)
        if isKnown {
            buckets[bucket].entries[index] = entry
        } else {
            buckets[bucket].entries.insert(entry, at: index)
        }
    }

    private func has(_ id: EntityID, at index: Int, in bucket: Int) -> Bool {
        index < buckets[bucket].entries.count && buckets[bucket].entries[index].id == id
    }

    private static func term(_ entry: BucketList.Entry) -> UInt64 {
        mix64(mix64(entry.id.raw) ^ entry.digest)
    }

    /// The index in a bucket of the first entry whose id is not smaller.
    private func index(of id: EntityID, in bucket: Int) -> Int {
        var low = 0
        var high = buckets[bucket].entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if buckets[bucket].entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The ids for which a list of another node and the rows here differ.
    /// - Complexity: O(entries of both)
    func differences(to list: BucketList) -> [EntityID] {
        let bucket = Int(list.bucket)
        var differing: [EntityID] = []
        var mine = index(of: list.ids.lowerBound, in: bucket)
        var theirs = 0
        let entries = buckets[bucket].entries
        while true {
            let own = mine < entries.count && entries[mine].id <= list.ids.upperBound
            let told = theirs < list.entries.count
            if own && told && entries[mine].id == list.entries[theirs].id {
                if entries[mine].digest != list.entries[theirs].digest {
                    differing.append(entries[mine].id)
                }
                mine += 1
                theirs += 1
            } else if own && (!told || entries[mine].id < list.entries[theirs].id) {
                differing.append(entries[mine].id)
                mine += 1
            } else if told {
                differing.append(list.entries[theirs].id)
                theirs += 1
            } else {
                return differing
            }
        }
    }
}
