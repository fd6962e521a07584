import CairnBasics
import CairnSQLite
import CairnStore
import Foundation
import Testing

@Suite struct DamageIsNamedTests {
    let record = JournalRecord(sequence: 17, tick: Tick(99), delta: Array(0..<40))

    @Test func aRowComesBackAsItWasWritten() throws {
        let row = record.encoded()
        #expect(try JournalRecord(decoding: row, sequence: 17, file: "f") == record)
        let checkpoint = Checkpoint(through: 17, tick: Tick(99), world: [1, 2, 3])
        #expect(try Checkpoint(decoding: checkpoint.encoded(), file: "f") == checkpoint)
    }

    @Test func everyFlippedBitOfARowIsNoticed() {
        let row = record.encoded()
        for bit in 0..<row.count * 8 {
            var damaged = row
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: StoreError.self, "bit \(bit)") {
                try JournalRecord(decoding: damaged, sequence: 17, file: "f")
            }
        }
    }

    @Test func everyTruncationOfARowIsNoticed() {
        let row = record.encoded()
        for count in 0..<row.count {
            #expect(throws: StoreError.self, "\(count) bytes") {
                try JournalRecord(decoding: Array(row[..<count]), sequence: 17, file: "f")
            }
        }
    }

    @Test func aRowInAnothersPlaceIsNoticed() {
        #expect(
            throws: StoreError.damaged(
                place: "journal record 18 in /w/world.sqlite", reason: "it holds row 17")
        ) {
            try JournalRecord(
                decoding: record.encoded(), sequence: 18, file: "/w/world.sqlite")
        }
        #expect(throws: StoreError.self, "a record is no checkpoint") {
            try Checkpoint(decoding: record.encoded(), file: "f")
        }
    }

    @Test func aDamagedRecordOnTheDiskIsNamedWithAWayOut() throws {
        let directory = TemporaryDirectory()
        let marker: [UInt8] = Array("here is the delta".utf8)
        let store = try directory.open()
        _ = try store.commit([
            JournalRecord(sequence: 1, tick: Tick(1), delta: [1, 2, 3]),
            JournalRecord(sequence: 2, tick: Tick(2), delta: marker),
        ])
        try store.close()
        try directory.editDatabase { bytes in
            let start = bytes.indices.first { bytes[$0...].starts(with: marker) }!
            bytes[start + 4] ^= 0x10
        }
        let reopened = try directory.open()
        let error = #expect(throws: StoreError.self) { try reopened.load() }
        #expect(
            error?.description == """
                journal record 2 in \(directory.database) is damaged: its checksum does not \
                match; restore the data directory from a backup; the disk it is on may be failing
                """)
    }

    /// Wherever a bit of the file flips, the world comes back whole or an error says that it cannot.
    @Test func noFlippedBitOfTheFileChangesTheWorldInSilence() throws {
        let directory = TemporaryDirectory()
        var world = SampleWorld(seed: 5)
        let store = try directory.open()
        #expect(try store.nextBoot() == 1)
        _ = try store.commit(world.records(60))
        try store.replaceRecords(
            by: Checkpoint(through: 60, tick: Tick(120), world: world.lattice))
        let after = world.records(60)
        _ = try store.commit(after)
        try store.close()

        let clean = try readBytes(directory.database)
        var random = SeededRandom(seed: 6)
        var noticed = 0
        for _ in 0..<400 {
            let bit = Int(random.below(UInt32(clean.count * 8)))
            try directory.editDatabase { bytes in
                bytes = clean
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            try? FileManager.default.removeItem(atPath: directory.log)
            do throws(StoreError) {
                let damaged = try directory.open()
                defer { try? damaged.close() }
                let stored = try damaged.load()
                let recovered = try Recovery.replay(stored)
                #expect(recovered.lattice == world.lattice, "bit \(bit)")
                #expect(recovered.lastSequence == 120, "bit \(bit)")
                #expect(try damaged.nextBoot() == 2, "bit \(bit)")
            } catch {
                noticed += 1
            }
        }
        #expect(noticed > 100, "most of the file is data")
    }
}
