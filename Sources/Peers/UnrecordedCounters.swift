// What this node has said of bounded counters and its disk has not yet. A later boot inherits the
// rights that it finds on the disk, so nobody may have heard of a spending that is not there.

import CairnBasics
import CairnCRDT

struct UnrecordedCounters: Sendable {
    /// Ascending by record.
    private var waiting: [(record: UInt64, delta: Lattice)] = []

    /// Keeps a delta back until the journal's record that holds it is on disk.
    mutating func hold(_ delta: Lattice, record: UInt64) { waiting.append((record, delta)) }

    /// What the disk has by now, as one delta.
    mutating func release(through record: UInt64) -> Lattice {
        let done = waiting.prefix { $0.record <= record }
        var released = Lattice()
        for (_, delta) in done { released.join(delta) }
        waiting.removeFirst(done.count)
        return released
    }

    /// The entities whose counters are not to be spoken of.
    var ids: [EntityID] { waiting.flatMap(\.delta.sortedRowIDs) }
}
