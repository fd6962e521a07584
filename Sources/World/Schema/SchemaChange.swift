// How a world goes on under an edited file. The file's kinds and fields are found in the stored schema
// by what they mean, a kind by its name and role, a field by its kind, name and form, and take
// the numbers that these have there; whatever is new gets a number that nobody ever had. Their order in
// the file means nothing.

import CairnBasics

/// The step from a stored schema to a world file: what is different, and what comes out.
public struct SchemaChange: Sendable {
    /// The world first, then the kinds and fields as the file has them, then what is gone.
    public private(set) var differences: [SchemaDifference] = []
    /// The schema to keep from now on. For use only when nothing is in the way.
    public private(set) var schema: WorldSchema
    /// The file's world with the stored numbers. For use only when nothing is in the way.
    public private(set) var description: WorldDescription

    private let stored: WorldSchema
    private let use: SchemaUse

    /// The first step of a world in which nothing is stored.
    /// - Precondition: the description has no faults; so below.
    public init(to description: WorldDescription) {
        self.init(
            from: WorldSchema(of: description), to: description, use: SchemaUse())
    }

    /// - Parameter use: what is stored under the old schema.
    /// - Complexity: O((kinds + fields)²), a few hundred of them.
    public init(from stored: WorldSchema, to description: WorldDescription, use: SchemaUse) {
        self.stored = stored
        self.use = use
        self.description = description
        schema = stored
        for index in schema.kinds.indices { schema.kinds[index].isRetired = true }
        for index in schema.fields.indices { schema.fields[index].isRetired = true }
        compareBounds()
        var numbers = SchemaNumbers()
        for kind in description.kinds { take(kind, &numbers) }
        noteRemovals()
        noteCrowds()
        self.description = description.numbered(numbers)
    }

    /// The differences that keep the world from going on.
    /// - Parameter adopting: whether the operator adopts what can be adopted.
    public func obstacles(adopting: Bool) -> [SchemaDifference] {
        differences.filter { $0.effect == .refused || ($0.effect == .needsAdoption && !adopting) }
    }

    // MARK: Kinds

    /// Finds a kind of the file in the schema, or adds it, and all its fields.
    private mutating func take(_ kind: KindDescription, _ numbers: inout SchemaNumbers) {
        let before = stored.kind(named: kind.name)
        let fields = description.fields.filter { $0.kind == kind.id }
        let same = stored.kinds.first { $0.name == kind.name && $0.role == kind.role }
        guard let id = same?.id ?? schema.freshKindID else {
            return note(kind.name, nil, .numbersExhausted, .refused)
        }
        if let index = schema.kinds.firstIndex(where: { $0.id == id }) {
            schema.kinds[index].isRetired = false
        } else {
            schema.kinds.append(
                WorldSchema.Kind(id: id, name: kind.name, role: kind.role, isRetired: false))
        }
        numbers.kinds[kind.id] = id
        let isFamiliar = before != nil && before?.id == id
        if let before, !isFamiliar {
            let things = use.things(of: before.id)
            note(
                kind.name, nil,
                .roleChanged(from: before.role, to: kind.role, things: things),
                things == 0 ? .migrates : .refused)
        } else if before == nil {
            let change: SchemaDifference.Change =
                same == nil ? .kindAdded(kind.role) : .kindReturned(kind.role)
            note(kind.name, nil, change, .migrates)
        }
        for field in fields {
            take(field, of: kind.name, id, isSilent: !isFamiliar, &numbers)
        }
    }

    // MARK: Fields

    /// Finds a field of the file in the schema, or adds it.
    /// - Parameter isSilent: the kind is new here, which says enough of its fields.
    private mutating func take(
        _ field: FieldDescription, of kindName: String, _ kind: KindID, isSilent: Bool,
        _ numbers: inout SchemaNumbers
    ) {
        let form = FieldForm(of: field)
        let before = stored.field(named: field.name, of: kind)
        let same = stored.fields.first {
            $0.rules.kind == kind && $0.rules.name == field.name
                && FieldForm(of: $0.rules) == form
        }
        guard let id = same?.rules.id ?? schema.freshFieldID else {
            return note(kindName, field.name, .numbersExhausted, .refused)
        }
        var rules = field
        rules.id = id
        rules.kind = kind
        if let index = schema.fields.firstIndex(where: { $0.rules.id == id }) {
            schema.fields[index] = WorldSchema.Field(rules: rules, isRetired: false)
        } else {
            schema.fields.append(WorldSchema.Field(rules: rules, isRetired: false))
        }
        numbers.fields[field.id] = id
        guard !isSilent else { return }
        if let before, before.id != id {
            let holders = holders(of: before.id)
            note(
                kindName, field.name,
                .formChanged(from: FieldForm(of: before), to: form, holders: holders),
                holders == 0 ? .migrates : .needsAdoption)
        } else if before == nil {
            let change: SchemaDifference.Change =
                same == nil
                ? .fieldAdded(form) : .fieldReturned(form, holders: holders(of: id))
            note(kindName, field.name, change, .migrates)
        }
        if let old = same?.rules { compareLimits(old, rules, of: kindName) }
    }

