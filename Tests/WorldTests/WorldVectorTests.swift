import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing
import VectorKit

/// What clients and the server say to each other, as `protocol/vectors` has it.
@Suite struct WorldVectorTests {
    private static let motion = Motion(
        position: Position(x: 1_024, y: -2_048, z: 3),
        velocity: Velocity(x: 256, y: -1, z: 0), orientation: Orientation(bits: 0xe007_fe00),
        animation: 9)
    private static let entity = EntityID(raw: 0x0100_0001_0000_002a)

    @Test func messagesMatchTheirVectors() throws {
        var fields: [String: String] = [:]
        for (name, message) in Self.clientMessages {
            fields["client: \(name)"] = try hex { (writer) throws(CodecError) in
                try message.encode(into: &writer)
            }
        }
        for (name, message) in Self.serverMessages {
            fields["server: \(name)"] = hex(message.encoded())
        }
        for (name, intent) in Self.intents {
            fields["intent: \(name)"] = try hex { (writer) throws(CodecError) in
                try intent.encode(into: &writer)
            }
        }
        for (name, scalar) in Self.scalars {
            fields["scalar: \(name)"] = try hex { (writer) throws(CodecError) in
                try scalar.encode(into: &writer)
            }
        }
        fields["frame: steering 7 for 50 ms"] = try hex { (writer) throws(CodecError) in
            try SteeringInput(
                sequence: 7, durationMilliseconds: 50, velocity: Velocity(x: 256, y: -256, z: 0),
                orientation: .identity, animation: 2
            ).encode(into: &writer)
        }
        fields["frame: pose claim 8"] = try hex { (writer) throws(CodecError) in
            try PoseClaim(sequence: 8, motion: Self.motion).encode(into: &writer)
        }
        try check(fields, againstVectors: "world-messages")
    }

    @Test func descriptionsMatchTheirVectors() throws {
        let description = SampleWorld.description
        try check(
            [
                "description": hex(description.encoded()),
                "schemaHash": String(description.schemaHash),
            ], againstVectors: "world-description")
    }

    /// Motion, input, highest speed, and the motion that comes out.
    @Test func stepsMatchTheirVectors() throws {
        var random = SeededRandom(seed: 1)
        let bounds = Bounds(
            lowest: Position(x: -4_096, y: -4_096, z: -16),
            highest: Position(x: 4_096, y: 4_096, z: 2_048))
        func coordinate() -> Int32 { Int32(random.below(8_400)) - 4_200 }
        func speed() -> Int16 { Int16(truncatingIfNeeded: Int(random.below(4_000)) - 2_000) }
        var fields: [String: String] = [:]
        for number in 10..<42 {
            let start = Motion(
                position: Position(x: coordinate(), y: coordinate(), z: coordinate()))
            let input = SteeringInput(
                sequence: UInt32(number), durationMilliseconds: UInt8(1 + random.below(100)),
                velocity: Velocity(x: speed(), y: speed(), z: random.below(2) == 0 ? 0 : speed()))
            let limit = Int32(random.below(3_000))
            let end = Movement.step(
                start, by: input, limits: MovementLimits(maxSpeedUnits: limit, bounds: bounds))
            fields["\(number)"] = try hex { (writer) throws(CodecError) in
                try start.encode(into: &writer)
                try input.encode(into: &writer)
                try writer.put(limit)
                try end.encode(into: &writer)
            }
        }
        try check(fields, againstVectors: "world-steps")
    }

    private static let clientMessages: [String: ClientMessage] = [
        "enter, 96 m, with digests": .enter(Entrance(interestMetres: 96, wantsDigests: true)),
        "enter, session 5, resumption 6": .enter(Entrance(session: 5, resumption: 6)),
        "ask 70001": .ask(number: 70_001),
        "intent 70000, say hi": .intent(number: 70_000, .say("hi")),
        "seen intent 70002, tick 124 and a half, pick up": .seenIntent(
            number: 70_002, seen: PresentedMoment(tick: Tick(124), part: 128), .pickUp(entity)),
        "sightings 0102": .sightings([1, 2]),
        "look at (1, -2, 3), 300 m": .look(at: Position(x: 1, y: -2, z: 3), radiusMetres: 300),
        "ready": .ready,
    ]

