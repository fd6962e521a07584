// The faults of kinds, of fields, and of objects against them.

import CairnBasics
import CairnCRDT
import CairnGeometry

extension WorldDescription {
    func judgeKinds(_ list: inout FaultList) {
        list.requireCount(kinds.count, 1...WorldLimits.kinds, .world, "kinds")
        list.requireUnique(kinds.map(\.name)) { .kind($0) }
        for (index, kind) in kinds.enumerated() {
            let part = DescriptionFault.Part.kind(index)
            list.requireName(kind.name, part)
            list.require(
                index == 0 || kinds[index - 1].id < kind.id, part, "", "kind ids must ascend")
            let speeds = WorldLimits.speedMetresPerSecond
            list.require(
                speeds.contains(kind.maxSpeedMetresPerSecond), part, "maxSpeed",
                "a highest speed of \(kind.maxSpeedMetresPerSecond) m/s; give "
                    + "\(speeds.lowerBound) to \(speeds.upperBound)")
            list.require(
                kind.fieldIDs == fields.filter { $0.kind == kind.id }.map(\.id), part, "fields",
                "a kind lists its own fields, ascending")
            list.requireCount(kind.fieldIDs.count, 0...WorldLimits.fieldsPerKind, part, "fields")
            list.require(
                !kind.isCarried || kind.role == .object, part, "carried",
                "only things are carried; leave it out or make the role object")
            if let glyph = kind.glyph { judge(glyph: glyph, part, &list) }
        }
        for role in [KindRole.avatar, .npc] {
            list.require(
                firstKind(of: role) != nil, .world, "kinds",
                "no kind has role \(role); every world needs one")
        }
    }

    private func judge(
        glyph: String, _ part: DescriptionFault.Part, _ list: inout FaultList
    ) {
        list.require(
            glyph.count == 1 && glyph.utf8.count <= WorldLimits.glyphBytes
                && PlainText.isPlain(glyph), part, "glyph",
            "the glyph is not one character; give a single one")
    }

    func judgeFields(_ list: inout FaultList) {
        list.requireCount(fields.count, 0...WorldLimits.fields, .world, "fields")
        for (index, field) in fields.enumerated() {
            let part = DescriptionFault.Part.field(index)
            let earlier = index == 0 ? nil : fields[index - 1].id
            list.requireName(field.name, part)
            list.require(
                field.id.isAuthored && earlier.map { $0 < field.id } ?? true, part, "",
                "field ids must ascend from \(FieldID.firstAuthored.raw)")
            list.require(kind(field.kind) != nil, part, "", "no kind has this field")
            judge(field, part, &list)
        }
        for (kindIndex, kind) in kinds.enumerated() {
            var seen = Set(FieldID.builtIn.map(\.builtInName))
            for (index, field) in fields.enumerated()
            where field.kind == kind.id && !seen.insert(field.name).inserted {
                list.note(
                    .field(index), "name",
                    "'\(kinds[kindIndex].name)' has a field '\(field.name)' already; choose "
                        + "another name")
            }
        }
    }

    private func judge(
        _ field: FieldDescription, _ part: DescriptionFault.Part, _ list: inout FaultList
    ) {
        list.require(
            field.type != .bytes, part, "type",
            "bytes are for built-in fields; choose boolean, integer, real, text or entity")
        if let type = field.policy.impliedType {
            list.require(
                field.type == type, part, "type",
                "\(type == .entity ? "an attachment names an entity" : "it holds whole numbers"); "
                    + "make its type \(type)")
        }
        list.require(
            field.range == nil || field.type == .integer, part, "range",
            "only integers have a range; leave it out")
        list.require(
            field.policy != .counter || field.range.map { $0.contains(0) } ?? true, part, "range",
            "a counter starts at 0, which its range must hold; widen it")
        let limit = FieldDescription.boundedLimit
        list.require(
            field.policy != .bounded
                || field.range.map { -limit <= $0.lowerBound && $0.upperBound <= limit } ?? false,
            part, "least", "a bounded counter has a least and a most within 2^62 of zero; give them"
        )
        let bytes = 1...WorldLimits.textBytes
        list.require(
            bytes.contains(field.maximumBytes), part, "maximumBytes",
            "at most \(field.maximumBytes) bytes of text; give \(bytes.lowerBound) to "
                + "\(bytes.upperBound)")
        let elements = 1...WorldLimits.elements
        list.require(
            elements.contains(field.maximumElements), part, "maximumElements",
            "at most \(field.maximumElements) elements; give \(elements.lowerBound) to "
                + "\(elements.upperBound)")
    }