    private func holders(of field: FieldID) -> Int? {
        guard let values = use.values(of: field) else { return 0 }
        return values.holders
    }

    /// The limits of one field before and after. A narrower limit is in the way of values that it
    /// does not hold, and of nothing else.
    private mutating func compareLimits(
        _ old: FieldDescription, _ new: FieldDescription, of kind: String
    ) {
        let values = use.values(of: new.id)
        if old.range != new.range {
            let all = Int64.min...Int64.max
            let range = new.range ?? all
            note(
                kind, new.name,
                .rangeChanged(from: old.range, to: new.range, stored: values?.integers),
                effect(
                    narrows: !range.contains(old.range ?? all),
                    holds: values?.integers.map { range.contains($0) } ?? true))
        }
        if old.maximumBytes != new.maximumBytes {
            let stored = values?.textBytes ?? 0
            note(
                kind, new.name,
                .maximumBytesChanged(
                    from: old.maximumBytes, to: new.maximumBytes, stored: stored),
                effect(
                    narrows: new.maximumBytes < old.maximumBytes,
                    holds: stored <= new.maximumBytes))
        }
        if old.maximumElements != new.maximumElements {
            let stored = values?.elements ?? 0
            note(
                kind, new.name,
                .maximumElementsChanged(
                    from: old.maximumElements, to: new.maximumElements, stored: stored),
                effect(
                    narrows: new.maximumElements < old.maximumElements,
                    holds: stored <= new.maximumElements))
        }
        if old.writers != new.writers {
            note(kind, new.name, .writersChanged(from: old.writers, to: new.writers), .migrates)
        }
    }

    private func effect(narrows: Bool, holds: Bool) -> SchemaDifference.Effect {
        narrows && !holds ? .needsAdoption : .migrates
    }

    // MARK: The world

    private mutating func compareBounds() {
        let (old, new) = (stored.bounds, description.bounds)
        schema.bounds = new
        guard old != new else { return }
        note(
            "", nil, .boundsChanged(from: old, to: new, stored: use.extent),
            effect(
                narrows: !new.contains(old),
                holds: use.extent.map { new.contains($0) } ?? true))
    }

    /// What the stored file had and this one has not.
    private mutating func noteRemovals() {
        for kind in stored.kinds where !kind.isRetired {
            let isNamed = description.kind(named: kind.name) != nil
            if !isNamed {
                let things = use.things(of: kind.id)
                note(
                    kind.name, nil, .kindRemoved(things: things),
                    things == 0 ? .migrates : .refused)
            } else if schema.kind(kind.id)?.isRetired == false {
                noteRemovedFields(of: kind)
            }
        }
    }

    private mutating func noteRemovedFields(of kind: WorldSchema.Kind) {
        for field in stored.fields where !field.isRetired && field.rules.kind == kind.id {
            guard schema.field(named: field.rules.name, of: kind.id) == nil else { continue }
            let holders = holders(of: field.rules.id)
            note(
                kind.name, field.rules.name, .fieldRemoved(holders: holders),
                holders == 0 ? .migrates : .needsAdoption)
        }
    }

    /// Hidden values still travel to clients, which keep so many fields of an entity and no more.
    private mutating func noteCrowds() {
        for kind in schema.kinds where !kind.isRetired {
            let count = schema.fields.count { field in
                field.rules.kind == kind.id
                    && (!field.isRetired || use.values(of: field.rules.id) != nil)
            }
            guard count > WorldLimits.fieldsOfAnEntity else { continue }
            note(kind.name, nil, .fieldsCrowded(count: count), .refused)
        }
    }

    private mutating func note(
        _ kind: String, _ field: String?, _ change: SchemaDifference.Change,
        _ effect: SchemaDifference.Effect
    ) {
        differences.append(
            SchemaDifference(kind: kind, field: field, change: change, effect: effect))
    }
}

extension Bounds {
    /// True when no point of `other` lies outside.
    func contains(_ other: Bounds) -> Bool {
        contains(other.lowest) && contains(other.highest)
    }
}
