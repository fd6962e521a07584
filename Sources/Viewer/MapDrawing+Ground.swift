// The ground: grid, frame, zones, trails, scale.

extension MapDrawing {
    /// The length of the scale bar, which is also the spacing of the grid: 8 to 20 columns.
    private var gridMetres: Double {
        Measures.roundLength(notAbove: viewport.metresPerColumn * 20)
    }

    /// A faint dot at every multiple of the grid's spacing, so that moving the map is seen.
    mutating func drawGrid() {
        let spacing = gridMetres
        let columns = (0..<viewport.columns).filter {
            isOnGrid(
                viewport.centre(ofColumn: $0, row: 0).x, cell: viewport.metresPerColumn, spacing)
        }
        for row in 0..<viewport.rows
        where isOnGrid(
            viewport.centre(ofColumn: 0, row: row).y, cell: viewport.metresPerRow, spacing)
        {
            for column in columns { put(glyphs.gridPoint, column, row, Style(.faint)) }
        }
    }

    /// True when a multiple of the spacing lies within a cell with this middle and length.
    private func isOnGrid(_ middle: Double, cell: Double, _ spacing: Double) -> Bool {
        // A thousandth of a cell keeps lines that fall on an edge from showing twice or never.
        let start = middle - cell * 0.501
        return wholeNumber(below: start / spacing) != wholeNumber(below: (start + cell) / spacing)
    }

    /// The outline of the world.
    mutating func drawFrame(_ bounds: SceneBounds) {
        let low = MapPoint(bounds.lowest)
        let high = MapPoint(bounds.highest)
        let left = viewport.column(ofX: low.x) - 1
        let right = max(left + 1, viewport.column(ofX: high.x))
        let bottom = viewport.row(ofY: low.y) + 1
        let top = min(bottom - 1, viewport.row(ofY: high.y))
        let style = Style(.faint)
        for column in max(0, left)..<max(0, left, min(viewport.columns, right + 1)) {
            put(glyphs.horizontal, column, top, style)
            put(glyphs.horizontal, column, bottom, style)
        }
        for row in max(0, top)..<max(0, top, min(viewport.rows, bottom + 1)) {
            put(glyphs.vertical, left, row, style)
            put(glyphs.vertical, right, row, style)
        }
        put(glyphs.corners.topLeft, left, top, style)
        put(glyphs.corners.topRight, right, top, style)
        put(glyphs.feet.left, left, bottom, style)
        put(glyphs.feet.right, right, bottom, style)
    }

    mutating func draw(_ trails: Trails) {
        for picture in trails.pictures {
            for place in picture {
                guard let cell = viewport.cell(of: place) else { continue }
                put(glyphs.trail, cell.column, cell.row, Style(.trail))
            }
        }
    }

    /// The scale bar at the foot of the map, and which way is North.
    mutating func drawScale() {
        let metres = gridMetres
        let length = max(2, wholeNumber(below: metres / viewport.metresPerColumn + 0.5))
        let caption = DisplayText(scaleCaption(metres), glyphs.repertoire)
        let row = viewport.rows - 1
        guard row >= 2, viewport.columns >= length + caption.columns + 8 else { return }
        let style = Style(.muted)
        for column in 1...length { put(glyphs.horizontal, column, row, style) }
        put(glyphs.scaleLeft, 1, row, style)
        put(glyphs.scaleRight, length, row, style)
        for column in 0...(length + 1) { take(column, row) }
        put(" ", length + 1, row, style)
        write(caption, length + 2, row, style)
        put(" ", length + 2 + caption.columns, row, style)
        write(DisplayText("N", glyphs.repertoire), viewport.columns - 3, 0, style)
        put(glyphs.north, viewport.columns - 2, 0, style)
        take(viewport.columns - 2, 0)
    }

    private func scaleCaption(_ metres: Double) -> String {
        if metres < 1 { return "\(Measures.fixed(metres * 100, decimals: 0)) cm" }
        if metres < 1_000 { return "\(Measures.fixed(metres, decimals: 0)) m" }
        return "\(Measures.fixed(metres / 1_000, decimals: 0)) km"
    }
}
