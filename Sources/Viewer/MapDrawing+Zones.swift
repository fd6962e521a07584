// Zones: filled by scan lines, row by row, under the even-odd rule.
//
// Forbidden ground is hatched, water rippled, the rest only outlined, so that a map full of zones
// stays quiet. A zone smaller than a cell still shows as one cell.

extension MapDrawing {
    /// Draws one zone.
    /// - Complexity: O(rows × corners + cells).
    mutating func draw(_ zone: SceneZone) {
        guard zone.polygon.count >= 3 else { return }
        let spans = (-1...viewport.rows).map { self.spans(of: zone.polygon, row: $0) }
        var isEmpty = true
        for row in 0..<viewport.rows {
            for column in spans[row + 1].joined() {
                isEmpty = false
                drawGround(
                    zone, column, row,
                    besides: Self.covers(spans[row + 1], column - 1)
                        && Self.covers(spans[row + 1], column + 1),
                    above: Self.covers(spans[row], column) && Self.covers(spans[row + 2], column))
            }
        }
        if isEmpty, let cell = viewport.cell(of: zone.middle) {
            drawGround(zone, cell.column, cell.row, besides: false, above: false)
        }
    }

    /// Draws one cell of a zone that goes on to both sides, or not, and both up and down, or not.
    private mutating func drawGround(
        _ zone: SceneZone, _ column: Int, _ row: Int, besides: Bool, above: Bool
    ) {
        let isEven = viewport.pattern(column: column, row: row) & 1 == 0
        switch zone.role {
        case .noGo where zone.isWater:
            put(isEven ? glyphs.water : " ", column, row, Style(.water))
        case .noGo:
            put(isEven ? glyphs.noGo : " ", column, row, Style(.noGo, .dim))
        case .walkable, .pointOfInterest:
            if besides && above { return }
            let edge =
                besides
                ? glyphs.outline.across : above ? glyphs.outline.upright : glyphs.outline.turn
            put(edge, column, row, Style(zone.ink, zone.role == .walkable ? .dim : []))
        }
    }

    /// The columns of a row whose middles are inside of a polygon; clipped to the map with one
    /// column to spare on each side, so that the edge of the screen is no edge of the zone.
    private func spans(of polygon: [MapPoint], row: Int) -> [Range<Int>] {
        let y = viewport.centre(ofColumn: 0, row: row).y
        var crossings: [Double] = []
        for (index, corner) in polygon.enumerated() {
            let next = polygon[index + 1 == polygon.count ? 0 : index + 1]
            guard (corner.y > y) != (next.y > y) else { continue }
            crossings.append(
                corner.x + (y - corner.y) / (next.y - corner.y) * (next.x - corner.x))
        }
        crossings.sort()
        let half = viewport.metresPerColumn / 2
        return stride(from: 0, to: crossings.count - 1, by: 2).compactMap { index in
            let first = max(-1, viewport.column(ofX: crossings[index] + half))
            let end = min(
                viewport.columns + 1, viewport.column(ofX: crossings[index + 1] + half))
            return first < end ? first..<end : nil
        }
    }

    /// - Complexity: O(spans), which is one for a convex zone.
    private static func covers(_ spans: [Range<Int>], _ column: Int) -> Bool {
        spans.contains { $0.contains(column) }
    }
}

extension SceneZone {
    /// The middle of the corners: good enough to put a word at.
    var middle: MapPoint {
        guard !polygon.isEmpty else { return .origin }
        let count = Double(polygon.count)
        return MapPoint(
            x: polygon.reduce(0) { $0 + $1.x } / count, y: polygon.reduce(0) { $0 + $1.y } / count)
    }

    /// The ink of its outline and of its name.
    var ink: Ink {
        switch role {
        case .noGo: isWater ? .water : .noGo
        case .walkable: .walkable
        case .pointOfInterest: .interest
        }
    }
}
