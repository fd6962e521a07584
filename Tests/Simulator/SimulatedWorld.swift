// A small world with one of everything: wide enough that actors come and go out of each other's
// sight, small enough that they meet.

import CairnBasics
import CairnGeometry
import CairnWorld

public enum SimulatedKind {
    public static let avatar = KindID(1)
    public static let character = KindID(2)
    public static let thing = KindID(3)
    public static let phone = KindID(4)
}

public enum SimulatedField {
    public static let colour = FieldID(2)
    public static let count = FieldID(3)
    public static let tags = FieldID(4)
    public static let notes = FieldID(5)
    public static let best = FieldID(6)
    public static let first = FieldID(7)
    public static let sign = FieldID(8)
    /// Between 0 and 20.
    public static let stock = FieldID(9)
    public static let hangsOn = FieldID(10)

    /// What is promised of each field, in the words of the history checker.
    static let rules: [UInt16: HistoryRule] = [
        FieldID.placement.raw: .latest, FieldID.name.raw: .latest, colour.raw: .latest,
        count.raw: .counter, tags.raw: .set, notes.raw: .map, best.raw: .maximum,
        first.raw: .minimum, sign.raw: .everyValue, stock.raw: .bounded(from: 0),
        hangsOn.raw: .parent,
    ]
}

/// The world of every simulation.
public func simulatedWorld(hasCharacters: Bool = true) -> WorldDescription {
    let metre = Position.unitsPerMetre
    let fields = [
        FieldDescription(
            id: SimulatedField.colour, kind: SimulatedKind.thing, name: "colour", type: .integer,
            writers: .anyone, range: 0...9),
        FieldDescription(
            id: SimulatedField.count, kind: SimulatedKind.thing, name: "count", type: .integer,
            policy: .counter, writers: .anyone),
        FieldDescription(
            id: SimulatedField.tags, kind: SimulatedKind.thing, name: "tags", type: .text,
            policy: .set, writers: .anyone),
        FieldDescription(
            id: SimulatedField.notes, kind: SimulatedKind.thing, name: "notes", type: .text,
            policy: .map, writers: .anyone),
        FieldDescription(
            id: SimulatedField.best, kind: SimulatedKind.thing, name: "best", type: .integer,
            policy: .maximum, writers: .anyone, range: 0...1_000),
        FieldDescription(
            id: SimulatedField.first, kind: SimulatedKind.thing, name: "first", type: .integer,
            policy: .minimum, writers: .anyone),
        FieldDescription(
            id: SimulatedField.sign, kind: SimulatedKind.thing, name: "sign", type: .text,
            policy: .multiValue, writers: .anyone),
        FieldDescription(
            id: SimulatedField.stock, kind: SimulatedKind.thing, name: "stock", type: .integer,
            policy: .bounded, writers: .anyone, range: 0...20),
        FieldDescription(
            id: SimulatedField.hangsOn, kind: SimulatedKind.thing, name: "hangsOn", type: .entity,
            policy: .attachment, writers: .anyone),
    ]
    return WorldDescription(
        name: "simulated", tickHertz: 20, cellMetres: 8,
        bounds: Bounds(
            lowest: Position(x: -40 * metre, y: -40 * metre, z: 0),
            highest: Position(x: 40 * metre, y: 40 * metre, z: 10 * metre)),
        spawns: [.origin, Position(x: 20 * metre, y: -20 * metre, z: 0)], interestMetres: 24,
        kinds: [
            KindDescription(
                id: SimulatedKind.avatar, name: "avatar", role: .avatar,
                maxSpeedMetresPerSecond: 6),
            KindDescription(
                id: SimulatedKind.character, name: "character", role: .npc,
                maxSpeedMetresPerSecond: 2),
            KindDescription(
                id: SimulatedKind.thing, name: "thing", role: .object,
                fieldIDs: fields.map(\.id), isCarried: true),
            KindDescription(
                id: SimulatedKind.phone, name: "phone", role: .device, maxSpeedMetresPerSecond: 6),
        ],
        fields: fields,
        anchors: [
            AnchorDescription(
                name: "gate", position: .origin, orientation: .identity, sigmaMetres: 0.05),
            AnchorDescription(
                name: "tower", position: Position(x: 10 * metre, y: 0, z: 0),
                orientation: .identity, sigmaMetres: 0.05),
        ],
        personas: !hasCharacters
            ? []
            : [
                PersonaDescription(
                    name: "Ada", greeting: "Welcome.", lines: ["This way."], role: .greeter,
                    kind: SimulatedKind.character),
                PersonaDescription(
                    name: "Bo", greeting: "Good day.", lines: ["Fine weather."], role: .wanderer,
                    kind: SimulatedKind.character),
            ],
        objects: [
            ObjectDescription(name: "kiosk", kind: SimulatedKind.thing, position: .origin)
        ])
}
