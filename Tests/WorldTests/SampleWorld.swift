import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

/// A world with a field of every type, policy and writer, for the tests of the door and of bytes.
enum SampleWorld {
    static let avatar = KindID(1)
    static let phone = KindID(2)
    static let resident = KindID(3)
    static let thing = KindID(4)

    static let title = FieldID(2)
    static let level = FieldID(3)
    static let ratio = FieldID(4)
    static let open = FieldID(5)
    static let friend = FieldID(6)
    static let stock = FieldID(7)
    static let tags = FieldID(8)
    static let notes = FieldID(9)
    static let secret = FieldID(10)
    static let doing = FieldID(11)
    static let best = FieldID(12)
    static let first = FieldID(13)
    static let sign = FieldID(14)
    static let fuel = FieldID(15)
    static let hangsOn = FieldID(16)

    static func metres(_ x: Double, _ y: Double, _ z: Double = 0) -> Position {
        Position(metresX: x, y, z)!
    }

    static let description: WorldDescription = {
        let fields = [
            FieldDescription(
                id: title, kind: thing, name: "title", type: .text, writers: .owner,
                maximumBytes: 8),
            FieldDescription(
                id: level, kind: thing, name: "level", type: .integer, writers: .anyone,
                range: -5...10),
            FieldDescription(
                id: ratio, kind: thing, name: "ratio", type: .real, writers: .anyone),
            FieldDescription(
                id: open, kind: thing, name: "open", type: .boolean, writers: .anyone),
            FieldDescription(
                id: friend, kind: thing, name: "friend", type: .entity, writers: .anyone),
            FieldDescription(
                id: stock, kind: thing, name: "stock", type: .integer, policy: .counter,
                writers: .anyone, range: 0...20),
            FieldDescription(
                id: tags, kind: thing, name: "tags", type: .text, policy: .set, writers: .anyone,
                maximumBytes: 8, maximumElements: 3),
            FieldDescription(
                id: notes, kind: thing, name: "notes", type: .text, policy: .map,
                writers: .anyone, maximumBytes: 16, maximumElements: 3),
            FieldDescription(
                id: secret, kind: thing, name: "secret", type: .integer, writers: .server),
            FieldDescription(
                id: doing, kind: resident, name: "doing", type: .text, writers: .npc),
            FieldDescription(
                id: best, kind: thing, name: "best", type: .integer, policy: .maximum,
                writers: .anyone, range: 0...100),
            FieldDescription(
                id: first, kind: thing, name: "first", type: .integer, policy: .minimum,
                writers: .anyone),
            FieldDescription(
                id: sign, kind: thing, name: "sign", type: .text, policy: .multiValue,
                writers: .anyone, maximumBytes: 8),
            FieldDescription(
                id: fuel, kind: thing, name: "fuel", type: .integer, policy: .bounded,
                writers: .anyone, range: -5...25),
            FieldDescription(
                id: hangsOn, kind: thing, name: "hangsOn", type: .entity, policy: .attachment,
                writers: .anyone),
        ]
        return WorldDescription(
            name: "Sample", tickHertz: 20, cellMetres: 16,
            bounds: Bounds(lowest: metres(-100, -100, -10), highest: metres(100, 100, 50)),
            origin: GeoAnchor(latitudeDegrees: 52.5, longitudeDegrees: 13.4, heightMetres: 80),
            spawns: [.origin], interestMetres: 32, reachMetres: 4,
            kinds: [
                KindDescription(
                    id: avatar, name: "avatar", role: .avatar, maxSpeedMetresPerSecond: 5,
                    glyph: "@"),
                KindDescription(
                    id: phone, name: "phone", role: .device, maxSpeedMetresPerSecond: 8),
                KindDescription(
                    id: resident, name: "resident", role: .npc, maxSpeedMetresPerSecond: 2,
                    fieldIDs: [doing]),
                KindDescription(
                    id: thing, name: "thing", role: .object,
                    fieldIDs: fields.filter { $0.kind == thing }.map(\.id), isCarried: true),
            ],
            fields: fields,
            zones: [
                ZoneDescription(
                    name: "pit", role: .noGo,
                    polygon: [
                        PlanarPoint(metres(10, 10)), PlanarPoint(metres(20, 10)),
                        PlanarPoint(metres(20, 20)), PlanarPoint(metres(10, 20)),
                    ]),
                ZoneDescription(
                    name: "fair", role: .pointOfInterest,
                    polygon: ZoneDescription.circle(
                        around: PlanarPoint(x: 0, y: 0), radiusUnits: 8192), weight: 2.5),
            ],
            anchors: [AnchorDescription(name: "post", position: metres(1, 2, 3), sigmaMetres: 0.1)],
            personas: [
                PersonaDescription(
                    name: "Ada", greeting: "Hello.", lines: ["One.", "Two."], role: .guide,
                    kind: resident)
            ],
            objects: [
                ObjectDescription(
                    name: "Thing", kind: thing, position: metres(5, 5),
                    orientation: Orientation(yaw: 1),
                    values: [
                        FieldValue(field: title, value: .text("Box")),
                        FieldValue(field: ratio, value: .real(-0.5)),
                        FieldValue(field: stock, value: .integer(7)),
                        FieldValue(field: tags, value: .text("a")),
                        FieldValue(field: tags, value: .text("b")),
                        FieldValue(field: notes, key: "k", value: .text("v")),
                        FieldValue(field: best, value: .integer(40)),
                        FieldValue(field: fuel, value: .integer(-3)),
                        FieldValue(field: hangsOn, value: .text("Hook")),
                    ]),
                ObjectDescription(name: "Hook", kind: thing, position: metres(5, 5, 2)),
            ])
    }()

