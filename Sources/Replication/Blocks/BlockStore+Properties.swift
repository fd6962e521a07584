// Property blocks: the shared state of a page's members, in the order in which it changed.
//
//     page: varint, then until the end of the body:
//     varint(number << 1 | other replica), [replica: 4 bytes], field: varint, field state
//
// What is sent of a field is its state, or a part of it, in the lattice's own encoding, and the
// receiver joins it: late, twice or out of order, it comes to the same. Versions stay here.

import CairnBasics
import CairnCRDT
public import CairnWorld

/// A property block in the arena.
public struct PropertyBlock: Hashable, Sendable {
    public var range: Range<Int>
    /// Who applies it, and had everything up to the version asked for, has everything up to this.
    public var through: UInt64
}

/// A property block of this tick that has been encoded.
struct CachedProperties {
    var after: UInt64
    var block: PropertyBlock
    /// The next one of the same page; -1 for none.
    var next: Int32
}

/// A part of a member's field that is due.
struct PropertyPiece {
    var version: UInt64
    var row: Int32
    var part: FieldPart
}

extension BlockStore {
    /// As much as fits of what changed in a page's properties after a version.
    ///
    /// - Returns: Nil when nothing did.
    /// - Complexity: O(fields of the page's members) the first time a version is asked for in a
    ///   tick.
    public mutating func propertyBlock(
        _ page: PageID, after version: UInt64, world: borrowing WorldState
    ) -> PropertyBlock? {
        guard world.hash.pages[page.index].propertyVersion != version else { return nil }
        var index = firstProperties[page.index]
        while index >= 0 {
            let cached = properties[Int(index)]
            if cached.after == version { return cached.block }
            index = cached.next
        }
        let block = encodeProperties(page, version, world)
        properties.append(
            CachedProperties(after: version, block: block, next: firstProperties[page.index]))
        firstProperties[page.index] = Int32(properties.count - 1)
        return block
    }

    private mutating func encodeProperties(
        _ page: PageID, _ version: UInt64, _ world: borrowing WorldState
    ) -> PropertyBlock {
        let isStill = isStill(world)
        assert(isStill, "the world changed while it was being told")
        gatherPieces(page, version, world)
        // What was overwritten since has no piece of its own, so the end of the list is the end.
        var through = world.hash.pages[page.index].propertyVersion
        var oversize = 0
        let block = arena.append { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(page.raw))
            let header = writer.count
            var replica = ReplicaID(raw: 0)
            for (index, piece) in propertyScratch.enumerated() {
                let mark = writer.count
                do throws(CodecError) {
                    try Self.encode(piece, &replica, world, into: &writer)
                } catch {
                    writer.rewind(to: mark)
                    guard mark == header else {
                        through = propertyScratch[index - 1].version
                        break
                    }
                    oversize += 1
                }
            }
        }
        guard let block else { preconditionFailure("a page's number fits a block") }
        counts.propertyBlocks += 1
        counts.oversizeProperties += oversize
        return PropertyBlock(range: block, through: through)
    }

    private mutating func gatherPieces(
        _ page: PageID, _ version: UInt64, _ world: borrowing WorldState
    ) {
        propertyScratch.removeAll(keepingCapacity: true)
        for slot in Slots(world.hash.pages[page.index].occupied) {
            let row = world.hash.row(in: page, slot: slot)
            for field in world.table.fieldVersions[row] where field.version > version {
                propertyScratch.append(
                    PropertyPiece(version: field.version, row: Int32(row), part: field.part))
            }
        }
        propertyScratch.sort { $0.version < $1.version }
    }

    @_lifetime(writer: copy writer)
    private static func encode(
        _ piece: PropertyPiece, _ replica: inout ReplicaID, _ world: borrowing WorldState,
        into writer: inout ByteWriter
    ) throws(CodecError) {
        let id = world.table.ids[Int(piece.row)]
        guard let state = world.lattice[id]?[piece.part.field] else { return }
        let parts = state.parts(ofAtMost: FieldPart.byteCount)
        guard Int(piece.part.number) < parts.count else { return }
        let isForeign = id.replica != replica
        try writer.putVarint(UInt64(id.number) << 1 | (isForeign ? 1 : 0))
        if isForeign { try writer.put(id.replica.raw) }
        try writer.putVarint(UInt64(piece.part.field.raw))
        try parts[Int(piece.part.number)].encode(into: &writer)
        replica = id.replica
    }
}
