// Where on the spatial hash a position falls. Cells are cubes whose edge is a power of two, so a
// cell is a shift of each coordinate: exact, the same on every machine, and right for negative
// coordinates too, since an arithmetic shift rounds towards minus infinity.

public import CairnGeometry

/// One cube of the spatial hash: three cell coordinates of 21 bits each in one word.
///
/// Compared by x, then y, then z.
@frozen public struct CellKey: Hashable, Comparable, Sendable {
    /// Coordinates in offset binary, x in bits 42–62, y in 21–41, z in 0–20; bit 63 is zero.
    public var raw: UInt64

    @inlinable public init(raw: UInt64) { self.raw = raw }

    /// The cell with these coordinates; they wrap beyond -2^20..<2^20.
    @inlinable public init(x: Int32, y: Int32, z: Int32) {
        raw = Self.offset(x) << 42 | Self.offset(y) << 21 | Self.offset(z)
    }

    @inlinable public var x: Int32 { coordinate(at: 42) }
    @inlinable public var y: Int32 { coordinate(at: 21) }
    @inlinable public var z: Int32 { coordinate(at: 0) }

    /// True when the unused bit is zero, as in every key of a real cell.
    @inlinable public var isCanonical: Bool { raw >> 63 == 0 }

    @inlinable public static func < (left: CellKey, right: CellKey) -> Bool {
        left.raw < right.raw
    }

    @inlinable static func offset(_ coordinate: Int32) -> UInt64 {
        UInt64(truncatingIfNeeded: coordinate &+ 0x10_0000) & 0x1f_ffff
    }
    @inlinable func coordinate(at shift: UInt64) -> Int32 {
        Int32(truncatingIfNeeded: raw >> shift & 0x1f_ffff) &- 0x10_0000
    }
}

/// How space is cut into cells; both ends of a session must use the same grid.
@frozen public struct CellGrid: Hashable, Sendable {
    /// The binary logarithm of a cell's edge in position units.
    public let shift: Int32

    /// The longest edge that a cell may have: three offsets within it then fit one word.
    public static let largestCellMetres = 2_048

    /// - Precondition: `cellMetres` is a power of two in 2...2048.
    public init(cellMetres: Int) {
        precondition(
            cellMetres >= 2 && cellMetres <= Self.largestCellMetres
                && cellMetres & (cellMetres - 1) == 0)
        shift = Int32(cellMetres.trailingZeroBitCount) + 10
    }

    /// A cell's edge in position units.
    @inlinable public var edge: Int64 { 1 << Int64(shift) }

    /// The cell that a position is in.
    @inlinable public func cell(of position: Position) -> CellKey {
        CellKey(x: position.x >> shift, y: position.y >> shift, z: position.z >> shift)
    }

    /// The corner of a cell with the lowest coordinates; it belongs to the cell.
    @inlinable public func corner(of cell: CellKey) -> Position {
        // Safe: only a hostile key lies outside the world, and it wraps to some other corner.
        Position(x: cell.x &<< shift, y: cell.y &<< shift, z: cell.z &<< shift)
    }

    /// The squared gap in square units between the nearest points of two cells.
    @inlinable public func squaredGap(_ first: CellKey, _ second: CellKey) -> UInt64 {
        let x = gap(first.x, second.x)
        let y = gap(first.y, second.y)
        let z = gap(first.z, second.z)
        guard x | y | z < 1 << 31 else { return .max }
        // Safe: three squares of 31-bit numbers fit.
        return x &* x &+ y &* y &+ z &* z
    }

    /// The squared distance in square units from a position to the nearest point of a cell.
    @inlinable public func squaredDistance(from position: Position, to cell: CellKey) -> UInt64 {
        let x = distance(position.x, cell.x)
        let y = distance(position.y, cell.y)
        let z = distance(position.z, cell.z)
        guard x | y | z < 1 << 31 else { return .max }
        // Safe: three squares of 31-bit numbers fit.
        return x &* x &+ y &* y &+ z &* z
    }

    @inlinable func distance(_ coordinate: Int32, _ cell: Int32) -> UInt64 {
        // Safe: a cell's corner has at most 42 bits, a coordinate 32.
        let low = Int64(cell) &<< Int64(shift)
        let below = low &- Int64(coordinate)
        if below > 0 { return UInt64(below) }
        let above = Int64(coordinate) &- low &- edge &+ 1
        return above > 0 ? UInt64(above) : 0
    }

    @inlinable func gap(_ first: Int32, _ second: Int32) -> UInt64 {
        // Safe: cell coordinates have 21 bits, and an edge has at most 21.
        let cellsBetween = UInt64((Int64(first) &- Int64(second)).magnitude)
        return cellsBetween <= 1 ? 0 : (cellsBetween &- 1) << UInt64(shift)
    }
}
