// A disk for the journal, which keeps rows as a real one does: bytes. What was committed survives a
// crash. What was only ordered survives wholly, in part or not at all, as the seed says.
//
// SQLite cannot give back a torn row: its log has checksums of its own, and a transaction whose last
// page is torn never happened. So a torn row is first shown to the real recovery, which must call it
// damaged, and is then rolled back.

import CairnBasics
@_spi(Committing) import CairnStore

final class SimulatedDisk: JournalStore {
    private var checkpoint: [UInt8]?
    private var records: [(sequence: UInt64, row: [UInt8])] = []
    private var through: UInt64 = 0
    private(set) var boots: UInt32 = 0
    /// Rows that were torn, and those of them that were read as if they were whole.
    private(set) var tornRows = 0
    private(set) var tornRowsTakenForWhole = 0
    private(set) var checkpoints = 0
    /// True when the next sync fails, once.
    var failsNext = false
    private static let name = "the simulated disk"

    /// A crash finds the counter where it was left: it is on the disk before anything else is.
    func nextBoot() -> UInt32 {
        boots += 1
        return boots
    }

    func load() throws(StoreError) -> StoredWorld {
        var stored = StoredWorld(checkpoint: nil, records: [], file: Self.name)
        if let checkpoint {
            stored.checkpoint = try Checkpoint(decoding: checkpoint, file: Self.name)
        }
        for record in records {
            stored.records.append(
                try JournalRecord(
                    decoding: record.row, sequence: record.sequence, file: Self.name))
        }
        return stored
    }

    func commit(_ records: [JournalRecord]) throws(StoreError) -> Durability {
        try sync()
        for record in records {
            precondition(record.sequence == through + 1, "a record is out of sequence")
            self.records.append((record.sequence, record.encoded()))
            through = record.sequence
        }
        return Durability(committedThrough: through)
    }

    func replaceRecords(by checkpoint: Checkpoint) throws(StoreError) {
        try sync()
        self.checkpoint = checkpoint.encoded()
        records.removeAll { $0.sequence <= checkpoint.through }
        checkpoints += 1
    }

    private func sync() throws(StoreError) {
        guard failsNext else { return }
        failsNext = false
        throw .stopped(path: Self.name, reason: "the sync failed, as the seed wants it")
    }

    /// Power is lost while these records were being written: some of them got through, and of the
    /// one after those perhaps a part.
    func crash(writing orders: [JournalOrder], tears: Bool, random: inout SeededRandom) {
        failsNext = false
        var pending: [JournalRecord] = []
        for case .commit(let records) in orders { pending += records }
        guard tears, !pending.isEmpty else { return }
        let survivors = Int(random.below(UInt32(pending.count + 1)))
        for record in pending.prefix(survivors) {
            records.append((record.sequence, record.encoded()))
            through = record.sequence
        }
        guard survivors < pending.count else { return }
        tear(pending[survivors], random: &random)
    }

    /// Shows the recovery a row of which only some of the sectors were written.
    private func tear(_ record: JournalRecord, random: inout SeededRandom) {
        let whole = record.encoded()
        var row = whole
        let sector = min(row.count, 512)
        if random.chance(Ratio(1, in: 2)) {
            row.removeLast(1 + Int(random.below(UInt32(row.count))))
        } else {
            let start = Int(random.below(UInt32(row.count))) / sector * sector
            for index in start..<min(row.count, start + sector) { row[index] = 0 }
        }
        guard row != whole else { return }
        tornRows += 1
        let read = try? JournalRecord(
            decoding: row, sequence: record.sequence, file: Self.name)
        if read != nil { tornRowsTakenForWhole += 1 }
    }
}
