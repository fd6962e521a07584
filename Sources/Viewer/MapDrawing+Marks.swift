// The marks: anchors, then entities; several in one cell become a count.
//
// People stand on things, so a cell counts only its topmost layer: those who can move, or else
// objects. The selected entity always shows, alone and reversed, whoever shares its cell.
import CairnBasics

extension MapDrawing {
    /// Marks the anchors; returns the cell of each that is on the map.
    mutating func draw(_ anchors: [SceneAnchor]) -> [(index: Int, column: Int, row: Int)] {
        var cells: [(index: Int, column: Int, row: Int)] = []
        for (index, anchor) in anchors.enumerated() {
            guard let cell = viewport.cell(of: MapPoint(anchor.position)) else { continue }
            put(glyphs.anchor, cell.column, cell.row, Style(.anchor))
            take(cell.column, cell.row)
            cells.append((index, cell.column, cell.row))
        }
        return cells
    }

    /// Marks the entities.
    /// - Complexity: O(cells + entities).
    mutating func draw(_ entities: [SceneEntity], selection: EntityID?) -> MapMarks {
        let columns = viewport.columns
        var marks = MapMarks(shown: Array(repeating: -1, count: columns * viewport.rows))
        var counts = Array(repeating: 0, count: marks.shown.count)
        for (index, entity) in entities.enumerated() {
            guard let cell = viewport.cell(of: entity.place) else { continue }
            if entity.role != .object { marks.moverCount += 1 }
            let place = cell.row * columns + cell.column
            let shown = marks.shown[place]
            let rank = Self.rank(entity, selection)
            let shownRank = shown < 0 ? -1 : Self.rank(entities[Int(shown)], selection)
            if (rank > 0) == (shownRank > 0) {
                counts[place] += 1
            } else if rank > shownRank {
                counts[place] = 1
            }
            if rank > shownRank { marks.shown[place] = Int32(clamping: index) }
        }
        drawCells(entities, selection, marks, counts)
        return marks
    }

    private mutating func drawCells(
        _ entities: [SceneEntity], _ selection: EntityID?, _ marks: MapMarks, _ counts: [Int]
    ) {
        for place in marks.shown.indices where marks.shown[place] >= 0 {
            let row = place / viewport.columns
            let column = place % viewport.columns
            let entity = entities[Int(marks.shown[place])]
            let isSelected = entity.id == selection
            take(column, row)
            if counts[place] > 1, !isSelected {
                drawCount(counts[place], column, row, entity, marks)
            } else {
                let emphasis: Emphasis =
                    isSelected ? [.bold, .reverse] : entity.role == .object ? [] : .bold
                put(glyphs.mark(of: entity), column, row, Style(entity.ink, emphasis))
            }
        }
    }

    /// Writes how many share a cell; a count of two digits needs the next cell, else it is a plus.
    private mutating func drawCount(
        _ count: Int, _ column: Int, _ row: Int, _ entity: SceneEntity, _ marks: MapMarks
    ) {
        let digits = Array(String(count).unicodeScalars)
        let style = Style(entity.ink, .bold)
        let next = row * viewport.columns + column + 1
        let hasRoom =
            digits.count == 1
            || digits.count == 2 && column + 1 < viewport.columns && marks.shown[next] < 0
        guard hasRoom else {
            put("+", column, row, style)
            return
        }
        for (offset, digit) in digits.enumerated() {
            put(digit, column + offset, row, style)
            take(column + offset, row)
        }
    }

    /// What shows when several share a cell: the selected, oneself, people, devices, things.
    private static func rank(_ entity: SceneEntity, _ selection: EntityID?) -> Int {
        if entity.id == selection { return 5 }
        if entity.isSelf { return 4 }
        switch entity.role {
        case .avatar: return 3
        case .npc: return 2
        case .device: return 1
        case .object: return 0
        }
    }
}
