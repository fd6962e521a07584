// The help: the table of keys and the legend of the map, over everything else.

extension Screen {
    /// Draws the help into the middle of an area, as much of it as fits.
    mutating func drawHelp(_ area: Area, _ glyphs: Glyphs) {
        guard area.columns >= 20, area.rows >= 3 else { return }
        let bindings = ViewerState.bindings
        let legend = Self.legend(glyphs)
        let box = Self.centred(in: area, columns: 54, rows: bindings.count + legend.count / 2 + 5)
        clear(box)
        drawBorder(box, glyphs)
        clear(Area(column: box.column + 2, row: box.row, columns: 6, rows: 1))
        write(
            DisplayText("keys", glyphs.repertoire), column: box.column + 3, row: box.row,
            limit: box.columns - 6, Style(.title, .bold))
        var row = box.row + 1
        let lastRow = box.endRow - 2
        for binding in bindings where row <= lastRow {
            drawLine(box, row: row, binding, glyphs)
            row += 1
        }
        row += 1
        for (index, entry) in legend.enumerated() where row + index / 2 <= lastRow {
            let column = box.column + 3 + index % 2 * 25
            put(entry.mark, column: column, row: row + index / 2, Style(entry.ink, .bold))
            write(
                DisplayText(entry.meaning, glyphs.repertoire), column: column + 2,
                row: row + index / 2, limit: box.endColumn - column - 4, Style(.text))
        }
    }

    private mutating func drawLine(_ box: Area, row: Int, _ binding: KeyBinding, _ glyphs: Glyphs) {
        write(
            DisplayText(binding.caption, glyphs.repertoire), column: box.column + 3, row: row,
            limit: min(14, box.columns - 6), Style(.own, .bold))
        write(
            DisplayText(binding.meaning, glyphs.repertoire), column: box.column + 18, row: row,
            limit: box.columns - 20, Style(.text))
    }

    private mutating func drawBorder(_ box: Area, _ glyphs: Glyphs) {
        let style = Style(.muted)
        for column in box.column..<box.endColumn {
            put(glyphs.horizontal, column: column, row: box.row, style)
            put(glyphs.horizontal, column: column, row: box.endRow - 1, style)
        }
        for row in box.row..<box.endRow {
            put(glyphs.vertical, column: box.column, row: row, style)
            put(glyphs.vertical, column: box.endColumn - 1, row: row, style)
        }
        put(glyphs.corners.topLeft, column: box.column, row: box.row, style)
        put(glyphs.corners.topRight, column: box.endColumn - 1, row: box.row, style)
        put(glyphs.feet.left, column: box.column, row: box.endRow - 1, style)
        put(glyphs.feet.right, column: box.endColumn - 1, row: box.endRow - 1, style)
    }

    private static func centred(in area: Area, columns: Int, rows: Int) -> Area {
        let width = min(columns, area.columns)
        let height = min(rows, area.rows)
        return Area(
            column: area.column + (area.columns - width) / 2,
            row: area.row + (area.rows - height) / 2, columns: width, rows: height)
    }

    private static func legend(
        _ glyphs: Glyphs
    ) -> [(mark: Unicode.Scalar, ink: Ink, meaning: String)] {
        [
            (glyphs.own, .own, "you"),
            (glyphs.avatar, .avatar, "someone, standing"),
            (glyphs.arrows[1], .avatar, "someone, walking"),
            (glyphs.npc, .npc, "an NPC"),
            (glyphs.device, .device, "a device"),
            (glyphs.object, .object, "a thing"),
            (glyphs.anchor, .anchor, "an anchor"),
            ("3", .avatar, "three in one place"),
        ]
    }
}
