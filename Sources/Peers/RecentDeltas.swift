// The last deltas of this boot, for the peers that have not acknowledged them. Capped in number and
// bytes: the oldest go first, and whoever missed them compares states instead.

import CairnBasics
import CairnCRDT

struct RecentDeltas: Sendable {
    /// Ascending without gaps; the last has the sequence `lastSequence`.
    private(set) var deltas: ArraySlice<Lattice> = []
    private var sizes: ArraySlice<Int> = []
    private(set) var lastSequence: UInt64 = 0
    private(set) var byteCount = 0

    /// The oldest that is kept; one past the last when none is.
    var firstSequence: UInt64 { lastSequence + 1 - UInt64(deltas.count) }

    subscript(sequence: UInt64) -> Lattice? {
        guard sequence >= firstSequence, sequence <= lastSequence else { return nil }
        return deltas[deltas.startIndex + Int(sequence - firstSequence)]
    }

    /// Numbers a delta and keeps it.
    mutating func append(_ delta: Lattice, byteCount size: Int) {
        lastSequence += 1
        deltas.append(delta)
        sizes.append(size)
        byteCount += size
        while deltas.count > PeerLimits.recentDeltas || byteCount > PeerLimits.recentBytes {
            removeFirst()
        }
    }

    /// Forgets what every peer has.
    mutating func drop(through sequence: UInt64) {
        while firstSequence <= sequence, !deltas.isEmpty { removeFirst() }
    }

    private mutating func removeFirst() {
        deltas.removeFirst()
        byteCount -= sizes.removeFirst()
    }
}
