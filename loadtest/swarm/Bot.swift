// One bot: a whole client, and a simple mind that walks between places, says a word now and then,
// and edits what stands near. A phone walks too, but reports where it is instead of steering, and
// finds out where that is from the anchors it sees.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnRuntime
import CairnWire
import CairnWorld

/// One member of the crowd that sees the world.
final class Bot: Member {
    /// A shared edit or a word, about every this many seconds.
    private static let editPeriodSeconds = 8.0
    private static let words = [
        "Hello!", "Nice weather.", "Have you seen the fountain?", "Back in a minute.", "This way!",
    ]

    private let commons: Commons
    private var client: WorldClient
    /// Whether it talks and edits.
    private let acts: Bool
    private var random: SeededRandom
    private var walk: Walk
    private(set) var phone: Phone?
    private var nextEditAt: Instant
    private(set) var edits = 0
    private(set) var durableEdits = 0
    private(set) var refusals = 0
    private(set) var heard = 0
    private var acceptedEdits: [UInt32] = []

    init(
        isPhone: Bool, acts: Bool, token: ConnectToken, path: Path, movement: Movement,
        commons: Commons, loop: Loop, now: Instant
    ) {
        self.commons = commons
        self.acts = acts
        random = SeededRandom(seed: mix64(path.seed))
        var seed = systemEntropy(byteCount: SeededEntropy.seedBytes)
        defer { wipe(&seed) }
        var configuration = ClientConfiguration(
            token: token, server: path.server, entrance: Entrance(wantsDigests: true))
        configuration.isWatched = false
        client = WorldClient(configuration, entropySeed: seed, now: now)
        walk = Walk(seed: random.next(), movement: movement)
        if isPhone { phone = Phone(seed: random.next()) }
        nextEditAt =
            now + .milliseconds(Int64(random.below(UInt32(Self.editPeriodSeconds * 1_000))))
        super.init(path, loop: loop)
    }

    var hasJoined: Bool { client.isPresent }
    var hasEnded: Bool { client.ended != nil }
    var endReason: CloseReason? { client.ended }
    var statistics: ClientStatistics { client.statistics }

    func leave(batch: inout DatagramBatch, now: Instant) {
        client.leave(into: &batch, now: now)
        transmit(&batch, now: now)
        closeSocket()
    }

    override func take(_ datagram: inout MutableRawSpan, now: Instant) {
        client.handle(&datagram, from: path.server, now: now)
    }

    override func step(now: Instant, batch: inout DatagramBatch) {
        takeEvents(now: now)
        guard beginStep(now: now) else { return }
        if client.isPresent {
            if phone != nil { movePhone(now: now) } else { steer(now: now) }
            if acts, now >= nextEditAt { act(now: now) }
        }
        while client.pollTransmit(into: &batch, now: now) { transmit(&batch, now: now) }
    }

    private func takeEvents(now: Instant) {
        while let event = client.pollEvent() {
            switch event {
            case .entered:
                if let description = client.description { commons.note(description) }
            case .accepted(let number, _): acceptedEdits.append(number)
            case .durable(let through):
                durableEdits += acceptedEdits.count { $0 <= through }
                acceptedEdits.removeAll { $0 <= through }
            case .refused: refusals += 1
            case .heard: heard += 1
            case .devicePose(let bytes): phone?.take(bytes)
            default: continue
            }
        }
    }

    private func steer(now: Instant) {
        guard let own = client.motion(of: client.entity, now: now),
            let description = client.description
        else { return }
        let step = walk.step(from: own.position, in: description, now: now)
        client.steer(
            velocity: step.velocity, orientation: step.orientation,
            animation: step.velocity == .zero ? 0 : 1)
    }

    private func movePhone(now: Instant) {
        guard var phone, let description = client.description else { return }
        let own = client.newestMotion(of: client.entity)
        phone.move(walk: &walk, start: own?.position, in: description, now: now)
        if let claim = phone.claim() { client.claim(claim) }
        if let serverNow = client.serverInstant(at: now),
            let sightings = phone.pollSightings(of: description, now: now, serverNow: serverNow)
        {
            client.report(sightings: sightings)
        }
        compareCharacters(seenBy: &phone)
        self.phone = phone
    }

