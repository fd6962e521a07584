// What this node has committed and its disk does not have yet. Nobody may hear of it: a crash takes
// it back, and with it the memory of which edits of a returning client were performed and which
// rights were spent. Were it told, both would be done a second time and the first come home as well.

import CairnBasics
import CairnCRDT

struct UnrecordedDeltas: Sendable {
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

    /// The entities that are not to be spoken of.
    var names: CausalContext {
        var names = CausalContext()
        for (_, delta) in waiting { names.join(delta.names) }
        return names
    }
}
