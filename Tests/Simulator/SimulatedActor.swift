// One client of a simulation: it walks, builds, edits and talks by its own seed, and remembers what
// it was promised.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnTransport
import CairnWire
import CairnWorld

public final class SimulatedActor {
    public let index: Int
    public var client: WorldClient
    let address: NetworkAddress
    var random: SeededRandom
    private var wish = Velocity.zero
    private var wishUntil = Instant.zero
    private var editAt = Instant.zero
    private var isCalm = false
    /// Things that this actor created, and those that it was told are on the server's disk.
    private var creations: [UInt32: EntityID] = [:]
    private(set) var durableCreations: [EntityID] = []
    private var deletions: Set<EntityID> = []
    public var durableCount: Int { durableCreations.count }
    public private(set) var accepted = 0
    public private(set) var refused = 0
    public private(set) var heard = 0
    /// Of the sessions before a crash of the server.
    public private(set) var pastDivergences: UInt64 = 0
    public private(set) var pastErrors: UInt64 = 0

    init(index: Int, token: ConnectToken, entropySeed: [UInt8], seed: UInt64, now: Instant) {
        self.index = index
        address = NetworkAddress(ipv4: 0x0a00_0100 + UInt32(index), port: 40_000)
        random = SeededRandom(seed: seed)
        client = WorldClient(Self.configuration(token), entropySeed: entropySeed, now: now)
    }

    /// Joins a server that has started again.
    func rejoin(token: ConnectToken, entropySeed: [UInt8], now: Instant) {
        pastDivergences += client.statistics.divergences
        pastErrors += client.statistics.decodeErrors
        creations.removeAll()
        client = WorldClient(Self.configuration(token), entropySeed: entropySeed, now: now)
    }

    /// Stands still and leaves everything as it is from now on.
    func calm() { isCalm = true }

    func receive(_ bytes: inout [UInt8], from address: NetworkAddress, now: Instant) {
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        client.handle(&raw, from: address, now: now)
    }

    /// What the actor does in this moment.
    func act(now: Instant) {
        takeEvents()
        guard client.isPresent else { return }
        if isCalm { return client.steer(velocity: .zero, orientation: .identity) }
        if now >= wishUntil {
            wish = Velocity(
                metresPerSecondX: random.unit() * 4 - 2, random.unit() * 4 - 2, 0)
            wishUntil = now + .milliseconds(500 + Int64(random.below(2_000)))
        }
        client.steer(velocity: wish, orientation: .identity, animation: 1)
        if now >= editAt {
            editAt = now + .milliseconds(100 + Int64(random.below(900)))
            client.submit(chooseIntent())
        }
    }

    /// Everything that has happened to the actor since the start, or since `events` was emptied.
    public var events: [ClientEvent] = []

    func takeEvents() {
        while let event = client.pollEvent() {
            events.append(event)
            switch event {
            case .accepted(let number, let created):
                accepted += 1
                if created != .none { creations[number] = created }
            case .durable(let through):
                for number in creations.keys.sorted() where number <= through {
                    if let id = creations.removeValue(forKey: number) {
                        durableCreations.append(id)
                    }
                }
            case .refused: refused += 1
            case .heard: heard += 1
            default: continue
            }
        }
    }

    private func chooseIntent() -> Intent {
        let things = client.entityIDs.filter { client.kind(of: $0)?.role == .object }
        let thing = things.isEmpty ? nil : things[Int(random.below(UInt32(things.count)))]
        let place = client.newestMotion(of: client.entity)?.position ?? .origin
        guard let thing, random.chance(Ratio(3, in: 4)) else {
            return random.chance(Ratio(1, in: 2))
                ? .create(SimulatedKind.thing, Motion(position: place), name: "thing")
                : .say("hello from \(index)")
        }
        if random.chance(Ratio(1, in: 4)) { return chooseCarrying(thing, at: place) }
        let amount = Int64(random.below(5)) - 2
        switch random.below(7) {
        case 0: return .set(thing, SimulatedField.colour, .integer(Int64(random.below(12))))
        case 1: return .add(thing, SimulatedField.count, amount == 0 ? 1 : amount)
        case 2: return .insert(thing, SimulatedField.tags, .text("tag \(random.below(4))"))
        case 3: return .remove(thing, SimulatedField.tags, .text("tag \(random.below(4))"))
        case 4: return .put(thing, SimulatedField.notes, key: "k\(random.below(3))", .text("n"))
        case 5: return .removeKey(thing, SimulatedField.notes, key: "k\(random.below(3))")
        // Not among what the bounds or the rules allow: a refusal, which must also arrive.
        default: return .set(thing, SimulatedField.colour, .text("blue"))
        }
    }

    private static func configuration(_ token: ConnectToken) -> ClientConfiguration {
        ClientConfiguration(
            token: token, server: Simulation.serverAddress,
            entrance: Entrance(wantsDigests: true))
    }
}
