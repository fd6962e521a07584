// A world for people who go away and come back: one server at a time on a disk that outlives it,
// people whose network can be cut in either direction, and a clock that can jump over an hour in which
// nobody does anything. Small enough that a test says what happens when.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
@_spi(Committing) import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import Testing

/// What was committed survives a crash.
final class HomelandDisk: JournalStore {
    private var records: [JournalRecord] = []
    private var checkpoint: Checkpoint?
    var boots: UInt32 = 0

    func commit(_ records: [JournalRecord]) throws(StoreError) -> Durability {
        self.records += records
        return Durability(committedThrough: self.records.last?.sequence ?? 0)
    }

    func replaceRecords(by checkpoint: Checkpoint) throws(StoreError) {
        self.checkpoint = checkpoint
        records.removeAll { $0.sequence <= checkpoint.through }
    }

    var world: RecoveredWorld {
        let stored = StoredWorld(checkpoint: checkpoint, records: records, file: "the disk")
        do {
            return try Recovery.replay(stored)
        } catch {
            preconditionFailure("the disk gave back a damaged world: \(error)")
        }
    }
}

/// Somebody with a client. A class, since clients are not copied.
final class Person {
    var client: WorldClient
    let address: NetworkAddress
    let identity: UInt64
    /// What the network lets through.
    var sends = true
    var receives = true
    /// The application is not running: nothing is sent, received or noticed.
    var sleeps = false
    var events: [ClientEvent] = []

    init(client: consuming WorldClient, address: NetworkAddress, identity: UInt64) {
        self.client = client
        self.address = address
        self.identity = identity
    }

    var refusals: [UInt32: Refusal] {
        var refusals: [UInt32: Refusal] = [:]
        for case .refused(let number, let refusal) in events { refusals[number] = refusal }
        return refusals
    }

    var homecomings: [Homecoming] {
        events.compactMap { if case .caughtUp(let homecoming) = $0 { homecoming } else { nil } }
    }
}

struct Homeland: ~Copyable {
    static let thing = KindID(2)
    static let colour = FieldID(2)
    static let count = FieldID(3)
    static let tags = FieldID(4)
    static let notes = FieldID(5)
    static let serverAddress = NetworkAddress(ipv4: 0x0a00_0001, port: 7_777)

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var server: WorldServer
    var people: [Person] = []
    var network: LinkConditioner
    /// How long a record takes to the disk.
    var diskTime = TimeSpan.milliseconds(10)
    let disk: HomelandDisk
    /// How long a silent end is waited for.
    let idleTimeout: TimeSpan
    /// What the server's ladder is told that a tick has needed.
    var neededPerTick = TimeSpan.zero
    /// What the log would say of the ladder, oldest first.
    private(set) var overloadSteps: [OverloadStep] = []

    private var random: SeededRandom
    private var entropy: SeededEntropy
    private let key: TokenKey
    private var orders: [(order: JournalOrder, due: Instant)] = []
    private var writer: JournalWriter<HomelandDisk>
    private var batch = DatagramBatch(capacity: 64)
    private var nextTickAt: Instant
    private var node: UInt8 = 1
    private let freshEntities: Int

    init(
        seed: UInt64 = 1, conditions: LinkConditions = LinkConditions(delay: .milliseconds(5)),
        idleTimeout: TimeSpan = .seconds(10), freshEntities: Int = 64
    ) {
        self.freshEntities = freshEntities
        self.idleTimeout = idleTimeout
        random = SeededRandom(seed: seed)
        network = LinkConditioner(seed: random.next(), conditions: conditions)
        entropy = SeededEntropy(seed: Self.seed(&random))
        key = TokenKey(entropy: &entropy)
        disk = HomelandDisk()
        writer = JournalWriter(store: disk)
        nextTickAt = now
        server = Self.server(
            disk, node: 1, key: key, seed: Self.seed(&random), idleTimeout: idleTimeout,
            freshEntities: freshEntities, now: now)
    }

    // MARK: People

