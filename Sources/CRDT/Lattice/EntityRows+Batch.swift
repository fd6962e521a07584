// Joining many rows at once. A world does not fit a cache, so every row that a delta names is a wait
// for memory, and a join after every look-up waits for one after the other. Loops so short that the
// processor runs many rounds of them ahead wait for many at once: so the rows of a delta are taken
// by the batch, and for each batch first the slots of the index are read, then the rows, and then
// what is now in the cache is joined.

import CairnBasics

extension EntityRows {
    /// As many as there are bits for them; what a batch reads fits the smallest cache.
    static let batch = 64

    /// What a look-up of a batch has found.
    struct Batch {
        /// Where the batch begins in the delta.
        let start: Int
        let count: Int
        /// The rows, or `none`; the first `count` are meant.
        fileprivate(set) var rows = InlineArray<64, Int32>(repeating: -1)
        /// A bit for each that needs nothing but that one register is joined into another.
        fileprivate(set) var alike: UInt64 = 0

        static let none = -1
        /// What the index tells only after a search.
        static let unsure = -2

        /// The others, as indices into the batch.
        var unlike: some Sequence<Int> { (0..<count).lazy.filter { alike &>> UInt64($0) & 1 == 0 } }
    }

    /// Finds the rows of a batch of another lattice's rows.
    /// - Complexity: O(1) expected each
    func find(_ wanted: EntityRows, from start: Int) -> Batch {
        var batch = Batch(start: start, count: Swift.min(Self.batch, wanted.count - start))
        guess(wanted, &batch)
        let mine = rows.span
        let theirs = wanted.rows.span
        for i in 0..<batch.count {
            let guessed = Int(batch.rows[i])
            let id = theirs[start &+ i].id
            if guessed >= 0, mine[guessed].id == id {
                let isAlike = mine[guessed].state.isJoined(byRegisterOf: theirs[start &+ i].state)
                batch.alike |= (isAlike ? 1 : 0) &<< UInt64(i)
            } else if guessed != Batch.none {
                batch.rows[i] = number(of: id)
            }
        }
        return batch
    }

    /// Joins the alike rows of a batch and notes those that changed.
    mutating func joinAlike(
        _ batch: Batch, of delta: EntityRows, into changed: inout [EntityID]
    ) {
        var mine = rows.mutableSpan
        let theirs = delta.rows.span
        let found = batch.rows
        var rest = batch.alike
        while rest != 0 {
            let i = rest.trailingZeroBitCount
            // Safe: it is not zero.
            rest &= rest &- 1
            let (row, their) = (Int(found[i]), batch.start &+ i)
            if mine[row].state.fields.joinRegister(theirs[their].state.fields) {
                changed.append(theirs[their].id)
            }
        }
    }

    /// The rows that one look into the index gives. Whole states and deltas as they are decoded
    /// ascend alike, so behind the last entity the next row is tried before the hash.
    private func guess(_ wanted: EntityRows, _ batch: inout Batch) {
        guard let index else {
            for i in 0..<batch.count {
                batch.rows[i] = number(of: wanted.rows[batch.start &+ i].id)
            }
            return
        }
        var (next, last) = (0, UInt64.max)
        for i in 0..<batch.count {
            let id = wanted.rows[batch.start &+ i].id
            // Safe: only a distance, and what is wrong is found out.
            let isNear = id.raw &- last < 16
            let isNext = isNear && rows.indices.contains(next) && rows[next].id == id
            let row = isNext ? next : index.guess(id)
            batch.rows[i] = Int32(truncatingIfNeeded: row)
            (next, last) = (row &+ 1, id.raw)
        }
    }

    private func number(of id: EntityID) -> Int32 {
        Int32(truncatingIfNeeded: row(of: id) ?? Batch.none)
    }
}