    func judgeObjects(_ list: inout FaultList) {
        list.requireCount(objects.count, 0...WorldLimits.objects, .world, "objects")
        for (index, object) in objects.enumerated() {
            let part = DescriptionFault.Part.object(index)
            if let name = object.name {
                list.requireName(name, atMostBytes: WorldLimits.entityNameBytes, part)
            }
            requireInside(object.position, part, &list)
            let kind = kind(object.kind)
            list.require(
                kind?.role == .object, part, "kind",
                "'\(kind?.name ?? "\(object.kind.raw)")' is no kind of thing; name one with role "
                    + "object")
            judgeValues(of: object, part, &list)
        }
    }

    private func judgeValues(
        of object: ObjectDescription, _ part: DescriptionFault.Part, _ list: inout FaultList
    ) {
        let values = object.values
        list.requireCount(
            values.count, 0...WorldLimits.valuesPerObject, part, "fields", things: "values")
        list.require(
            zip(values, values.dropFirst()).allSatisfy { $0.field <= $1.field }, part, "fields",
            "values must be in the order of their fields")
        var seen: Set<FieldValue> = []
        var counts: [FieldID: Int] = [:]
        for value in values {
            guard value.field.isAuthored, let field = field(value.field, of: object.kind)
            else {
                list.note(part, "fields", "the kind has no field \(value.field.raw)")
                continue
            }
            judge(value, of: field, part, &list)
            // What may not come twice: a key of a map, an element of a set, any other field.
            let isMap = field.policy == .map
            let isSet = field.policy == .set
            let identity = FieldValue(
                field: value.field, key: isMap ? value.key : nil,
                value: isSet ? value.value : .boolean(true))
            list.require(
                seen.insert(identity).inserted, part, field.name,
                "'\(field.name)' has this twice; give it once")
            counts[value.field, default: 0] += 1
            list.require(
                counts[value.field, default: 0] <= field.maximumElements, part, field.name,
                "'\(field.name)' holds at most \(field.maximumElements); leave some out")
        }
    }

    private func judge(
        _ value: FieldValue, of field: FieldDescription, _ part: DescriptionFault.Part,
        _ list: inout FaultList
    ) {
        if field.policy == .attachment {
            judge(attachment: value, of: field, part, &list)
        } else if let fault = field.fault(in: value.value) {
            list.note(part, field.name, fault.reason)
        }
        switch (field.policy, value.key) {
        case (.map, let key?):
            list.require(!key.isEmpty, part, field.name, "a key is empty; give it a letter")
            list.requireText(key, atMostBytes: WorldLimits.keyBytes, part, field.name)
        case (.map, nil), (_, _?):
            list.note(part, field.name, "keys are for maps, and maps need them")
        case (_, nil): break
        }
    }

    /// In a file an object hangs on another that the file names; none hangs on itself, and no more
    /// hang below one another than the door would let in.
    private func judge(
        attachment value: FieldValue, of field: FieldDescription, _ part: DescriptionFault.Part,
        _ list: inout FaultList
    ) {
        guard case .text(let name) = value.value else {
            return list.note(
                part, field.name, "'\(field.name)' names what the thing hangs on; give its name")
        }
        let named = objects.count { $0.name == name }
        guard named == 1 else {
            return list.note(
                part, field.name,
                "\(named == 0 ? "no object" : "more than one object") of this file is called "
                    + "'\(name)'; name one that stands in it once")
        }
        var depth = 0
        var above: String? = name
        while let next = above, depth <= WorldLimits.attachmentDepth {
            above = objects.first { $0.name == next }?.parentName(field.id)
            depth += 1
        }
        list.require(
            depth <= WorldLimits.attachmentDepth, part, field.name,
            "it hangs on itself, or below more than \(WorldLimits.attachmentDepth) others; "
                + "attach it to something else")
    }
}

extension ObjectDescription {
    /// The name of the object that this one hangs on from the start.
    fileprivate func parentName(_ field: FieldID) -> String? {
        guard case .text(let name)? = values.first(where: { $0.field == field })?.value else {
            return nil
        }
        return name
    }
}
