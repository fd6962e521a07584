// What of a schema is in use: by what is stored, or by whatever could be. A change of the schema is
// judged by it, so that only what somebody would miss is in the way.
//
// Only things count. The bodies of players, devices and characters live as long as their session:
// the server clears those of the last run whenever it starts.

import CairnBasics
public import CairnCRDT
import CairnGeometry

/// Which kinds and fields hold something, and how much of their limits it takes.
public struct SchemaUse: Sendable {
    private(set) var things: [KindID: Count] = [:]
    private(set) var fields: [FieldID: Values] = [:]
    /// The smallest box around everything that stands somewhere; nil when nothing does.
    private(set) var extent: Bounds?

    /// How many there are; nil when only a look into the data could tell.
    public typealias Count = Int?

    /// What a field holds, over all things.
    struct Values: Hashable, Sendable {
        /// How many things have a value in it.
        var holders: Count = 0
        /// The smallest and the largest whole number.
        var integers: ClosedRange<Int64>?
        /// The bytes of UTF-8 in the longest text.
        var textBytes = 0
        /// The elements of the largest set or map.
        var elements = 0
    }

    /// Nothing is stored.
    public init() {}

    /// What a world's state uses of the schema that it was written under.
    /// - Complexity: O(n log n) in the state's size.
    public init(of world: Lattice, under schema: WorldSchema) {
        var roles: [KindID: KindRole] = [:]
        for kind in schema.kinds { roles[kind.id] = kind.role }
        var rules: [FieldID: FieldDescription] = [:]
        for field in schema.fields { rules[field.rules.id] = field.rules }
        for id in world.sortedIDs {
            guard let state = world[id], let life = state.life, roles[life.kind] == .object
            else { continue }
            things[life.kind] = .some((things[life.kind] ?? 0).map { $0 + 1 })
            for field in state.fields where field.id.isAuthored {
                fields[field.id, default: Values()].take(field.state, under: rules[field.id])
            }
            if case .bytes(let bytes)? = state.latest(.placement),
                let motion = Motion(restingBytes: bytes)
            {
                take(motion.position)
            }
        }
    }

    /// All that could be stored under a schema, for a judgement without the data: there are things
    /// of every kind, with values in every field up to its limits, and everywhere.
    public init(everythingUnder schema: WorldSchema) {
        for kind in schema.kinds where kind.role == .object { things[kind.id] = .some(nil) }
        for field in schema.fields where things[field.rules.kind] != nil {
            let rules = field.rules
            fields[rules.id] = Values(
                holders: nil,
                integers: rules.type == .integer ? rules.range ?? Int64.min...Int64.max : nil,
                textBytes: rules.type == .text ? rules.maximumBytes : 0,
                elements: rules.policy.hasElements ? rules.maximumElements : 0)
        }
        extent = schema.bounds
    }

    /// How many things are of a kind.
    func things(of kind: KindID) -> Count { things[kind] ?? 0 }

    /// What a field holds; nil when it holds nothing.
    func values(of field: FieldID) -> Values? {
        fields[field].flatMap { $0.holders == 0 ? nil : $0 }
    }

    private mutating func take(_ position: Position) {
        let all = extent ?? Bounds(lowest: position, highest: position)
        extent = Bounds(
            lowest: Position(
                x: min(all.lowest.x, position.x), y: min(all.lowest.y, position.y),
                z: min(all.lowest.z, position.z)),
            highest: Position(
                x: max(all.highest.x, position.x), y: max(all.highest.y, position.y),
                z: max(all.highest.z, position.z)))
    }
}

extension SchemaUse.Values {
    /// - Parameter rules: the field's; nil for one that the schema does not know.
    fileprivate mutating func take(_ state: FieldState, under rules: FieldDescription?) {
        switch state {
        case .latest(let register):
            take(register.value)
            count()
        case .counter(let counter):
            // A counter at zero is as one that nobody has touched.
            guard counter.value != 0 else { return }
            take(.integer(counter.value))
            count()
        case .set(let set):
            guard set.count > 0 else { return }
            for element in set.elements { take(element) }
            elements = max(elements, set.count)
            count()
        case .map(let map):
            guard map.count > 0 else { return }
            for key in map.keys { if let value = map[key] { take(value) } }
            elements = max(elements, map.count)
            count()
        case .maximum(let register):
            take(.integer(register.value))
            count()
        case .minimum(let register):
            take(.integer(register.value))
            count()
        case .multiValue(let register):
            for value in register.values { take(value) }
            count()
        case .bounded(let counter):
            // At its least it reads as one that nobody has touched.
            guard counter.aboveBound > 0 else { return }
            if let number = rules?.number(in: state) { take(.integer(number)) }
            count()
        case .attachment(let attachment):
            guard attachment.written != nil else { return }
            count()
        }
    }

    private mutating func count() { holders = holders.map { $0 + 1 } }

    private mutating func take(_ value: Scalar) {
        switch value {
        case .integer(let number):
            let all = integers ?? number...number
            integers = min(all.lowerBound, number)...max(all.upperBound, number)
        case .text(let text): textBytes = max(textBytes, text.utf8.count)
        case .boolean, .real, .entity, .bytes: break
        }
    }
}

extension FieldPolicy {
    /// True when a field holds several elements.
    var hasElements: Bool { self == .set || self == .map }
}