    private static let serverMessages: [String: ServerMessage] = [
        "welcome with description aabb": .welcome(
            Welcome(entity: entity, description: [0xaa, 0xbb])),
        "welcome back, session unknown, resumption 6, description aabb": .welcome(
            Welcome(
                entity: entity, resumption: 6, isSessionKnown: false, description: [0xaa, 0xbb])),
        "accepted 7, field 5 is latest true, field 6 maximum 9": .accepted(
            number: 7, created: .none,
            effects: [
                Effect(
                    entity: entity, field: FieldID(5),
                    delta: .latest(
                        LatestRegister(
                            stamp: Stamp(
                                time: HybridTime(raw: 7 << 16), replica: ReplicaID(raw: 0x0100_0001)
                            ),
                            value: .boolean(true)))),
                Effect(
                    entity: entity, field: FieldID(6), delta: .maximum(MaximumRegister(9))),
            ]),
        "accepted 5, created": .accepted(number: 5, created: entity),
        "accepted 6": .accepted(number: 6, created: .none),
        "durable through 6": .durable(through: 6),
        "refused 7 by rate": .refused(number: 7, Refusal(rule: .rate, reason: "wait")),
        "refused 8 by range, nearest 10": .refused(
            number: 8,
            Refusal(rule: .range, reason: "too much", nearest: .value(.integer(10)))),
        "refused 9 by bounds, nearest a motion": .refused(
            number: 9, Refusal(rule: .bounds, reason: "outside", nearest: .motion(motion))),
        "refused 10 by rights, nearest -2": .refused(
            number: 10,
            Refusal(rule: .rights, reason: "elsewhere", nearest: .value(.integer(-2)))),
        "refused 11 by attachment": .refused(
            number: 11, Refusal(rule: .attachment, reason: "a circle")),
        "heard": .heard(speaker: entity, name: "Zoë", text: "hello"),
        "devicePose 010203": .devicePose([1, 2, 3]),
        "refused 12 by budget, later": .refused(
            number: 12,
            Refusal(rule: .budget, reason: "wait", nearest: .later(milliseconds: 250))),
        "refused 13 by held, part 2": .refused(
            number: 13, Refusal(rule: .held, reason: "carried", part: 2)),
        "offered": .offered(by: entity, gives: [entity], wants: []),
    ]

    private static let intents: [String: Intent] = [
        "create": .create(KindID(4), motion, name: nil),
        "create Box": .create(KindID(4), motion, name: "Box"),
        "delete": .delete(entity),
        "set field 5 to true": .set(entity, FieldID(5), .boolean(true)),
        "add -3 to field 7": .add(entity, FieldID(7), -3),
        "hang on itself by field 10": .set(entity, FieldID(10), .entity(entity)),
        "take off by field 10": .set(entity, FieldID(10), .entity(.none)),
        "insert a into field 8": .insert(entity, FieldID(8), .text("a")),
        "remove a from field 8": .remove(entity, FieldID(8), .text("a")),
        "put k = v into field 9": .put(entity, FieldID(9), key: "k", .text("v")),
        "remove k from field 9": .removeKey(entity, FieldID(9), key: "k"),
        "place": .place(entity, motion),
        "say": .say("good day"),
        "all: pick up, add -3 to field 7": .all([.pickUp(entity), .add(entity, FieldID(7), -3)]),
        "pick up": .pickUp(entity),
        "put down": .putDown(entity, motion),
        "give": .give(entity, to: EntityID(raw: 5)),
        "trade": .trade(with: EntityID(raw: 5), mine: [entity], theirs: [EntityID(raw: 6)]),
        "share with 300": .share(entity, 300),
        "unshare with 300": .unshare(entity, 300),
        "hand over to 300": .handOver(entity, 300),
    ]

    private static let scalars: [String: Scalar] = [
        "false": .boolean(false), "true": .boolean(true), "-1": .integer(-1),
        "least integer": .integer(.min), "1.5": .real(1.5), "text": .text("né"),
        "entity": .entity(entity), "bytes 00ff": .bytes([0, 0xff]),
    ]
}
