// A delta that is too long for one message, as several. Every part is a delta of its own: they may
// come in any order, repeatedly, and some of them never, and what has come is never wrong.
//
// An entity that is too long alone is cut by its fields, and a field by its elements (see
// FieldState+Parts); the first part has its life, the others are edits. A part's context names the
// entities whose life it carries, and the deletions of all parts are divided among them.

public import CairnBasics

extension Lattice {
    /// What a part takes besides its rows and ranges, what a range takes at most, and a row besides
    /// its state: counts, ids and their gaps as varints.
    private static let headByteCount = 16
    private static let rangeByteCount = 20
    private static let rowByteCount = rangeByteCount + 10

    /// Deltas that together are this one, each of at most `byteCount` bytes when encoded.
    ///
    /// A single element that is longer makes a part that is longer.
    /// - Parameter byteCount: at least 1,024.
    /// - Complexity: O(encoded size)
    public func parts(ofAtMost byteCount: Int) -> [Lattice] {
        precondition(byteCount >= 1_024)
        var parts: [Lattice] = []
        var part = Lattice()
        var room = byteCount - Self.headByteCount
        func makeRoom(for size: Int) {
            if size > room, !part.isEmpty {
                parts.append(part)
                (part, room) = (Lattice(), byteCount - Self.headByteCount)
            }
            room -= size
        }
        var living = CausalContext()
        for row in rows.sortedRows {
            let id = rows[row].id
            if rows[row].state.life != nil { living.insert(id.dot) }
            let longest = byteCount - Self.headByteCount - Self.rowByteCount
            for piece in rows[row].state.pieces(ofAtMost: longest) {
                // Two pieces of one entity never share a part: a delta has an id once.
                makeRoom(
                    for: part.rows.row(of: id) == nil
                        ? Self.rowByteCount + piece.byteCount : byteCount)
                part.take(id, piece.state)
            }
        }
        for range in context.subtracting(living).ranges {
            makeRoom(for: Self.rangeByteCount)
            part.context.join(CausalContext(range))
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }

    private mutating func take(_ id: EntityID, _ state: EntityState) {
        rows.append(id, state)
        guard state.life != nil else { return }
        context.insert(id.dot)
        entityCount += 1
    }

    /// This delta as two that together are this one: the bounded counters, and all else.
    ///
    /// What a replica says of a bounded counter must not be heard before its own disk has it: a
    /// later boot takes over the rights that it finds there.
    /// - Complexity: O(size)
    public func separatingBoundedCounters() -> (others: Lattice, bounded: Lattice) {
        var bounded = Lattice()
        for row in rows.rows {
            let counters = row.state.separatingBoundedCounters().bounded
            if !counters.fields.isEmpty { bounded.rows.append(row.id, counters) }
        }
        if bounded.isEmpty { return (self, bounded) }
        return (withoutBoundedCounters(of: bounded.rows.rows.map(\.id)), bounded)
    }

    /// This delta without what it says of the bounded counters of the given entities.
    /// - Complexity: O(ids), and the fields of those that are here
    public func withoutBoundedCounters(of ids: [EntityID]) -> Lattice {
        var others = self
        for id in ids {
            guard let row = others.rows.row(of: id) else { continue }
            let (rest, counters) = others.rows[row].state.separatingBoundedCounters()
            if counters.fields.isEmpty { continue }
            if rest.life == nil && rest.fields.isEmpty {
                others.rows.remove(at: row)
            } else {
                others.rows[row].state = rest
            }
        }
        return others
    }
}

extension CausalContext {
    fileprivate init(_ range: DotRange) {
        self.init()
        append(range)
    }
}

extension EntityState {
    /// States that join to this one, each with the length of its encoding, of at most `byteCount`.
    fileprivate func pieces(ofAtMost byteCount: Int) -> [(state: EntityState, byteCount: Int)] {
        let whole = encoded.count
        if whole <= byteCount { return [(self, whole)] }
        var pieces: [(state: EntityState, byteCount: Int)] = []
        var piece = EntityState(life: life)
        for field in fields {
            // The number of the field and of the fields, at most three bytes each.
            for part in field.state.parts(ofAtMost: byteCount - 32) {
                let added = EntityState(field: field.id, part)
                let sum = piece.encoded.count + added.encoded.count + 8
                if piece[field.id] != nil || sum > byteCount && !piece.isBlank {
                    pieces.append((piece, piece.encoded.count))
                    piece = EntityState(life: nil)
                }
                _ = piece.join(added)
            }
        }
        if !piece.isBlank { pieces.append((piece, piece.encoded.count)) }
        return pieces
    }

    private var isBlank: Bool { life == nil && fields.isEmpty }

    fileprivate func separatingBoundedCounters() -> (others: EntityState, bounded: EntityState) {
        guard fields.contains(where: { $0.state.bounded != nil }) else {
            return (self, EntityState(life: nil))
        }
        let numbers = fields.filter { $0.state.bounded != nil }.map(\.id)
        var bounded = restricted(to: numbers)
        bounded.life = nil
        let others = restricted(to: fields.map(\.id).filter { !numbers.contains($0) })
        return (others, bounded)
    }
}
