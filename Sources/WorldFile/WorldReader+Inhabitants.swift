// Personas and objects: who and what is there when the world opens.

import CairnBasics
import CairnGeometry
import CairnWorld
import Yams

extension WorldReader {
    mutating func personas(
        _ node: Node, of world: WorldDescription
    ) throws(WorldFileError) -> [PersonaDescription] {
        var personas: [PersonaDescription] = []
        let entries = try source.entries(node, "'personas'", atMost: WorldLimits.personas)
        for (name, key, value) in entries {
            let part = DescriptionFault.Part.persona(personas.count)
            let table = try Table(
                value, "persona '\(name)'", keys: ["kind", "role", "greeting", "lines"],
                in: source)
            note(part, "", key)
            for attribute in ["kind", "greeting", "lines"] {
                note(part, attribute, table[attribute])
            }
            var lines: [String] = []
            if let node = table["lines"] {
                let limit = WorldLimits.linesPerPersona
                for line in try source.list(node, "'lines'", atMost: limit) {
                    lines.append(try source.text(line, "a line"))
                }
            }
            personas.append(
                PersonaDescription(
                    name: name,
                    greeting: try source.text(try table.require("greeting"), "'greeting'"),
                    lines: lines,
                    role: try source.choice(
                        try table.require("role"), "the role of persona '\(name)'"),
                    kind: try kind(named: try table.require("kind"), in: world).id))
        }
        return personas
    }

    mutating func objects(
        _ node: Node, of world: WorldDescription
    ) throws(WorldFileError) -> [ObjectDescription] {
        var objects: [ObjectDescription] = []
        for node in try source.list(node, "'objects'", atMost: WorldLimits.objects) {
            let part = DescriptionFault.Part.object(objects.count)
            let table = try Table(
                node, "an object", keys: ["kind", "name", "position", "yaw", "fields"],
                in: source)
            note(part, "", node)
            for attribute in ["kind", "name", "position", "fields"] {
                note(part, attribute, table[attribute])
            }
            let kind = try kind(named: try table.require("kind"), in: world)
            var object = ObjectDescription(
                kind: kind.id,
                position: try source.position(try table.require("position"), "'position'"))
            if let node = table["name"] { object.name = try source.text(node, "'name'") }
            if let node = table["yaw"] { object.orientation = try source.heading(node, "'yaw'") }
            if let node = table["fields"] {
                object.values = try values(node, of: kind, in: world, part)
            }
            objects.append(object)
        }
        return objects
    }

    /// The first values of an object's fields, sorted by field as descriptions have them.
    private mutating func values(
        _ node: Node, of kind: KindDescription, in world: WorldDescription,
        _ part: DescriptionFault.Part
    ) throws(WorldFileError) -> [FieldValue] {
        var values: [FieldValue] = []
        let names = kind.fieldIDs.compactMap { world.field($0, of: kind.id)?.name }
        let entries = try source.entries(
            node, "the fields of a '\(kind.name)'", atMost: WorldLimits.fieldsPerKind)
        for (name, key, value) in entries {
            guard let field = world.field(named: name, inKind: kind.id),
                field.id.isAuthored
            else {
                throw source.error(
                    at: key,
                    "a '\(kind.name)' has no field '\(name)'; "
                        + advice(for: name, among: names))
            }
            note(part, name, value)
            try appendValues(value, of: field, to: &values)
        }
        // Stable, so that the elements of a set stay in the author's order.
        return values.enumerated()
            .sorted { ($0.element.field, $0.offset) < ($1.element.field, $1.offset) }
            .map(\.element)
    }

    private func appendValues(
        _ node: Node, of field: FieldDescription, to values: inout [FieldValue]
    ) throws(WorldFileError) {
        switch field.policy {
        case .latest, .counter, .maximum, .minimum, .multiValue, .bounded, .attachment:
            values.append(try value(node, of: field, key: nil))
        case .set:
            let limit = field.maximumElements
            for element in try source.list(node, "'\(field.name)'", atMost: limit) {
                values.append(try value(element, of: field, key: nil))
            }
        case .map:
            let limit = field.maximumElements
            for entry in try source.entries(node, "'\(field.name)'", atMost: limit) {
                values.append(try value(entry.value, of: field, key: entry.name))
            }
        }
    }

    private func value(
        _ node: Node, of field: FieldDescription, key: String?
    ) throws(WorldFileError) -> FieldValue {
        let text = try source.text(node, "'\(field.name)'")
        guard let value = FieldValue(of: field, key: key, writtenAs: text) else {
            let expected =
                switch field.type {
                case .boolean: "give true or false"
                case .integer: "give a whole number"
                case .real: "give a number"
                case .text: "give text"
                case .entity, .bytes: "leave it out, for it is only known once the world runs"
                }
            throw source.error(at: node, "'\(field.name)' is '\(text)'; \(expected)")
        }
        return value
    }
}
