// A world in a page of text, for its author to see whether the file says what they meant.

import CairnGeometry
import CairnWorld

extension WorldDescription {
    /// The rules, the kinds with their fields, and how much else there is.
    var summary: String {
        var lines = [
            name,
            "\(tickHertz) ticks a second, cells of \(cellMetres) m, interest of \(interestMetres) m",
            "from \(bounds.lowest.words) to \(bounds.highest.words)",
            "",
        ]
        for kind in kinds {
            lines.append(line(for: kind))
            for id in kind.fieldIDs {
                if let field = field(id, of: kind.id) { lines.append(line(for: field)) }
            }
        }
        lines += ["", counts]
        return lines.joined(separator: "\n")
    }

    private func line(for kind: KindDescription) -> String {
        let speed = kind.maxSpeedMetresPerSecond
        let pace = speed > 0 ? "up to \(speed) m/s" : ""
        return trimmed([kind.name.padded(to: 18), "\(kind.role)".padded(to: 18), pace])
    }

    private func line(for field: FieldDescription) -> String {
        let form = FieldForm(
            type: field.type, policy: field.policy,
            least: field.policy == .bounded ? field.range?.lowerBound : nil)
        return trimmed([
            "  ", field.name.padded(to: 16), "\(form)".padded(to: 24),
            "\(field.writers)".padded(to: 8), limits(of: field),
        ])
    }

    /// Those of the limits that the field's form has.
    private func limits(of field: FieldDescription) -> String {
        var limits: [String] = []
        if let range = field.range, range.upperBound < FieldDescription.boundedLimit {
            limits.append(
                field.policy == .bounded
                    ? "at most \(range.upperBound)" : "\(range.lowerBound) to \(range.upperBound)")
        }
        if field.type == .text { limits.append("at most \(field.maximumBytes) bytes") }
        if field.policy == .set || field.policy == .map {
            limits.append("at most \(field.maximumElements) elements")
        }
        return limits.joined(separator: ", ")
    }

    private var counts: String {
        [
            (kinds.count, "kind"), (fields.count, "field"), (spawns.count, "spawn"),
            (zones.count, "zone"), (anchors.count, "anchor"), (personas.count, "persona"),
            (objects.count, "object"),
        ].map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ")
    }

    private func trimmed(_ columns: [String]) -> String {
        var line = columns.joined()
        while line.last == " " { line.removeLast() }
        return line
    }
}

extension Position {
    fileprivate var words: String { "[\(metres.x), \(metres.y), \(metres.z)]" }
}
