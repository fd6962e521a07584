// What the tick owes the journal. All deltas of one tick are joined into one record, so the journal
// has at most one row a tick, and its thread commits however many ticks have gathered with one
// fsync. An intent is durable when the record of its tick is: nothing else may say so.

import CairnBasics
import CairnCRDT
import CairnStore

/// Deltas on their way to the disk.
struct JournalQueue {
    private var nextSequence: UInt64
    private var gathered = Lattice()
    private var records: [JournalRecord] = []
    /// The last record known to be on disk.
    private(set) var committedThrough: UInt64

    /// - Parameter lastSequence: the last record that recovery has read; 0 where there was none.
    init(lastSequence: UInt64) {
        nextSequence = lastSequence + 1
        committedThrough = lastSequence
    }

    /// The number that the record of the current tick will have.
    var currentSequence: UInt64 { nextSequence }

    /// Takes in a delta that the lattice has joined.
    mutating func gather(_ delta: Lattice) { gathered.join(delta) }

    /// Ends the tick: what has been gathered becomes one record.
    mutating func endTick(_ tick: Tick) {
        guard !gathered.isEmpty else { return }
        records.append(
            JournalRecord(sequence: nextSequence, tick: tick.number, bytes: gathered.encoded()))
        gathered = Lattice()
        nextSequence += 1
    }

    /// Takes every record that waits.
    mutating func drain() -> [JournalRecord] {
        defer { records.removeAll() }
        return records
    }

    mutating func committed(through sequence: UInt64) {
        committedThrough = max(committedThrough, sequence)
    }
}
