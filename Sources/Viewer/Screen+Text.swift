// Writing words on a screen, and reading a screen back as words.

extension Screen {
    /// Writes clean text from a cell to the right, no further than `limit` columns; returns how
    /// many it took. What does not fit ends in an ellipsis.
    @discardableResult
    mutating func write(
        _ text: DisplayText, column: Int, row: Int, limit: Int, _ style: Style
    ) -> Int {
        let fitted = text.truncated(toColumns: limit)
        var offset = 0
        for scalar in fitted.scalars {
            if DisplayText.isWide(scalar) {
                putWide(scalar, column: column + offset, row: row, style)
                offset += 2
            } else {
                put(scalar, column: column + offset, row: row, style)
                offset += 1
            }
        }
        return offset
    }

    /// Blanks an area.
    mutating func clear(_ area: Area) {
        for row in area.row..<max(area.row, area.endRow) {
            for column in area.column..<max(area.column, area.endColumn) {
                put(" ", column: column, row: row, Style(.text))
            }
        }
    }

    /// One row as plain text, without the blanks at its end.
    public func line(_ row: Int) -> String {
        line(row, from: 0, to: columns)
    }

    /// All rows as plain text, one line each.
    public var plainText: String {
        (0..<rows).map { line($0) }.joined(separator: "\n")
    }

    /// A part of a row as plain text, without the blanks at its end.
    func line(_ row: Int, from: Int, to: Int) -> String {
        var text = String.UnicodeScalarView()
        var blanks = 0
        for column in from..<to {
            let cell = self[column, row]
            if cell.isSecondHalf { continue }
            if cell.character == " " {
                blanks += 1
                continue
            }
            for _ in 0..<blanks { text.append(" ") }
            blanks = 0
            text.append(cell.character)
        }
        return String(text)
    }
}
