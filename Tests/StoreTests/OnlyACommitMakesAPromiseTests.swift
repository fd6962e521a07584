import CairnBasics
import CairnCRDT
@_spi(Committing) import CairnStore
import Testing

@Suite struct OnlyACommitMakesAPromiseTests {
    /// A disk in memory that can fail at its n-th write.
    final class PaperDisk: JournalStore {
        var commits: [[UInt64]] = []
        var checkpoints: [UInt64] = []
        var failsAtWrite = Int.max
        private var writes = 0

        private func write() throws(StoreError) {
            writes += 1
            if writes >= failsAtWrite { throw .stopped(path: "paper", reason: "torn") }
        }
        func commit(_ records: [JournalRecord]) throws(StoreError) -> Durability {
            try write()
            commits.append(records.map(\.sequence))
            return Durability(committedThrough: records.last!.sequence)
        }
        func replaceRecords(by checkpoint: Checkpoint) throws(StoreError) {
            try write()
            checkpoints.append(checkpoint.through)
        }
    }

    private func journal(_ policy: RetentionPolicy = RetentionPolicy()) -> Journal {
        Journal(after: RecoveredWorld(), policy: policy)
    }

    @Test func aRecordIsDurableOnlyOnceItsCommitIsReported() {
        var world = SampleWorld(seed: 1)
        var journal = journal()
        var writer = JournalWriter(store: PaperDisk())
        let first = journal.append(world.change(), tick: Tick(1))
        #expect(journal.acknowledgement(of: first) == .received)
        let orders = journal.takeOrders(world: world.lattice, tick: Tick(1))
        let second = journal.append(world.change(), tick: Tick(2))
        #expect(journal.acknowledgement(of: first) == .received)
        for report in writer.perform(orders) { journal.handle(report) }
        #expect(
            journal.acknowledgement(of: first)
                == .durableHere(Durability(committedThrough: first)))
        #expect(journal.acknowledgement(of: second) == .received)
        #expect(journal.uncommittedRecords == 1)
    }

    @Test func whatWaitsIsCommittedInOneTransaction() {
        var world = SampleWorld(seed: 1)
        var journal = journal()
        let disk = PaperDisk()
        var writer = JournalWriter(store: disk)
        var orders: [JournalOrder] = []
        for tick in 0..<5 {
            journal.append(world.change(), tick: Tick(UInt32(tick)))
            orders += journal.takeOrders(world: world.lattice, tick: Tick(UInt32(tick)))
        }
        let reports = writer.perform(orders)
        #expect(disk.commits == [[1, 2, 3, 4, 5]])
        #expect(reports == [.committed(Durability(committedThrough: 5))])
    }

    @Test func aCheckpointFollowsTheRecordsItHoldsAndIsNotOrderedTwice() {
        var policy = RetentionPolicy()
        policy.checkpointAfterRecords = 3
        var world = SampleWorld(seed: 1)
        var journal = journal(policy)
        let disk = PaperDisk()
        var writer = JournalWriter(store: disk)
        var orders: [JournalOrder] = []
        for _ in 0..<8 {
            journal.append(world.change(), tick: Tick(0))
            orders += journal.takeOrders(world: world.lattice, tick: Tick(0))
        }
        for report in writer.perform(orders) { journal.handle(report) }
        #expect(disk.commits == [[1, 2, 3], [4, 5, 6, 7, 8]])
        #expect(disk.checkpoints == [3])
        let next = journal.takeOrders(world: world.lattice, tick: Tick(0))
        #expect(next.count == 1, "the checkpoint that was due meanwhile")
    }

    @Test func anIdleJournalOrdersNothing() {
        var journal = journal()
        #expect(journal.takeOrders(world: Lattice(), tick: Tick(0)).isEmpty)
        #expect(journal.takeClosingOrders(world: Lattice(), tick: Tick(0)).isEmpty)
    }

    @Test func closingLeavesNothingToReplay() throws {
        var world = SampleWorld(seed: 1)
        var journal = journal()
        let disk = PaperDisk()
        var writer = JournalWriter(store: disk)
        for _ in 0..<4 { journal.append(world.change(), tick: Tick(0)) }
        _ = writer.perform(journal.takeClosingOrders(world: world.lattice, tick: Tick(0)))
        #expect(disk.commits == [[1, 2, 3, 4]])
        #expect(disk.checkpoints == [4])
    }

    @Test(arguments: 1...7)
    func afterAnyFailedWriteNothingMoreIsWrittenOrPromised(failing: Int) {
        var policy = RetentionPolicy()
        policy.checkpointAfterRecords = 2
        var world = SampleWorld(seed: 1)
        var journal = journal(policy)
        let disk = PaperDisk()
        disk.failsAtWrite = failing
        var writer = JournalWriter(store: disk)
        var failures = 0
        for _ in 0..<10 {
            journal.append(world.change(), tick: Tick(0))
            for report in writer.perform(journal.takeOrders(world: world.lattice, tick: Tick(0))) {
                journal.handle(report)
                if case .failed = report { failures += 1 }
            }
        }
        #expect(failures == 1)
        #expect(journal.failure == .stopped(path: "paper", reason: "torn"))
        #expect(disk.commits.count + disk.checkpoints.count == failing - 1)
        let durable = disk.commits.last?.last ?? 0
        for sequence in 1...UInt64(10) {
            let isPromised = journal.acknowledgement(of: sequence) != .received
            #expect(isPromised == (sequence <= durable), "record \(sequence)")
        }
    }

    @Test func aDiskThatFallsBehindIsNoticed() {
        var policy = RetentionPolicy()
        policy.maximumUncommittedRecords = 10
        var world = SampleWorld(seed: 1)
        var journal = journal(policy)
        for _ in 0..<10 { journal.append(world.change(), tick: Tick(0)) }
        #expect(!journal.isOverwhelmed)
        journal.append(world.change(), tick: Tick(0))
        #expect(journal.isOverwhelmed)
    }

    @Test func aJournalGoesOnAfterWhatWasRecovered() {
        var recovered = RecoveredWorld()
        recovered.lastSequence = 41
        var journal = Journal(after: recovered)
        #expect(journal.append(Lattice(), tick: Tick(0)) == 42)
    }
}
