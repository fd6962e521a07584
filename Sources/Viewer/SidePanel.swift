// The side of the screen: who is there, and everything about the one that is selected.
import CairnBasics
import CairnGeometry

extension Screen {
    /// The line between the map and the side.
    mutating func drawDivider(_ area: Area, _ glyphs: Glyphs) {
        for row in area.row..<max(area.row, area.endRow) {
            put(glyphs.vertical, column: area.column, row: row, Style(.faint))
        }
    }

    /// The line between the list and the inspector.
    mutating func drawRule(_ area: Area, _ glyphs: Glyphs) {
        for column in area.column..<max(area.column, area.endColumn) {
            put(glyphs.horizontal, column: column, row: area.row, Style(.faint))
        }
    }

    /// The list of entities, the nearest first; scrolls so that the selected one is in it.
    mutating func drawList(
        _ area: Area, _ scene: Scene, order: [EntityID], state: ViewerState, _ glyphs: Glyphs
    ) {
        guard area.columns >= 4, area.rows >= 2 else { return }
        let heading = DisplayText("Nearest of \(scene.entities.count)", glyphs.repertoire)
        write(
            heading, column: area.column + 1, row: area.row, limit: area.columns - 2,
            Style(.title, .bold))
        let visible = area.rows - 1
        let selected = state.selection.flatMap { order.firstIndex(of: $0) }
        let first = max(0, min((selected ?? 0) - visible / 2, order.count - visible))
        let byID = Dictionary(
            scene.entities.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let origin = scene.ownEntity?.place ?? state.camera.centre
        for (offset, id) in order[first...].prefix(visible).enumerated() {
            guard let entity = byID[id] else { continue }
            drawListLine(
                Area(
                    column: area.column, row: area.row + 1 + offset, columns: area.columns, rows: 1),
                entity, origin: origin, isSelected: id == state.selection, glyphs)
        }
    }

    private mutating func drawListLine(
        _ area: Area, _ entity: SceneEntity, origin: MapPoint, isSelected: Bool, _ glyphs: Glyphs
    ) {
        let distance = DisplayText(
            entity.isSelf ? "you" : Measures.length(entity.place.distance(to: origin)),
            glyphs.repertoire)
        put(
            glyphs.mark(of: entity), column: area.column + 1, row: area.row,
            Style(entity.ink, .bold))
        let nameColumns = area.columns - 5 - distance.columns
        write(
            entity.label(glyphs.repertoire), column: area.column + 3, row: area.row,
            limit: nameColumns, Style(isSelected ? entity.ink : .text))
        if nameColumns > 3 {
            write(
                distance, column: area.endColumn - 1 - distance.columns, row: area.row,
                limit: distance.columns, Style(.muted))
        }
        guard isSelected else { return }
        for column in area.column..<area.endColumn {
            emphasise(column: column, row: area.row, [.reverse, .bold])
        }
    }

    /// The inspector: what is known of the selected entity, one fact a line.
    mutating func drawInspector(
        _ area: Area, _ scene: Scene, state: ViewerState, _ glyphs: Glyphs
    ) {
        guard area.columns >= 8, area.rows >= 1 else { return }
        guard let entity = state.selection.flatMap({ scene.entity($0) }) else {
            let hint = DisplayText("tab selects who is nearest", glyphs.repertoire)
            write(
                hint, column: area.column + 1, row: area.row, limit: area.columns - 2,
                Style(.muted))
            return
        }
        put(
            glyphs.mark(of: entity), column: area.column + 1, row: area.row,
            Style(entity.ink, .bold))
        write(
            entity.label(glyphs.repertoire), column: area.column + 3, row: area.row,
            limit: area.columns - 4, Style(entity.ink, .bold))
        let facts = entity.facts(seenFrom: scene.ownEntity, isFollowed: state.camera.follow, glyphs)
        for (offset, fact) in (facts + entity.details).prefix(area.rows - 1).enumerated() {
            drawFact(fact, area, row: area.row + 1 + offset, glyphs)
        }
    }

    /// The inspector in one line at the foot of the map, for screens that have no room for it.
    mutating func drawGlance(
        _ map: Area, _ scene: Scene, state: ViewerState, _ glyphs: Glyphs
    ) {
        guard map.columns >= 40, map.rows >= 4,
            let entity = state.selection.flatMap({ scene.entity($0) })
        else { return }
        let name = entity.label(glyphs.repertoire).truncated(toColumns: map.columns / 3)
        let facts = entity.facts(seenFrom: scene.ownEntity, isFollowed: nil, glyphs)
        let wanted = ["is", "speed", "away"]
        let line = facts.filter { wanted.contains($0.label) }.map(\.value)
            .joined(separator: " \(glyphs.separator) ")
        let details = DisplayText(line, glyphs.repertoire)
        let columns = name.columns + details.columns + 4
        guard columns <= map.columns - 2 else { return }
        let first = map.endColumn - columns
        clear(Area(column: first - 1, row: map.endRow - 1, columns: columns + 1, rows: 1))
        write(
            name, column: first, row: map.endRow - 1, limit: name.columns,
            Style(entity.ink, [.bold, .reverse]))
        write(
            details, column: first + name.columns + 2, row: map.endRow - 1,
            limit: details.columns, Style(.text))
    }

    private mutating func drawFact(
        _ fact: SceneDetail, _ area: Area, row: Int, _ glyphs: Glyphs
    ) {
        let labelColumns = min(10, max(4, area.columns / 3))
        write(
            DisplayText(fact.label, glyphs.repertoire), column: area.column + 1, row: row,
            limit: labelColumns, Style(.muted))
        write(
            DisplayText(fact.value, glyphs.repertoire), column: area.column + 2 + labelColumns,
            row: row, limit: area.columns - labelColumns - 3, Style(.text))
    }
}

extension SceneEntity {
    /// What the inspector says of any entity, before the fields of its kind.
    func facts(
        seenFrom own: SceneEntity?, isFollowed followed: EntityID?, _ glyphs: Glyphs
    ) -> [SceneDetail] {
        let metres = motion.position.metres
        let coordinates = [metres.x, metres.y, metres.z].map { Measures.fixed($0, decimals: 1) }
        let yaw = motion.orientation.yaw
        var facts = [
            SceneDetail("is", isSelf ? "you, \(role.name)" : role.name),
            SceneDetail("id", "\(String(id.replica.raw, radix: 16)):\(id.number)"),
            SceneDetail("at, in m", coordinates.joined(separator: " ")),
            SceneDetail(
                "faces", "\(Measures.bearing(yaw))\(glyphs.degree) \(Measures.compassPoint(yaw))"),
            SceneDetail("speed", "\(Measures.fixed(groundSpeed, decimals: 1)) m/s"),
        ]
        if let own, !isSelf {
            let away = Measures.length(own.place.distance(to: place))
            let towards = Measures.compassPoint(own.place.heading(to: place))
            facts.append(SceneDetail("away", "\(away) \(towards)"))
        }
        if followed == id { facts.append(SceneDetail("camera", "follows")) }
        return facts
    }
}
