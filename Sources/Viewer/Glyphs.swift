// The marks of the map, once in Unicode and once in ASCII.
//
// Only characters of width 1 that fonts and consoles have had for long: box drawing, arrows and
// geometric shapes. A triangle marks an anchor, as surveyors' maps mark their fixed points.
import CairnBasics
import CairnGeometry

/// One set of marks.
struct Glyphs {
    var repertoire: Repertoire
    /// Counter-clockwise from East, an eighth of a turn each.
    var arrows: [Unicode.Scalar]
    var avatar, own, npc, device, object, anchor: Unicode.Scalar
    var gridPoint, trail: Unicode.Scalar
    var noGo, water: Unicode.Scalar
    var outline: (across: Unicode.Scalar, upright: Unicode.Scalar, turn: Unicode.Scalar)
    var horizontal, vertical: Unicode.Scalar
    var corners: (topLeft: Unicode.Scalar, topRight: Unicode.Scalar)
    var feet: (left: Unicode.Scalar, right: Unicode.Scalar)
    var scaleLeft, scaleRight, north: Unicode.Scalar
    var down, live, dead, waiting, plusMinus, degree, separator: String

    static let unicode = Glyphs(
        repertoire: .unicode, arrows: ["→", "↗", "↑", "↖", "←", "↙", "↓", "↘"],
        avatar: "●", own: "◉", npc: "◆", device: "■", object: "▪", anchor: "△",
        gridPoint: "·", trail: "∙", noGo: "╱", water: "~", outline: ("┄", "┆", "·"),
        horizontal: "─", vertical: "│", corners: ("┌", "┐"), feet: ("└", "┘"),
        scaleLeft: "├", scaleRight: "┤", north: "↑",
        down: "↓", live: "●", dead: "×", waiting: "○", plusMinus: "±", degree: "°", separator: "·")

    // ASCII has no slanted arrows: the four diagonals lean with slashes.
    static let ascii = Glyphs(
        repertoire: .ascii, arrows: [">", "/", "^", "\\", "<", "/", "v", "\\"],
        avatar: "o", own: "@", npc: "&", device: "%", object: "*", anchor: "+",
        gridPoint: ".", trail: ".", noGo: "/", water: "~", outline: ("-", "|", "."),
        horizontal: "-", vertical: "|", corners: ("+", "+"), feet: ("+", "+"),
        scaleLeft: "|", scaleRight: "|", north: "^",
        down: "in", live: "*", dead: "x", waiting: "o", plusMinus: "+-", degree: " deg",
        separator: "-")

    static func of(_ repertoire: Repertoire) -> Glyphs {
        repertoire == .unicode ? unicode : ascii
    }

    /// Slower than this an entity stands, and an arrow would only flicker; m/s.
    static let standingSpeed = 0.15

    /// The mark of an entity: an arrow while a person or a device moves, else the sign of its role.
    func mark(of entity: SceneEntity) -> Unicode.Scalar {
        switch entity.role {
        case .avatar:
            if entity.groundSpeed > Self.standingSpeed { return arrow(along: entity) }
            return entity.isSelf ? own : avatar
        case .npc: return npc
        case .device: return chosen(entity.glyph) ?? device
        case .object: return chosen(entity.glyph) ?? object
        }
    }

    private func arrow(along entity: SceneEntity) -> Unicode.Scalar {
        let velocity = entity.motion.velocity.metresPerSecond
        let heading = MapPoint.origin.heading(to: MapPoint(x: velocity.x, y: velocity.y))
        return arrows[wholeNumber(below: heading / (.pi / 4) + 0.5) & 7]
    }

    /// The world's own glyph, if it is one character that fits one cell.
    private func chosen(_ glyph: String?) -> Unicode.Scalar? {
        guard let glyph else { return nil }
        let text = DisplayText(glyph, repertoire)
        guard text.columns == 1, let scalar = text.scalars.first else { return nil }
        return scalar == " " || scalar == DisplayText.replacement ? nil : scalar
    }
}

extension SceneRole {
    /// The colour of a role.
    var ink: Ink {
        switch self {
        case .avatar: .avatar
        case .device: .device
        case .npc: .npc
        case .object: .object
        }
    }
}

extension SceneEntity {
    var ink: Ink { isSelf ? .own : role.ink }

    /// Its name fit to be shown, or its role and number when it has none.
    func label(_ repertoire: Repertoire) -> DisplayText {
        let text = DisplayText(name, repertoire)
        return text.isEmpty ? DisplayText("\(role.name) \(id.number)", repertoire) : text
    }
}
