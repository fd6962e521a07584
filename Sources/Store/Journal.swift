// The loop's side of the journal: numbers the deltas of each tick, hands them to the writer in one
// batch, and knows how far the disk has come.
//
// Invariant: durableThrough <= lastSequence, and neither ever goes back. A checkpoint is ordered
// behind the records that it holds, so it never promises what no commit has.

public import CairnBasics
public import CairnCRDT

/// What the loop asks of the writer.
public enum JournalOrder: Sendable {
    case commit([JournalRecord])
    /// Replace the records up to and with `through` by the world that they made.
    case checkpoint(Lattice, tick: Tick, through: UInt64)
}

/// What the writer answers.
public enum JournalReport: Hashable, Sendable {
    case committed(Durability)
    case checkpointed(through: UInt64)
    /// Nothing has been written since, and nothing will be: the server must stop.
    case failed(StoreError)
}

public struct Journal: Sendable {
    public let policy: RetentionPolicy
    /// The last record that has a number.
    public private(set) var lastSequence: UInt64
    /// Proof of how far the disk has come; nil before the first commit of this boot.
    public private(set) var durability: Durability?
    /// Why the writer gave up; the server must stop.
    public private(set) var failure: StoreError?
    private var waiting: [JournalRecord] = []
    private var durableThrough: UInt64
    private var recordsSinceCheckpoint: Int
    private var bytesSinceCheckpoint: Int
    private var isCheckpointing = false

    /// A journal that goes on where a recovered world ends.
    public init(after world: RecoveredWorld, policy: RetentionPolicy = RetentionPolicy()) {
        self.policy = policy
        lastSequence = world.lastSequence
        durableThrough = world.lastSequence
        recordsSinceCheckpoint = world.replayedRecords
        bytesSinceCheckpoint = world.replayedBytes
    }

    /// Numbers what a tick changed and keeps it for the next batch.
    /// - Returns: the record's sequence, to ask `acknowledgement(of:)` about.
    @discardableResult public mutating func append(_ delta: Lattice, tick: Tick) -> UInt64 {
        lastSequence += 1
        let record = JournalRecord(sequence: lastSequence, tick: tick, delta: delta)
        recordsSinceCheckpoint += 1
        bytesSinceCheckpoint += record.delta.count
        waiting.append(record)
        return lastSequence
    }

    /// What the writer should do now: commit what waits, and write a checkpoint when one is due.
    /// - Parameter world: all appended deltas joined; it is copied only when it changes while the
    ///   writer still encodes it.
    public mutating func takeOrders(world: Lattice, tick: Tick) -> [JournalOrder] {
        var orders: [JournalOrder] = []
        if !waiting.isEmpty {
            orders.append(.commit(waiting))
            waiting = []
        }
        let isDue = policy.isCheckpointDue(
            records: recordsSinceCheckpoint, bytes: bytesSinceCheckpoint)
        if isDue && !isCheckpointing {
            orders.append(checkpoint(world: world, tick: tick))
        }
        return orders
    }

    /// What an orderly shutdown writes last, so that the next start has nothing to replay.
    public mutating func takeClosingOrders(world: Lattice, tick: Tick) -> [JournalOrder] {
        let orders = takeOrders(world: world, tick: tick)
        guard recordsSinceCheckpoint > 0 else { return orders }
        return orders + [checkpoint(world: world, tick: tick)]
    }

    private mutating func checkpoint(world: Lattice, tick: Tick) -> JournalOrder {
        isCheckpointing = true
        recordsSinceCheckpoint = 0
        bytesSinceCheckpoint = 0
        return .checkpoint(world, tick: tick, through: lastSequence)
    }

    /// Takes in what the writer reports.
    public mutating func handle(_ report: JournalReport) {
        switch report {
        case .committed(let durability):
            self.durability = durability
            durableThrough = durability.through
        case .checkpointed:
            isCheckpointing = false
        case .failed(let error):
            failure = failure ?? error
        }
    }

    /// What may be promised about a record that `append` numbered.
    public func acknowledgement(of sequence: UInt64) -> Acknowledgement {
        guard let durability, sequence <= durability.through else { return .received }
        return .durableHere(durability)
    }

    /// Records that are not known to be on the disk.
    public var uncommittedRecords: Int { Int(clamping: lastSequence - durableThrough) }

    /// True when the disk is so far behind that the server should stop rather than promise more.
    public var isOverwhelmed: Bool { uncommittedRecords > policy.maximumUncommittedRecords }
}