    /// Looks at every NPC in its own frame, as a phone that draws it would.
    private func compareCharacters(seenBy phone: inout Phone) {
        guard phone.isPlaced else { return }
        for id in client.entityIDs
        where client.kind(of: id)?.role == .npc {
            guard let motion = client.newestMotion(of: id) else { continue }
            phone.compare(characterAt: motion.position)
        }
    }

    /// Says something, or edits a field of something near that anyone may write.
    private func act(now: Instant) {
        let wait = Self.editPeriodSeconds * (0.5 + random.unit())
        nextEditAt = now + .milliseconds(Int64(wait * 1_000))
        guard random.chance(Ratio(1, in: 2)), let edit = chooseEdit() else {
            let word = Self.words[Int(random.below(UInt32(Self.words.count)))]
            client.submit(.say(word))
            return
        }
        edits += 1
        client.submit(edit)
    }

    private func chooseEdit() -> Intent? {
        guard let description = client.description else { return nil }
        if let intent = chooseCarrying(in: description) { return intent }
        let things = client.entityIDs.filter {
            client.kind(of: $0)?.role == .object
        }
        guard !things.isEmpty else { return nil }
        let id = things[Int(random.below(UInt32(things.count)))]
        guard let kind = client.kind(of: id) else { return nil }
        let fields = kind.fieldIDs.compactMap { description.field($0, of: kind.id) }
            .filter { $0.writers == .anyone }
        guard !fields.isEmpty else { return nil }
        return edit(of: fields[Int(random.below(UInt32(fields.count)))], id)
    }

    /// Puts down what the bot carries, or picks up what lies at its feet.
    private func chooseCarrying(in world: WorldDescription) -> Intent? {
        guard let own = client.newestMotion(of: client.entity) else { return nil }
        let reach = Int64(world.reachMetres) * Int64(Position.unitsPerMetre)
        for id in client.entityIDs {
            guard client.kind(of: id)?.isCarried == true else { continue }
            let carrier = client.carrier(of: id)
            if carrier == client.entity { return .putDown(id, Motion(position: own.position)) }
            guard carrier == nil, let place = client.newestMotion(of: id)?.position,
                place.squaredDistance(to: own.position) <= UInt64(reach * reach)
            else { continue }
            return .pickUp(id)
        }
        return nil
    }

    private func edit(of field: FieldDescription, _ id: EntityID) -> Intent? {
        let roll = random.below(3)
        let value = value(of: field)
        switch field.policy {
        case .latest, .multiValue: return .set(id, field.id, value)
        case .maximum, .minimum: return .set(id, field.id, .integer(offer(to: field)))
        case .attachment: return .set(id, field.id, .entity(roll == 0 ? .none : somebody))
        case .counter: return .add(id, field.id, roll == 0 ? -1 : 1)
        case .bounded: return .add(id, field.id, roll == 0 ? 2 : -1)
        case .set: return roll == 0 ? .remove(id, field.id, value) : .insert(id, field.id, value)
        case .map:
            let key = "note \(random.below(6))"
            return roll == 0
                ? .removeKey(id, field.id, key: key) : .put(id, field.id, key: key, value)
        }
    }

    /// A number anywhere in the range, so that records are broken ever more seldom.
    private func offer(to field: FieldDescription) -> Int64 {
        let range = field.range ?? 0...1_000
        // Safe: the span of a range of 64 bits fits 64 bits without a sign.
        let span = UInt64(bitPattern: range.upperBound &- range.lowerBound)
        return range.lowerBound &+ Int64(random.below(UInt32(clamping: min(span, 1 << 20))))
    }

    /// Something in view, perhaps what it is about itself: the door refuses what goes too far.
    private var somebody: EntityID {
        let near = client.entityIDs
        return near.isEmpty ? .none : near[Int(random.below(UInt32(near.count)))]
    }

    private func value(of field: FieldDescription) -> Scalar {
        switch field.type {
        case .boolean: .boolean(random.chance(Ratio(1, in: 2)))
        case .integer:
            .integer((field.range?.lowerBound ?? 0) + Int64(random.below(3)))
        case .real: .real(random.unit())
        case .text: .text(Self.words[Int(random.below(UInt32(Self.words.count)))])
        case .entity: .entity(client.entity)
        case .bytes: .bytes([])
        }
    }
}
