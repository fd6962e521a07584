// A delta that is too long for one message, as several. Every part is a delta of its own: they may
// come in any order, repeatedly, and some of them never, and what has come is never wrong.
//
// An entity that is too long alone is cut by its fields, and a field by its elements (see
// FieldState+Parts); the first part has its life, the others are edits. A part's context names the
// entities whose life it carries, and the deletions of all parts are divided among them.

import CairnBasics

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
}
