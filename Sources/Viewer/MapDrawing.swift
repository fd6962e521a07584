// The map: ground first, then marks, then words where nothing stands in their way.
//
// Ground is faint and regular so that what moves stands out. All coordinates in here are cells of
// the map's own area; `put` moves them to the screen and drops what lies outside.

/// One drawing of one scene's map.
struct MapDrawing {
    private(set) var screen: Screen
    let area: Area
    let viewport: Viewport
    let glyphs: Glyphs
    /// Cells that hold a mark or a word; words keep off them.
    private var taken: [Bool]

    init(screen: Screen, area: Area, viewport: Viewport, glyphs: Glyphs) {
        self.screen = screen
        self.area = area
        self.viewport = viewport
        self.glyphs = glyphs
        taken = Array(repeating: false, count: viewport.columns * viewport.rows)
    }

    /// Draws everything.
    mutating func draw(_ scene: Scene, _ state: ViewerState) {
        guard !area.isEmpty else { return }
        drawGrid()
        drawFrame(scene.bounds)
        for zone in scene.zones.prefix(Self.maximumZones) { draw(zone) }
        if state.showsTrails { draw(state.trails) }
        let anchorCells = draw(scene.anchors)
        let marks = draw(scene.entities, selection: state.selection)
        drawScale()
        label(scene, anchorCells, marks, state)
    }

    /// A drawing spends at most rows × corners on a zone; a world has dozens.
    static let maximumZones = 512

    // MARK: Cells

    mutating func put(_ character: Unicode.Scalar, _ column: Int, _ row: Int, _ style: Style) {
        guard holds(column, row) else { return }
        screen.put(character, column: area.column + column, row: area.row + row, style)
    }

    func holds(_ column: Int, _ row: Int) -> Bool {
        column >= 0 && column < viewport.columns && row >= 0 && row < viewport.rows
    }

    mutating func take(_ column: Int, _ row: Int) {
        guard holds(column, row) else { return }
        taken[row * viewport.columns + column] = true
    }

    /// True when a word of this width, with a free cell at its end, fits here.
    func isFree(_ column: Int, _ row: Int, columns: Int) -> Bool {
        guard holds(column, row), holds(column + columns - 1, row) else { return false }
        let end = min(viewport.columns, column + columns + 1)
        return (column..<end).allSatisfy { !taken[row * viewport.columns + $0] }
    }

    /// Writes a word and takes its cells.
    mutating func write(_ text: DisplayText, _ column: Int, _ row: Int, _ style: Style) {
        guard holds(column, row) else { return }
        let used = screen.write(
            text, column: area.column + column, row: area.row + row,
            limit: viewport.columns - column, style)
        for offset in 0..<used { take(column + offset, row) }
    }
}

/// Where the entities of a frame are on the map.
struct MapMarks {
    /// For each cell the index of the entity whose mark it shows, or -1.
    var shown: [Int32]
    /// How many entities on the map may walk: the measure of whether names have room.
    var moverCount = 0
}
