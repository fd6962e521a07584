import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

private typealias World = SampleWorld

private func bytes(
    _ encode: (inout ByteWriter) throws(CodecError) -> Void
) throws(CodecError) -> [UInt8] {
    try encodeBytes(capacity: 8_192) { (writer) throws(CodecError) in try encode(&writer) }
}

private let intents: [Intent] = [
    .create(World.thing, Motion(position: World.metres(1, -2, 3)), name: "Wörld"),
    .create(KindID(.max), Motion(position: .origin), name: nil),
    .create(KindID(0), Motion(position: .origin), name: ""),
    .delete(EntityID(raw: .max)),
    .set(EntityID(raw: 1), World.ratio, .real(-1.5)),
    .add(EntityID(raw: 1 << 40), World.stock, .min),
    .insert(EntityID(raw: 2), World.tags, .text("tag")),
    .remove(EntityID(raw: 2), World.tags, .entity(EntityID(raw: 9))),
    .put(EntityID(raw: 2), World.notes, key: "key", .boolean(true)),
    .removeKey(EntityID(raw: 2), World.notes, key: ""),
    .place(EntityID(raw: 3), Motion(position: Position(x: .min, y: .max, z: 0), animation: 9)),
    .say("hello, 世界"),
    .all([]),
    .all([.pickUp(EntityID(raw: 7)), .add(EntityID(raw: 1), World.stock, -1), .say("")]),
    .pickUp(EntityID(raw: .max)),
    .putDown(EntityID(raw: 7), Motion(position: .origin)),
    .give(EntityID(raw: 7), to: EntityID(raw: 8)),
    .trade(with: EntityID(raw: 8), mine: [EntityID(raw: 7), .none], theirs: []),
    .share(EntityID(raw: 7), .max),
    .unshare(EntityID(raw: 7), 0),
    .handOver(EntityID(raw: 7), 72),
]

private let refusals: [Refusal] = [
    Refusal(rule: .reach, reason: "too far"),
    Refusal(rule: .range, reason: "", nearest: .value(.integer(-7))),
    Refusal(rule: .bounds, reason: "out", nearest: .motion(Motion(position: .origin))),
    Refusal(rule: .budget, reason: "later", nearest: .later(milliseconds: .max), part: 16),
]

@Suite struct BytesBecomeOnlyWhatTheyAreTests {
    @Test(arguments: intents)
    func anIntentComesBack(_ intent: Intent) throws {
        let encoded = try bytes { (writer) throws(CodecError) in try intent.encode(into: &writer) }
        #expect(encoded.count <= Intent.maximumEncodedBytes)
        var reader = ByteReader(encoded.rawBytes)
        #expect(try Intent(decoding: &reader) == intent)
        #expect(reader.remaining == 0)
        for length in 0..<encoded.count {
            let cut = Array(encoded.prefix(length))
            var reader = ByteReader(cut.rawBytes)
            #expect(throws: CodecError.self) { try Intent(decoding: &reader) }
        }
    }

    @Test func aWholeInAWholeIsNotRead() throws {
        let nested = Intent.all([.all([.say("x")])])
        let encoded = try bytes { (writer) throws(CodecError) in try nested.encode(into: &writer) }
        var reader = ByteReader(encoded.rawBytes)
        #expect(throws: CodecError.malformed) { try Intent(decoding: &reader) }
    }

    @Test(arguments: refusals)
    func aRefusalComesBack(_ refusal: Refusal) throws {
        let encoded = try bytes { (writer) throws(CodecError) in
            try refusal.encode(into: &writer)
        }
        var reader = ByteReader(encoded.rawBytes)
        #expect(try Refusal(decoding: &reader) == refusal)
        #expect(reader.remaining == 0)
    }

    @Test func steeringAndClaimsTakeTheBytesTheySay() throws {
        let steering = SteeringInput(
            sequence: 0xdead_beef, durationMilliseconds: 100,
            velocity: Velocity(x: .min, y: .max, z: -1), orientation: Orientation(yaw: 2),
            animation: 200)
        let claim = PoseClaim(
            sequence: 7,
            motion: Motion(position: Position(x: .min, y: .max, z: 3), velocity: steering.velocity))
        let encoded = try bytes { (writer) throws(CodecError) in
            try steering.encode(into: &writer)
            try claim.encode(into: &writer)
        }
        #expect(encoded.count == SteeringInput.encodedByteCount + PoseClaim.encodedByteCount)
        var reader = ByteReader(encoded.rawBytes)
        #expect(try SteeringInput(decoding: &reader) == steering)
        #expect(try PoseClaim(decoding: &reader) == claim)
    }

    @Test(arguments: [UInt8(0), 101, 255])
    func aDurationOutOfRangeIsRefused(duration: UInt8) throws {
        var encoded = [UInt8](repeating: 0, count: SteeringInput.encodedByteCount)
        encoded.replaceSubrange(11..<15, with: [0, 2, 8, 0xe0])  // The identity's bits.
        encoded[4] = 50
        var good = ByteReader(encoded.rawBytes)
        #expect(try SteeringInput(decoding: &good).orientation == .identity)
        encoded[4] = duration
        var bad = ByteReader(encoded.rawBytes)
        #expect(throws: CodecError.malformed) { try SteeringInput(decoding: &bad) }
    }