    static let door = Door(description)
    static let alice: UInt64 = 71
    static let bob: UInt64 = 72
    static let hisBody = EntityID(raw: 801)
    static let someThing = EntityID(raw: 900)
    static let herBody = EntityID(raw: 800)

    /// Somebody in the middle of the world.
    static func actor(
        _ role: ActorRole = .player, identity: UInt64 = alice,
        capabilities: Capabilities = .participant, load: Int = 0
    ) -> Actor {
        Actor(
            identity: identity, role: role, capabilities: capabilities, entity: herBody,
            position: .origin, load: load)
    }

    /// A thing five metres to the east of the middle.
    static func facts(
        kind: KindID = thing, owner: UInt64 = alice, at position: Position = metres(5, 0),
        elementCount: Int = 0, holdsElement: Bool = false, counterValue: Int64 = 0,
        isKept: Bool = false, holder: EntityID = .none, rights: UInt64 = 0,
        attachment: AttachmentFacts? = nil
    ) -> EntityFacts {
        EntityFacts(
            id: someThing, kind: kind, owner: owner, position: position,
            elementCount: elementCount, holdsElement: holdsElement, counterValue: counterValue,
            isKept: isKept, holder: holder, rights: rights, attachment: attachment)
    }

    /// Another thing, in somebody's hands.
    static func carried(_ id: EntityID, by holder: EntityID) -> EntityFacts {
        EntityFacts(id: id, kind: thing, owner: 5, position: .origin, holder: holder)
    }

    /// Somebody else, two metres to the north of the middle.
    static func neighbour(
        _ kind: KindID = avatar, at position: Position = metres(0, 2), load: Int = 0
    ) -> EntityFacts {
        EntityFacts(
            id: hisBody, kind: kind, owner: bob, position: position, load: load)
    }
}

extension Verdict {
    /// The rule it was refused by; nil when it was accepted.
    var rule: Refusal.Rule? {
        if case .refused(let refusal) = self { refusal.rule } else { nil }
    }
    var nearest: Refusal.Alternative? {
        if case .refused(let refusal) = self { refusal.nearest } else { nil }
    }
}
