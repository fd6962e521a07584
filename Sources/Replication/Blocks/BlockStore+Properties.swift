// Property blocks: the shared state of a page's members, in the order in which it changed.
//
//     page: varint, then until the end of the body:
//     varint(number << 1 | other replica), [replica: 4 bytes], field: varint, field state
//
// What is sent of a field is its state, or a part of it, in the lattice's own encoding, and the
// receiver joins it: late, twice or out of order, it comes to the same. Versions stay here.

import CairnBasics
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
        let due = pieces.due(of: page, after: version, at: tick, world: world)
        // What was overwritten since has no piece of its own, so the end of the list is the end.
        var through = world.hash.pages[page.index].propertyVersion
        var oversize = 0
        let block = arena.append { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(page.raw))
            let header = writer.count
            var replica = ReplicaID(raw: 0)
            for index in due {
                let mark = writer.count
                do throws(CodecError) {
                    try pieces.encode(index, &replica, world, into: &writer)
                } catch {
                    writer.rewind(to: mark)
                    guard mark == header else {
                        through = pieces.version(of: index - 1)
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
}
