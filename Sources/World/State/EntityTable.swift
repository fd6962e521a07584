// Every entity that stands in the world, one row each, in flat arrays: what the hot loops read.
//
// The table is a view. An entity's existence, kind and owner come from the lattice, its place on
// the spatial hash from `SpatialHash`; `WorldState` keeps the three in step. Rows are used again,
// so a row is no name: keep an `EntityID` and look it up.

public import CairnBasics
import CairnCRDT
public import CairnGeometry

/// Rows of entities, found by id.
///
/// - Complexity: every operation O(1) expected; memory follows the largest number of entities that
///   ever stood in the world at once.
public struct EntityTable: Sendable {
    /// The row's entity; `EntityID.none` for a row that is free.
    public private(set) var ids: [EntityID] = []
    public private(set) var kinds: [KindID] = []
    /// The identity that owns the entity; 0 for the world itself.
    public internal(set) var owners: [UInt64] = []
    /// About what the entity's shared state takes: see `EntityState.storedByteCount`.
    public internal(set) var storedBytes: [Int] = []
    public internal(set) var motions: [Motion] = []
    /// When the placement that the entity follows was written; nil while it has none.
    var placedAt: [Stamp?] = []
    /// The page that the entity is in, and its slot there.
    public internal(set) var pages: [PageID] = []
    public internal(set) var slots: [UInt8] = []
    /// The parts of the entity's fields of shared state, each with the version of its last change.
    public internal(set) var fieldVersions: [[FieldVersion]] = []

    private var rowByID = FlatMap<Int32>()
    private var freeRows: [Int32] = []

    public init() {}

    /// How many entities there are.
    public var count: Int { rowByID.count }
    /// All rows, free ones among them.
    public var rows: Range<Int> { 0..<ids.count }

    /// The row of an entity, or nil when it is not in the world.
    public func row(of id: EntityID) -> Int? {
        guard let row = rowByID[id.raw] else { return nil }
        return Int(row)
    }

    /// Adds an entity that is in no page yet.
    /// - Precondition: the id is a real one and not in the table.
    mutating func insert(_ id: EntityID, kind: KindID, owner: UInt64, motion: Motion) -> Int {
        precondition(id != .none && rowByID[id.raw] == nil)
        let row = freeRows.popLast().map { Int($0) } ?? appendRow()
        ids[row] = id
        kinds[row] = kind
        owners[row] = owner
        motions[row] = motion
        placedAt[row] = nil
        rowByID[id.raw] = Int32(row)
        return row
    }

    /// Frees a row.
    /// - Precondition: the row has an entity, and that is in no page any more.
    mutating func remove(row: Int) {
        precondition(ids[row] != .none && pages[row] == .none)
        rowByID.remove(ids[row].raw)
        ids[row] = .none
        fieldVersions[row] = []
        freeRows.append(Int32(row))
    }

    private mutating func appendRow() -> Int {
        ids.append(.none)
        kinds.append(KindID(0))
        owners.append(0)
        storedBytes.append(0)
        motions.append(Motion(position: .origin))
        placedAt.append(nil)
        pages.append(.none)
        slots.append(0)
        fieldVersions.append([])
        return ids.count - 1
    }
}

/// A part of a field's state that fits a datagram: nearly always the whole.
public struct FieldPart: Hashable, Sendable {
    /// How long the encoding of a part may be: what a property block has room for.
    public static let byteCount = 960

    public var field: FieldID
    /// Which of the field's parts (see `FieldState.parts`).
    public var number: UInt16
}

/// When a part of a field of an entity last changed, in its page's count of property changes.
///
/// No two of one page have the same version, so that a receiver's progress through a page's
/// properties is one number.
public struct FieldVersion: Hashable, Sendable {
    public var part: FieldPart
    public var version: UInt64
}