    @Test(arguments: 0..<10)
    func everyRotationPassesAndWhatIsNoneDoesNot(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func component() -> Double {
            // Often exactly zero or one: the corners are where rounding goes wrong.
            [0, 1, -1, random.unit() * 2 - 1, random.unit() * 2 - 1][Int(random.below(5))]
        }
        for _ in 0..<400 {
            guard
                let orientation = Orientation(
                    x: component(), y: component(), z: component(), w: component())
            else { continue }
            let motion = Motion(position: .origin, orientation: orientation)
            #expect(Motion(restingBytes: motion.restingBytes) == motion)
        }
        var forged = Motion(position: .origin).restingBytes
        forged.replaceSubrange(18..<22, with: [0xff, 0xff, 0xff, 0xff])
        #expect(Motion(restingBytes: forged) == nil)
    }

    @Test func aRestingMotionForgetsItsVelocity() {
        let motion = Motion(
            position: World.metres(4, 5, 6), velocity: Velocity(x: 1, y: 2, z: 3), animation: 4)
        var resting = motion
        resting.velocity = .zero
        #expect(motion.restingBytes.count == WorldLimits.restingMotionBytes)
        #expect(Motion(restingBytes: motion.restingBytes) == resting)
        #expect(Motion(restingBytes: []) == nil)
        #expect(Motion(restingBytes: motion.restingBytes + [0]) == nil)
    }
}

@Suite struct DescriptionsArriveWholeOrNotAtAllTests {
    @Test func aDescriptionComesBack() throws {
        #expect(World.description.faults() == [])
        let encoded = World.description.encoded()
        var reader = ByteReader(encoded.rawBytes)
        let decoded = try WorldDescription(decoding: &reader)
        #expect(decoded == World.description)
        #expect(decoded.encoded() == encoded)
        #expect(decoded.schemaHash == World.description.schemaHash)
    }

    @Test func everyTruncationIsRefused() {
        let encoded = World.description.encoded()
        for length in 0..<encoded.count {
            let cut = Array(encoded.prefix(length))
            var reader = ByteReader(cut.rawBytes)
            #expect(throws: CodecError.self) { try WorldDescription(decoding: &reader) }
        }
    }

    @Test(arguments: 0..<10)
    func whateverDecodesIsValidAndCanonical(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let encoded = World.description.encoded()
        var survivors = 0
        for _ in 0..<200 {
            var damaged = encoded
            for _ in 0...random.below(2) {
                let index = Int(random.below(UInt32(damaged.count)))
                damaged[index] ^= UInt8(1) << UInt8(random.below(8))
            }
            var reader = ByteReader(damaged.rawBytes)
            guard let world = try? WorldDescription(decoding: &reader) else { continue }
            survivors += 1
            #expect(world.faults() == [])
            #expect(world.encoded() == Array(damaged.prefix(reader.position)))
        }
        #expect(survivors > 8, "damage to a letter of a name is no damage to the form")
    }

    @Test(arguments: 0..<10)
    func noiseIsNeverATrap(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<1_000 {
            let noise = (0..<random.below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            var first = ByteReader(noise.rawBytes)
            if let intent = try? Intent(decoding: &first) {
                let again = try? bytes { (writer) throws(CodecError) in
                    try intent.encode(into: &writer)
                }
                #expect(again == Array(noise.prefix(first.position)))
                _ = World.door.judge(intent, by: World.actor(), subject: World.facts())
            }
            var second = ByteReader(noise.rawBytes)
            _ = try? Refusal(decoding: &second)
            var third = ByteReader(([1] + noise).rawBytes)
            #expect((try? WorldDescription(decoding: &third)) == nil)
        }
    }

    @Test func theHashFollowsTheRulesAndNotTheFurniture() {
        let hash = World.description.schemaHash
        var furnished = World.description
        furnished.name = "Other"
        furnished.spawns.append(World.metres(1, 1))
        furnished.objects.removeAll()
        furnished.personas[0].greeting = "Good day."
        #expect(furnished.schemaHash == hash)
        var changes: [WorldDescription] = Array(repeating: World.description, count: 7)
        changes[0].tickHertz = 30
        changes[1].cellMetres = 32
        changes[2].bounds.highest.z += 1
        changes[3].kinds[0].maxSpeedMetresPerSecond = 5.5
        changes[4].fields[5].range = 0...21
        changes[5].fields[0].writers = .anyone
        changes[6].kinds[2].name = "citizen"
        for change in changes { #expect(change.schemaHash != hash) }
        #expect(Set(changes.map(\.schemaHash)).count == changes.count)
    }

    @Test func whatIsLookedUpIsFound() {
        let world = World.description
        for kind in world.kinds {
            #expect(world.kind(kind.id) == kind)
            #expect(world.kind(named: kind.name) == kind)
            #expect(world.field(named: "name", inKind: kind.id)?.id == .name)
            #expect(world.field(.placement, of: kind.id)?.type == .bytes)
        }
        for field in world.fields {
            #expect(world.field(field.id, of: field.kind) == field)
            #expect(world.field(named: field.name, inKind: field.kind) == field)
            #expect(world.field(field.id, of: World.avatar) == nil)
        }
        #expect(world.kind(KindID(0)) == nil)
        #expect(world.kind(KindID(99)) == nil)
        #expect(world.field(FieldID(99), of: World.thing) == nil)
        #expect(world.firstKind(of: .npc)?.id == World.resident)
    }
}
