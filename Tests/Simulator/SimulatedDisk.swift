import CairnBasics
@_spi(Committing) import CairnStore

/// A disk for the journal: what was committed survives a crash, what was only ordered does not.
final class SimulatedDisk: JournalStore {
    private(set) var checkpoint: Checkpoint?
    private(set) var records: [JournalRecord] = []
    private(set) var boots: UInt32 = 0

    func nextBoot() -> UInt32 {
        boots += 1
        return boots
    }

    func load() -> StoredWorld {
        StoredWorld(checkpoint: checkpoint, records: records, file: "the simulated disk")
    }

    func commit(_ records: [JournalRecord]) throws(StoreError) -> Durability {
        self.records += records
        return Durability(committedThrough: self.records.last?.sequence ?? 0)
    }

    func replaceRecords(by checkpoint: Checkpoint) throws(StoreError) {
        self.checkpoint = checkpoint
        records.removeAll { $0.sequence <= checkpoint.through }
    }
}
