// Kinds and fields get their numbers from their order in the file: kinds count from 1, fields over
// all kinds from `FieldID.firstAuthored`. A world that has data already gives them the numbers that
// their names have there (see `SchemaChange`).

import CairnBasics
import CairnWorld
import Yams

extension WorldReader {
    mutating func readKinds(
        _ node: Node, into world: inout WorldDescription
    ) throws(WorldFileError) {
        for (name, key, value) in try source.entries(node, "'kinds'", atMost: WorldLimits.kinds) {
            let part = DescriptionFault.Part.kind(world.kinds.count)
            let table = try Table(
                value, "kind '\(name)'", keys: ["role", "maxSpeed", "glyph", "carried", "fields"],
                in: source)
            note(part, "", key)
            note(part, "name", key)
            for attribute in ["maxSpeed", "glyph", "carried", "fields"] {
                note(part, attribute, table[attribute])
            }
            // Safe: the loop is capped by `WorldLimits.kinds`.
            var kind = KindDescription(
                id: KindID(UInt16(world.kinds.count + 1)), name: name,
                role: try source.choice(try table.require("role"), "the role of kind '\(name)'"))
            if let node = table["maxSpeed"] {
                kind.maxSpeedMetresPerSecond = try source.number(node, "'maxSpeed'")
            }
            if let node = table["glyph"] { kind.glyph = try source.text(node, "'glyph'") }
            if let node = table["carried"] { kind.isCarried = try source.flag(node, "'carried'") }
            if let node = table["fields"] { try readFields(node, of: &kind, into: &world) }
            world.kinds.append(kind)
        }
    }

    private mutating func readFields(
        _ node: Node, of kind: inout KindDescription, into world: inout WorldDescription
    ) throws(WorldFileError) {
        let entries = try source.entries(
            node, "the fields of kind '\(kind.name)'", atMost: WorldLimits.fieldsPerKind)
        for (name, key, value) in entries {
            let part = DescriptionFault.Part.field(world.fields.count)
            note(part, "", key)
            note(part, "name", key)
            // Safe: at most kinds × fieldsPerKind come here, 2,048.
            let id = FieldID(FieldID.firstAuthored.raw + UInt16(world.fields.count))
            world.fields.append(
                try field(id, of: kind.id, name: name, value, part))
            kind.fieldIDs.append(id)
        }
    }

    /// A field is written as a table, or as its type alone.
    private mutating func field(
        _ id: FieldID, of kind: KindID, name: String, _ node: Node,
        _ part: DescriptionFault.Part
    ) throws(WorldFileError) -> FieldDescription {
        let what = "the type of field '\(name)'"
        if case .scalar = node {
            note(part, "type", node)
            return FieldDescription(
                id: id, kind: kind, name: name, type: try source.choice(node, what))
        }
        let keys = [
            "type", "policy", "writers", "range", "least", "most", "maximumBytes",
            "maximumElements",
        ]
        let table = try Table(node, "field '\(name)'", keys: keys, in: source)
        for key in keys { note(part, key, table[key]) }
        var policy = FieldPolicy.latest
        if let node = table["policy"] {
            policy = try source.choice(node, "the policy of field '\(name)'")
        }
        // Most policies leave no choice of type, so a file may leave it out there.
        var field = FieldDescription(
            id: id, kind: kind, name: name,
            type: table["type"] == nil && policy.impliedType != nil
                ? policy.impliedType ?? .integer
                : try source.choice(try table.require("type"), what),
            policy: policy, range: try range(of: table, policy))
        if let node = table["writers"] {
            field.writers = try source.choice(node, "the writers of field '\(name)'")
        }
        if let node = table["maximumBytes"] {
            field.maximumBytes = try source.count(node, "'maximumBytes'")
        }
        if let node = table["maximumElements"] {
            field.maximumElements = try source.count(node, "'maximumElements'")
        }
        return field
    }

    /// A bounded counter has a least, 0 where none is given, and perhaps a most; others may have a
    /// range, with both ends.
    private func range(
        of table: Table, _ policy: FieldPolicy
    ) throws(WorldFileError) -> ClosedRange<Int64>? {
        guard policy == .bounded else {
            if let node = table["least"] ?? table["most"] {
                throw source.error(
                    at: node, "only a bounded counter has a least and a most; give a range instead")
            }
            return try table["range"].map { (node) throws(WorldFileError) in
                try source.range(node, "'range'")
            }
        }
        if let node = table["range"] {
            throw source.error(
                at: node,
                "a bounded counter has 'least' and 'most'; give those instead of a range")
        }
        let whole = FieldDescription.unbounded
        var least = whole.lowerBound
        if let node = table["least"] { least = try source.integer(node, "'least'") }
        guard let node = table["most"] else { return least...max(least, whole.upperBound) }
        let most = try source.integer(node, "'most'")
        guard least <= most else {
            throw source.error(at: node, "'most' is below 'least'; give \(least) or more")
        }
        return least...most
    }

    /// The kind that a node names.
    func kind(
        named node: Node, in world: WorldDescription
    ) throws(WorldFileError) -> KindDescription {
        let name = try source.text(node, "'kind'")
        guard let kind = world.kind(named: name) else {
            throw source.error(
                at: node,
                "unknown kind '\(name)'; \(advice(for: name, among: world.kinds.map(\.name)))")
        }
        return kind
    }
}
