// A page is what one replication block describes: up to 32 entities of one cell. A cell has as many
// pages as its crowd needs, so a block fits one datagram however many stand in the cell, and no
// cell has to be split.

public import CairnBasics

/// The index of a page. An index is used again some time after its page is gone; the page's
/// generation then differs.
@frozen public struct PageID: Hashable, Comparable, Sendable {
    public var raw: UInt32

    @inlinable public init(_ raw: UInt32) { self.raw = raw }

    /// The index that no page has.
    public static let none = PageID(.max)
    /// One more than the largest index; a wire limit as well, so that an index takes four bytes.
    public static let limit: UInt32 = 1 << 24

    @inlinable public var index: Int { Int(raw) }

    public static func < (left: PageID, right: PageID) -> Bool { left.raw < right.raw }
}

/// Up to `capacity` entities of one cell, each in a slot that it keeps while it stays.
public struct Page: Sendable {
    /// How many entities a page holds: so many that a full page in the worst case still fits one
    /// datagram, and few enough that the bit map of its slots is one word.
    public static let capacity = 32

    public internal(set) var cell: CellKey
    /// Counts the pages that had this index before.
    public internal(set) var generation: UInt32
    /// Bit s is set when slot s has an entity.
    public internal(set) var occupied: UInt32
    /// Bit s is set when slot s has a body.
    public internal(set) var bodies: UInt32
    /// The last tick in which a member moved, came or went.
    public internal(set) var changedTick: Tick
    /// Counts the property changes of members, and the properties that arriving members brought.
    public internal(set) var propertyVersion: UInt64
    /// The next page of the same cell.
    var next: PageID
    /// False between the page's end and the next use of its index.
    public internal(set) var isLive: Bool

    public var count: Int { occupied.nonzeroBitCount }
    public var isEmpty: Bool { occupied == 0 }
}
