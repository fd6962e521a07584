// A picture made of character cells: what the viewer draws and what a terminal shows.
//
// Holds at all times: every cell has one printable character of known width; a wide character is
// followed by its own second half. Writes outside of the grid are dropped. So whatever is shown
// later can neither move a column nor say anything to the terminal.
// Cost: 8 bytes a cell.

/// What a colour means. The terminal decides what it looks like there.
public enum Ink: UInt8, Hashable, Sendable, CaseIterable {
    case text, muted, faint, title
    case good, warning, alarm
    case own, avatar, device, npc, object, anchor
    case noGo, water, walkable, interest, trail
}

/// How a cell stands out, beside its colour.
public struct Emphasis: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bold = Emphasis(rawValue: 1)
    public static let dim = Emphasis(rawValue: 2)
    public static let reverse = Emphasis(rawValue: 4)
}

/// Colour and emphasis of a cell.
public struct Style: Hashable, Sendable {
    public var ink: Ink
    public var emphasis: Emphasis

    public init(_ ink: Ink, _ emphasis: Emphasis = []) {
        self.ink = ink
        self.emphasis = emphasis
    }
}

/// One character cell.
public struct Cell: Hashable, Sendable {
    /// A printable character, or U+0000 in the second half of a wide one.
    public internal(set) var character: Unicode.Scalar
    public internal(set) var style: Style

    static let blank = Cell(character: " ", style: Style(.text))

    /// True for the cell that the wide character to the left of it also covers.
    public var isSecondHalf: Bool { character == "\0" }
}

/// A grid of cells.
public struct Screen: Equatable, Sendable {
    public let columns: Int
    public let rows: Int
    /// Row by row from the top left.
    private var cells: [Cell]

    /// The largest side; a terminal that claims to be larger is drawn in part.
    public static let maximumSide = 1_024

    /// A blank screen; sides are held within 0...`maximumSide`.
    public init(columns: Int, rows: Int) {
        self.columns = max(0, min(Self.maximumSide, columns))
        self.rows = max(0, min(Self.maximumSide, rows))
        cells = Array(repeating: .blank, count: self.columns * self.rows)
    }

    /// The cell at a place that must be on the screen.
    public subscript(column: Int, row: Int) -> Cell {
        precondition(column >= 0 && column < columns && row >= 0 && row < rows)
        return cells[row * columns + column]
    }

    /// All that the screen fills.
    var area: Area { Area(column: 0, row: 0, columns: columns, rows: rows) }

    /// Writes one character of width 1; does nothing outside of the screen.
    mutating func put(_ character: Unicode.Scalar, column: Int, row: Int, _ style: Style) {
        guard column >= 0, column < columns, row >= 0, row < rows else { return }
        separate(column: column, row: row)
        cells[row * columns + column] = Cell(character: character, style: style)
    }

    /// Writes one character of width 2; does nothing unless both halves are on the screen.
    mutating func putWide(_ character: Unicode.Scalar, column: Int, row: Int, _ style: Style) {
        guard column >= 0, column + 1 < columns, row >= 0, row < rows else { return }
        separate(column: column, row: row)
        separate(column: column + 1, row: row)
        cells[row * columns + column] = Cell(character: character, style: style)
        cells[row * columns + column + 1] = Cell(character: "\0", style: style)
    }

    /// Adds emphasis to a cell and leaves its character and ink.
    mutating func emphasise(column: Int, row: Int, _ emphasis: Emphasis) {
        guard column >= 0, column < columns, row >= 0, row < rows else { return }
        cells[row * columns + column].style.emphasis.formUnion(emphasis)
    }

    /// Blanks the other half of a wide character that is about to lose one.
    private mutating func separate(column: Int, row: Int) {
        let index = row * columns + column
        if cells[index].isSecondHalf, column > 0 { cells[index - 1] = .blank }
        if column + 1 < columns, cells[index + 1].isSecondHalf { cells[index + 1] = .blank }
    }
}

/// A rectangle of cells.
struct Area: Equatable, Sendable {
    var column: Int
    var row: Int
    var columns: Int
    var rows: Int

    static let empty = Area(column: 0, row: 0, columns: 0, rows: 0)

    var isEmpty: Bool { columns <= 0 || rows <= 0 }
    /// The column after the last one.
    var endColumn: Int { column + columns }
    /// The row after the last one.
    var endRow: Int { row + rows }

    func contains(column: Int, row: Int) -> Bool {
        column >= self.column && column < endColumn && row >= self.row && row < endRow
    }
}
