// The writer's side of the journal: runs where it may block, on a thread of its own.
//
//     let worker = WorkerThread<JournalOrder>(name: "journal") { orders in
//         for report in writer.perform(orders) { mailbox.post(report) }
//     }
//
// It is given all orders that wait, and puts the records of neighbouring ones into one transaction:
// a disk that is slow gets fewer and larger commits. The first failure is the last thing it does,
// because after a failed fsync the kernel may call the lost pages clean (Rebello et al., "Can
// Applications Recover from fsync Failures?", USENIX ATC 2020).

/// A disk that keeps journals: SQLite's, or a simulated one.
public protocol JournalStore {
    /// Makes the records durable in one transaction: all of them or none.
    func commit(_ records: [JournalRecord]) throws(StoreError) -> Durability
    /// Makes the checkpoint durable and forgets the records that it holds, in one transaction.
    func replaceRecords(by checkpoint: Checkpoint) throws(StoreError)
}

public struct JournalWriter<Store: JournalStore> {
    private let store: Store
    private var hasFailed = false

    public init(store: Store) { self.store = store }

    /// Does what was ordered, in order, and says how it went. After a failure does nothing more.
    public mutating func perform(_ orders: [JournalOrder]) -> [JournalReport] {
        guard !hasFailed else { return [] }
        var reports: [JournalReport] = []
        do throws(StoreError) {
            var group: [JournalRecord] = []
            for order in orders {
                switch order {
                case .commit(let records):
                    group += records
                case .checkpoint(let world, let tick, let through):
                    try commit(&group, reports: &reports)
                    let checkpoint = Checkpoint(through: through, tick: tick, world: world)
                    try store.replaceRecords(by: checkpoint)
                    reports.append(.checkpointed(through: through))
                }
            }
            try commit(&group, reports: &reports)
        } catch {
            hasFailed = true
            reports.append(.failed(error))
        }
        return reports
    }

    private func commit(
        _ group: inout [JournalRecord], reports: inout [JournalReport]
    ) throws(StoreError) {
        guard !group.isEmpty else { return }
        reports.append(.committed(try store.commit(group)))
        group = []
    }
}

extension JournalWriter: Sendable where Store: Sendable {}
