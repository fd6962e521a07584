// A hash table of row numbers, 4 bytes a slot: in the low bits the row, counted from 1, in the rest
// some bits of its id's hash. An id is compared only where those agree, so a look-up costs one cache
// miss here and one for the row itself, which its caller wants anyway.
//
// Linear probing with backward-shift deletion: no tombstones, so a table that lives long stays as
// fast as a new one. Multiplicative hashing, for ids that no attacker chooses. The order of slots
// never shows.

import CairnBasics

/// Finds the row of an entity's id. Every method is given the rows that are indexed.
struct RowIndex: Sendable {
    private var slots: [UInt32]
    private var count = 0
    /// There are 2^bits slots, and row numbers take as many bits.
    private let bits: UInt32

    /// A quarter of the slots at least is free.
    private static let (mostOf, outOf) = (3, 4)
    private static let fewestBits: UInt32 = 5

    var slotCount: Int { slots.count }

    /// An index of all rows.
    init(of rows: [EntityRows.Row]) {
        self.init(roomFor: rows.count)
        for row in rows.indices { place(row, hash: Self.hash(rows[row].id)) }
    }

    private init(roomFor count: Int) {
        var bits = Self.fewestBits
        while count * Self.outOf > Self.mostOf << bits { bits += 1 }
        precondition(bits < 32, "two thousand million entities are more than memory holds")
        self.bits = bits
        slots = [UInt32](repeating: 0, count: 1 << bits)
    }

    /// The row of an id; nil when it is not indexed.
    /// - Complexity: O(1) expected
    func row(of id: EntityID, in rows: [EntityRows.Row]) -> Int? {
        let hash = Self.hash(id)
        var slot = home(hash)
        while slots[slot] != 0 {
            if (slots[slot] ^ hash &<< bits) &>> bits == 0 {
                let row = row(in: slot)
                if rows[row].id == id { return row }
            }
            slot = after(slot)
        }
        return nil
    }

    /// What the first slot says of an id: a row that may have it, or that none has, or neither.
    func guess(_ id: EntityID) -> Int {
        let hash = Self.hash(id)
        let entry = slots[home(hash)]
        let isLikely = entry == 0 || (entry ^ hash &<< bits) &>> bits == 0
        return isLikely ? Int(entry & (1 &<< bits &- 1)) &- 1 : EntityRows.Batch.unsure
    }

    /// Indexes the last row.
    /// - Complexity: O(1) amortised
    mutating func insert(_ row: Int, in rows: [EntityRows.Row]) {
        if (count + 1) * Self.outOf > slots.count * Self.mostOf {
            self = RowIndex(of: rows)
        } else {
            place(row, hash: Self.hash(rows[row].id))
        }
    }

    /// Takes a row out of the index.
    mutating func remove(_ row: Int, in rows: [EntityRows.Row]) {
        var hole = slot(of: row, in: rows)
        var next = hole
        while true {
            next = after(next)
            if slots[next] == 0 { break }
            // An entry may fill the hole unless its home lies between the two.
            let home = home(Self.hash(rows[self.row(in: next)].id))
            if distance(from: home, to: next) >= distance(from: hole, to: next) {
                slots[hole] = slots[next]
                hole = next
            }
        }
        slots[hole] = 0
        count -= 1
    }

    /// Gives a row that is about to move its new number.
    mutating func rename(_ row: Int, to other: Int, in rows: [EntityRows.Row]) {
        slots[slot(of: row, in: rows)] = Self.hash(rows[row].id) &<< bits | UInt32(other + 1)
    }

    private mutating func place(_ row: Int, hash: UInt32) {
        var slot = home(hash)
        while slots[slot] != 0 { slot = after(slot) }
        slots[slot] = hash &<< bits | UInt32(row + 1)
        count += 1
    }

    private func slot(of row: Int, in rows: [EntityRows.Row]) -> Int {
        var slot = home(Self.hash(rows[row].id))
        while self.row(in: slot) != row { slot = after(slot) }
        return slot
    }

    /// The row that a slot names; -1 when it is free.
    private func row(in slot: Int) -> Int { Int(slots[slot] & (1 &<< bits &- 1)) &- 1 }

    private func after(_ slot: Int) -> Int { (slot &+ 1) & (slots.count &- 1) }

    private func home(_ hash: UInt32) -> Int { Int(hash &>> (32 &- bits)) }

    private func distance(from start: Int, to end: Int) -> Int {
        (end &- start) & (slots.count &- 1)
    }

    private static func hash(_ id: EntityID) -> UInt32 {
        UInt32(truncatingIfNeeded: (id.raw &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
