// How a world comes back: join the checkpoint and every record after it.
//
// A join is idempotent, so a record that the checkpoint already holds does no harm, and there is
// no second way to read the journal: recovery does what a tick did. What it will not do is guess: a
// missing record or an unreadable delta stops it with the row's name, because a world with a hole
// looks whole.

public import CairnBasics
public import CairnCRDT

/// All that is stored of a world, as read and not yet joined.
public struct StoredWorld: Hashable, Sendable {
    public var checkpoint: Checkpoint?
    /// In ascending order of sequence.
    public var records: [JournalRecord]
    /// Where it was read from, for errors.
    public var file: String

    public init(checkpoint: Checkpoint?, records: [JournalRecord], file: String) {
        self.checkpoint = checkpoint
        self.records = records
        self.file = file
    }
}

/// A world that came back from the store.
public struct RecoveredWorld: Sendable {
    public var lattice = Lattice()
    /// The last record in it; the journal goes on after this one.
    public var lastSequence: UInt64 = 0
    /// The tick of that record, in the boot that wrote it.
    public var lastTick = Tick(0)
    /// How many records were joined on top of the checkpoint.
    public var replayedRecords = 0
    /// How many bytes those records have.
    public var replayedBytes = 0

    /// A world in which nothing has happened.
    public init() {}
}

public enum Recovery {
    /// Joins what is stored into a lattice.
    /// - Throws: `StoreError.damaged` naming the first row that is missing or cannot be read.
    /// - Complexity: O(n log n) in what the rows hold.
    public static func replay(_ stored: StoredWorld) throws(StoreError) -> RecoveredWorld {
        var world = RecoveredWorld()
        if let checkpoint = stored.checkpoint {
            world.lattice = try lattice(
                checkpoint.world, place: Checkpoint.place(in: stored.file))
            world.lastSequence = checkpoint.through
            world.lastTick = checkpoint.tick
        }
        for record in stored.records where record.sequence > world.lastSequence {
            try join(record, into: &world, file: stored.file)
        }
        return world
    }

    private static func join(
        _ record: JournalRecord, into world: inout RecoveredWorld, file: String
    ) throws(StoreError) {
        let expected = world.lastSequence &+ 1  // Safe: sequences are below 2^63.
        guard record.sequence == expected else {
            throw .damaged(
                place: JournalRecord.place(expected, in: file),
                reason: "it is missing, and record \(record.sequence) is there")
        }
        let place = JournalRecord.place(record.sequence, in: file)
        world.lattice.join(try lattice(record.delta, place: place))
        world.lastSequence = record.sequence
        world.lastTick = record.tick
        world.replayedRecords += 1
        world.replayedBytes += record.delta.count
    }

    private static func lattice(_ bytes: [UInt8], place: String) throws(StoreError) -> Lattice {
        do throws(CodecError) {
            return try Lattice(encoded: bytes)
        } catch {
            throw .damaged(place: place, reason: "its delta cannot be read (\(error))")
        }
    }
}