    /// Lets somebody in who can come back, or with session 0 somebody who cannot.
    mutating func addPerson(session: UInt64? = nil, role: ClientRole = .player) {
        let identity = UInt64(people.count + 1)
        let client = WorldClient(
            ClientConfiguration(
                token: token(of: identity, role: role), server: Self.serverAddress,
                entrance: Entrance(wantsDigests: true),
                outbox: Outbox(session: session ?? random.next() | 1),
                endpoint: ClientEndpointConfiguration(idleTimeout: idleTimeout)),
            entropySeed: Self.seed(&random), now: now)
        people.append(
            Person(
                client: client,
                address: NetworkAddress(ipv4: 0x0a00_0100 + UInt32(identity), port: 4_000),
                identity: identity))
    }

    /// Tries to join beside the connection that there is.
    mutating func joinBeside(_ index: Int) {
        people[index].client.joinBeside(
            token: token(of: people[index].identity), entropySeed: Self.seed(&random), now: now)
    }

    /// Joins anew with the same client.
    mutating func reconnect(_ index: Int) {
        people[index].client.reconnect(
            token: token(of: people[index].identity), entropySeed: Self.seed(&random), now: now)
    }

    /// The process died; another has read the outbox that was saved.
    mutating func restart(_ index: Int, with saved: [UInt8]) throws {
        people[index].client = WorldClient(
            ClientConfiguration(
                token: token(of: people[index].identity), server: Self.serverAddress,
                entrance: Entrance(wantsDigests: true), outbox: try Outbox(decoding: saved),
                endpoint: ClientEndpointConfiguration(idleTimeout: idleTimeout)),
            entropySeed: Self.seed(&random), now: now)
    }

    private mutating func token(of identity: UInt64, role: ClientRole = .player) -> ConnectToken {
        ConnectToken.issue(
            for: ClientIdentity(
                identity: identity, role: role, capabilities: Capabilities.participant.rawValue,
                name: "person \(identity)"),
            serverID: 1, key: key, wallMilliseconds: wall, lifetimeMilliseconds: 600_000,
            entropy: &entropy)
    }

    // MARK: Time

    /// Lets time pass in steps of 5 ms, and looks after each.
    mutating func run(for span: TimeSpan, _ look: (borrowing Homeland) -> Void = { _ in }) {
        let end = now + span
        while now < end {
            step()
            look(self)
        }
    }

    /// Time in which nobody does anything goes by at once.
    mutating func jump(_ span: TimeSpan) {
        while network.poll(now: now + .seconds(3_600 * 100)) != nil {}
        now = now + span
        nextTickAt = now
    }

    private mutating func step() {
        now = now + .milliseconds(5)
        while let datagram = network.poll(now: now) { deliver(datagram) }
        for person in people where !person.sleeps {
            while person.client.pollTransmit(into: &batch, now: now) {
                if person.sends { network.send(batch, from: person.address, now: now) }
                batch.removeAll()
            }
            while let event = person.client.pollEvent() { person.events.append(event) }
        }
        while let first = orders.first, first.due <= now {
            orders.removeFirst()
            for report in writer.perform([first.order]) { server.handle(report) }
        }
        guard now >= nextTickAt else { return }
        tick()
        server.adapt(
            to: TickLoad(lateness: .zero, duration: neededPerTick, busy: neededPerTick), now: now)
        nextTickAt = nextTickAt + server.period
        while let event = server.pollEvent() {
            if case .overload(let step) = event { overloadSteps.append(step) }
        }
    }

    /// Lets the server have too much to do until it stands on a rung, and then just so much that it
    /// stays there.
    mutating func overload(to rung: OverloadRung) {
        let giveUpAt = now + .seconds(60)
        while server.overload.rung < rung, now < giveUpAt {
            neededPerTick = server.period * 2
            step()
        }
        keepRung()
    }

    /// A load between that at which something is given up and that at which it is taken back.
    mutating func keepRung() {
        neededPerTick = TimeSpan(nanoseconds: server.period.nanoseconds / 10 * 7)
        run(for: .seconds(1))
    }

    private mutating func tick() {
        server.beginTick(now: now)
        var more = true
        while more {
            more = server.pollTransmit(into: &batch, now: now)
            network.send(batch, from: Self.serverAddress, now: now)
            batch.removeAll()
        }
        for order in server.pollJournal() { orders.append((order, now + diskTime)) }
    }

