@_spi(Committing) import CairnStore

/// A disk that takes everything and keeps nothing.
struct NoDisk: JournalStore {
    func commit(_ records: [JournalRecord]) throws(StoreError) -> Durability {
        Durability(committedThrough: records.last?.sequence ?? 0)
    }

    func replaceRecords(by checkpoint: Checkpoint) throws(StoreError) {}
}
