// Names on the map, where they fit, the most wanted first.
//
// A name never covers a mark or another name. In a crowd only those who matter are named, since a
// wall of names says less than a map.
import CairnBasics

extension MapDrawing {
    /// With more movers than this on the map, or farther out than `closeUp`, avatars go unnamed.
    private static let namedMovers = 24
    /// Metres a column from which things, anchors and everyone are named.
    private static let closeUp = 0.5
    private static let anchorScale = 1.0
    private static let maximumColumns = 16

    mutating func label(
        _ scene: Scene, _ anchors: [(index: Int, column: Int, row: Int)], _ marks: MapMarks,
        _ state: ViewerState
    ) {
        for tier in LabelTier.allCases {
            if tier == .zones {
                for zone in scene.zones where state.showsNames { label(zone) }
                continue
            }
            label(scene.entities, marks, tier, state)
        }
        guard state.showsNames, viewport.metresPerColumn <= Self.anchorScale else { return }
        for anchor in anchors { label(scene.anchors[anchor.index], anchor.column, anchor.row) }
    }

    /// Who is named before whom.
    private enum LabelTier: CaseIterable {
        case selected, own, npcs, zones, others, objects
    }

    private mutating func label(
        _ entities: [SceneEntity], _ marks: MapMarks, _ tier: LabelTier, _ state: ViewerState
    ) {
        for place in marks.shown.indices where marks.shown[place] >= 0 {
            let entity = entities[Int(marks.shown[place])]
            guard self.tier(of: entity, marks, state) == tier else { continue }
            let emphasis: Emphasis = tier == .selected ? .bold : []
            placeBeside(
                entity.label(glyphs.repertoire).truncated(toColumns: Self.maximumColumns),
                place % viewport.columns, place / viewport.columns, Style(entity.ink, emphasis))
        }
    }

    /// When an entity is named, or nil for not at all.
    private func tier(
        of entity: SceneEntity, _ marks: MapMarks, _ state: ViewerState
    ) -> LabelTier? {
        let id = entity.id
        if id == state.selection || id == state.camera.follow { return .selected }
        guard state.showsNames else { return nil }
        let isClose = viewport.metresPerColumn <= Self.closeUp
        if entity.isSelf { return .own }
        switch entity.role {
        case .npc: return .npcs
        case .avatar, .device:
            return isClose || marks.moverCount <= Self.namedMovers ? .others : nil
        case .object: return isClose && !entity.name.isEmpty ? .objects : nil
        }
    }

    /// To the right of a mark, else to its left, else above or below it.
    private mutating func placeBeside(
        _ text: DisplayText, _ column: Int, _ row: Int, _ style: Style
    ) {
        let middle = column - text.columns / 2
        let places = [
            (column + 2, row), (column - 1 - text.columns, row), (middle, row - 1),
            (middle, row + 1),
        ]
        for (column, row) in places where isFree(column, row, columns: text.columns) {
            write(text, column, row, style)
            return
        }
    }

    /// The name of a zone in its middle, if the zone is wide enough to carry it.
    private mutating func label(_ zone: SceneZone) {
        let text = DisplayText(zone.name, glyphs.repertoire)
        guard !text.isEmpty, let row = viewport.cell(of: zone.middle)?.row else { return }
        // The columns that are drawn as the zone's: those whose middles lie in it.
        let edges = zone.polygon.map {
            viewport.column(ofX: $0.x + viewport.metresPerColumn / 2)
        }
        guard let west = edges.min(), let end = edges.max(), end - west >= text.columns + 2
        else { return }
        let first = west + (end - west - text.columns) / 2
        guard isFree(first - 1, row, columns: text.columns + 1) else { return }
        if zone.role == .noGo {
            // A hatched ground keeps a blank around the name.
            put(" ", first - 1, row, Style(.text))
            put(" ", first + text.columns, row, Style(.text))
        }
        write(text, first, row, Style(zone.ink))
    }

    private mutating func label(_ anchor: SceneAnchor, _ column: Int, _ row: Int) {
        let sigma = Measures.fixed(anchor.sigmaMetres, decimals: 2)
        let text = DisplayText("\(anchor.name) \(glyphs.plusMinus)\(sigma) m", glyphs.repertoire)
        placeBeside(text, column, row, Style(.anchor))
    }
}