    private mutating func deliver(_ datagram: LinkedDatagram) {
        var bytes = datagram.bytes
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        if datagram.destination == Self.serverAddress {
            server.handle(
                &raw, from: datagram.source, now: now, wallMilliseconds: wall, replies: &batch)
            network.send(batch, from: Self.serverAddress, now: now)
            batch.removeAll()
        } else if let person = people.first(where: { $0.address == datagram.destination }),
            person.receives, !person.sleeps
        {
            person.client.handle(&raw, from: datagram.source, now: now)
        }
    }

    // MARK: The server

    /// kill -9 and a new start, on the same node or another that has the same state.
    mutating func crash(node: UInt8? = nil) {
        orders.removeAll()
        if let node { self.node = node }
        server = Self.server(
            disk, node: self.node, key: key, seed: Self.seed(&random), idleTimeout: idleTimeout,
            freshEntities: freshEntities, now: now)
        writer = JournalWriter(store: disk)
        nextTickAt = now
    }

    private static func server(
        _ disk: HomelandDisk, node: UInt8, key: TokenKey, seed: [UInt8], idleTimeout: TimeSpan,
        freshEntities: Int, now: Instant
    ) -> WorldServer {
        disk.boots += 1
        return WorldServer(
            description,
            configuration: ServerConfiguration(
                endpoint: ServerEndpointConfiguration(
                    tokenKeys: [key], serverID: 1, maximumConnections: 16,
                    idleTimeout: idleTimeout),
                node: node, freshEntities: freshEntities),
            recovered: disk.world, boot: disk.boots, entropySeed: seed, now: now,
            wallMilliseconds: wall(now))
    }

    private static func seed(_ random: inout SeededRandom) -> [UInt8] {
        (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
    }

    private static func wall(_ now: Instant) -> UInt64 {
        1_700_000_000_000 + UInt64(now.nanoseconds / 1_000_000)
    }

    var wall: UInt64 { Self.wall(now) }

    // MARK: What is there

    /// The thing that the world file has placed.
    var kiosk: EntityID {
        server.lattice.sortedIDs.first { server.lattice[$0]?.latest(.name) == .text("kiosk") }
            ?? .none
    }

    /// What the server's state has in a field.
    func state(_ field: FieldID, of id: EntityID) -> FieldState? { server.lattice[id]?[field] }

    /// The things of a name.
    func things(named name: String) -> [EntityID] {
        server.lattice.sortedIDs.filter { server.lattice[$0]?.latest(.name) == .text(name) }
    }

    private static var description: WorldDescription {
        let metre = Position.unitsPerMetre
        let fields = [
            FieldDescription(
                id: colour, kind: thing, name: "colour", type: .integer, writers: .anyone,
                range: 0...9),
            FieldDescription(
                id: count, kind: thing, name: "count", type: .integer, policy: .counter,
                writers: .anyone),
            FieldDescription(
                id: tags, kind: thing, name: "tags", type: .text, policy: .set, writers: .anyone,
                maximumElements: 256),
            FieldDescription(
                id: notes, kind: thing, name: "notes", type: .text, policy: .map,
                writers: .anyone),
        ]
        return WorldDescription(
            name: "homeland", tickHertz: 20, cellMetres: 8,
            bounds: Bounds(
                lowest: Position(x: -40 * metre, y: -40 * metre, z: 0),
                highest: Position(x: 40 * metre, y: 40 * metre, z: 10 * metre)),
            spawns: [.origin], interestMetres: 24,
            kinds: [
                KindDescription(
                    id: KindID(1), name: "avatar", role: .avatar, maxSpeedMetresPerSecond: 6),
                KindDescription(
                    id: thing, name: "thing", role: .object, fieldIDs: fields.map(\.id)),
                KindDescription(
                    id: KindID(3), name: "character", role: .npc, maxSpeedMetresPerSecond: 2),
            ],
            fields: fields,
            objects: [ObjectDescription(name: "kiosk", kind: thing, position: .origin)])
    }
}
