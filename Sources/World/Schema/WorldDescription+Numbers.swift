// A world file's own numbers are where things stand in the file; these are put in their place.

import CairnBasics

/// New numbers for those that a description has; what is not named keeps its own.
struct SchemaNumbers {
    var kinds: [KindID: KindID] = [:]
    var fields: [FieldID: FieldID] = [:]

    func number(of kind: KindID) -> KindID { kinds[kind] ?? kind }
    func number(of field: FieldID) -> FieldID { fields[field] ?? field }
}

extension WorldDescription {
    /// The same world under other numbers, in their order.
    func numbered(_ numbers: SchemaNumbers) -> WorldDescription {
        var world = self
        for index in world.kinds.indices {
            world.kinds[index].id = numbers.number(of: kinds[index].id)
            world.kinds[index].fieldIDs = kinds[index].fieldIDs.map(numbers.number).sorted()
        }
        world.kinds.sort { $0.id < $1.id }
        for index in world.fields.indices {
            world.fields[index].id = numbers.number(of: fields[index].id)
            world.fields[index].kind = numbers.number(of: fields[index].kind)
        }
        world.fields.sort { $0.id < $1.id }
        for index in world.personas.indices {
            world.personas[index].kind = numbers.number(of: personas[index].kind)
        }
        for index in world.objects.indices { world.objects[index].number(by: numbers) }
        return world
    }
}

extension ObjectDescription {
    fileprivate mutating func number(by numbers: SchemaNumbers) {
        kind = numbers.number(of: kind)
        for index in values.indices {
            values[index].field = numbers.number(of: values[index].field)
        }
        // Stable, so that the elements of a set stay in the author's order.
        values = values.enumerated()
            .sorted { ($0.element.field, $0.offset) < ($1.element.field, $1.offset) }
            .map(\.element)
    }
}
