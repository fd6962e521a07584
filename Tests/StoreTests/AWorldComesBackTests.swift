import CairnBasics
import CairnCRDT
import CairnSQLite
import CairnStore
import Testing

@Suite struct AWorldComesBackTests {
    @Test(arguments: 0..<10)
    func replayingAnyCheckpointAndTheRecordsAfterItGivesTheLiveWorld(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var world = SampleWorld(seed: UInt64(seed))
        let early = world.records(Int(random.below(200)))
        let checkpoint = Checkpoint(
            through: UInt64(early.count), tick: Tick(1), world: world.lattice)
        let late = world.records(Int(random.below(200)))
        // Records that the checkpoint holds already must do no harm.
        let kept = early.suffix(Int(random.below(50)))
        let recovered = try Recovery.replay(
            StoredWorld(checkpoint: checkpoint, records: kept + late, file: "f"))
        #expect(recovered.lattice == world.lattice)
        #expect(recovered.lastSequence == UInt64(world.changeCount))
        #expect(recovered.replayedRecords == late.count)
        #expect(recovered.lastTick == (late.last?.tick ?? Tick(1)))
    }

    @Test func nothingStoredIsAnEmptyWorld() throws {
        let recovered = try Recovery.replay(
            StoredWorld(checkpoint: nil, records: [], file: "f"))
        #expect(recovered.lattice == Lattice())
        #expect(recovered.lastSequence == 0)
    }

    @Test func aMissingRecordIsNamed() {
        var world = SampleWorld(seed: 1)
        var records = world.records(9)
        records.remove(at: 4)
        #expect(
            throws: StoreError.damaged(
                place: "journal record 5 in f",
                reason: "it is missing, and record 6 is there")
        ) {
            try Recovery.replay(StoredWorld(checkpoint: nil, records: records, file: "f"))
        }
    }

    @Test func aDeltaThatCannotBeReadIsNamed() {
        let record = JournalRecord(sequence: 1, tick: Tick(1), delta: [0xff, 0xff])
        let error = #expect(throws: StoreError.self) {
            try Recovery.replay(StoredWorld(checkpoint: nil, records: [record], file: "f"))
        }
        #expect(error?.description.hasPrefix("journal record 1 in f is damaged") == true)
    }

    @Test func theStoreKeepsRecordsAndCheckpointsOverRestarts() throws {
        let directory = TemporaryDirectory()
        var world = SampleWorld(seed: 2)
        for boot in 1...5 {
            let store = try directory.open()
            #expect(try store.nextBoot() == UInt32(boot))
            let recovered = try Recovery.replay(store.load())
            #expect(recovered.lattice == world.lattice, "boot \(boot)")
            #expect(recovered.lastSequence == UInt64(world.changeCount))
            for _ in 0..<20 {
                let durability = try store.commit(world.records(3))
                #expect(durability.through == UInt64(world.changeCount))
            }
            if boot % 2 == 0 {
                let through = UInt64(world.changeCount)
                try store.replaceRecords(
                    by: Checkpoint(through: through, tick: Tick(0), world: world.lattice))
                #expect(try store.load().records.isEmpty)
            }
            _ = try store.commit(world.records(2))
            try store.close()
            try store.close()
        }
    }

    @Test func aLongRunKeepsTheLogAndTheFileBounded() throws {
        let directory = TemporaryDirectory()
        let store = try directory.open()
        let delta = [UInt8](repeating: 7, count: 100_000)
        var largestLog = 0
        var sequence: UInt64 = 0
        for round in 0..<6 {
            for _ in 0..<60 {
                sequence += 1
                _ = try store.commit([
                    JournalRecord(sequence: sequence, tick: Tick(0), delta: delta)
                ])
                largestLog = max(largestLog, try readBytes(directory.log).count)
            }
            try store.replaceRecords(
                by: Checkpoint(through: sequence, tick: Tick(UInt32(round)), world: [0]))
        }
        // 36 MB went through; the log is trimmed at 8 MiB and the file holds one round of 6 MB.
        #expect(largestLog < 9 * 1_024 * 1_024)
        #expect(largestLog > 100_000)
        try store.close()
        #expect(try readBytes(directory.database).count < 9 * 1_024 * 1_024)
    }
}
