// What the pages of one tick have in properties: of each page a list by version, made when the first
// block of it is encoded, and of each piece its bytes, encoded when the first block has it. Receivers
// stand at many versions, since what there was no room for or was lost goes later; all that their
// blocks differ in is where in the list they begin.
//
// Costs: a page's list O(fields of its members), once a tick; a block a search and a copy of its bytes.

import CairnBasics
import CairnCRDT
import CairnWorld

/// A part of a member's field.
private struct PropertyPiece {
    enum Coding { case none, coded, tooLong }

    var version: UInt64
    var row: Int32
    var part: FieldPart
    var coding = Coding.none
    /// Where its field and state are in the arena.
    var start: UInt32 = 0
    var count: UInt16 = 0
}

/// The properties of the pages of one tick.
struct PropertyPieces: ~Copyable {
    /// Where a page's pieces are.
    private struct Stretch {
        var tick = Tick(0)
        var isSet = false
        var start: Int32 = 0
        var count: Int32 = 0
    }

    private var tick = Tick(0)
    private var stretches: [Stretch] = []
    private var pieces: [PropertyPiece] = []
    private var scratch: [PropertyPiece] = []
    private var arena = BlockArena()

    /// The pieces of a page that changed after a version, ascending.
    mutating func due(
        of page: PageID, after version: UInt64, at tick: Tick, world: borrowing WorldState
    ) -> Range<Int> {
        if self.tick != tick {
            self.tick = tick
            pieces.removeAll(keepingCapacity: true)
            arena.removeAll()
        }
        let missing = page.index + 1 - stretches.count
        if missing > 0 {
            stretches.append(contentsOf: repeatElement(Stretch(), count: missing))
        }
        if !stretches[page.index].isSet || stretches[page.index].tick != tick {
            gather(page, world)
        }
        let start = Int(stretches[page.index].start)
        let end = start + Int(stretches[page.index].count)
        return partitionPoint(of: start..<end) { pieces[$0].version <= version }..<end
    }

    func version(of index: Int) -> UInt64 { pieces[index].version }

    private mutating func gather(_ page: PageID, _ world: borrowing WorldState) {
        scratch.removeAll(keepingCapacity: true)
        for slot in Slots(world.hash.pages[page.index].occupied) {
            let row = world.hash.row(in: page, slot: slot)
            for index in world.table.fieldVersions[row].indices {
                let field = world.table.fieldVersions[row][index]
                scratch.append(
                    PropertyPiece(version: field.version, row: Int32(row), part: field.part))
            }
        }
        scratch.sort { $0.version < $1.version }
        stretches[page.index] = Stretch(
            tick: tick, isSet: true, start: Int32(pieces.count), count: Int32(scratch.count))
        pieces.append(contentsOf: scratch)
    }

    /// Writes a piece: nothing when the field is gone.
    ///
    ///     varint(number << 1 | other replica), [replica: 4 bytes], field: varint, field state
    /// - Throws: `overflow` when there is no room.
    @_lifetime(writer: copy writer)
    mutating func encode(
        _ index: Int, _ replica: inout ReplicaID, _ world: borrowing WorldState,
        into writer: inout ByteWriter
    ) throws(CodecError) {
        if pieces[index].coding == .none { code(index, world) }
        let piece = pieces[index]
        guard piece.coding == .coded else { throw .overflow }
        guard piece.count > 0 else { return }
        let id = world.table.ids[Int(piece.row)]
        let isForeign = id.replica != replica
        try writer.putVarint(UInt64(id.number) << 1 | (isForeign ? 1 : 0))
        if isForeign { try writer.put(id.replica.raw) }
        let start = Int(piece.start)
        try writer.putBytes(arena.bytes(start..<start + Int(piece.count)))
        replica = id.replica
    }

    /// Encodes a piece's field and state, for all blocks of this tick that have it.
    private mutating func code(_ index: Int, _ world: borrowing WorldState) {
        let piece = pieces[index]
        let (field, number) = (piece.part.field, Int(piece.part.number))
        pieces[index].coding = .coded
        guard let state = world.lattice.field(field, of: world.table.ids[Int(piece.row)]) else {
            return
        }
        let parts = state.parts(ofAtMost: FieldPart.byteCount)
        guard number < parts.count else { return }
        let range = arena.append { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(field.raw))
            try parts[number].encode(into: &writer)
        }
        if let range {
            pieces[index].start = UInt32(range.lowerBound)
            pieces[index].count = UInt16(range.count)
        } else {
            pieces[index].coding = .tooLong
        }
    }
}
