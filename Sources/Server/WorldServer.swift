// The world server as one pure state machine: datagrams, time, the agents' wishes and the journal's
// word in; datagrams, journal records and views of the world out. It has no clock, socket, thread
// or file, so a socket and a seeded simulation run the same code.
//
// The shell's contract, in this order and never otherwise:
//   handle(datagram) any number of times; then once a tick `beginTick`, then `pollTransmit` until
//   it returns false, then `pollJournal` and `pollAgentsView`. What arrives between ticks changes
//   the world at once and leaves with the next tick.
//
// Costs: a datagram O(its bytes); a tick O(clients × pages they see) to choose and copy blocks, and
// O(changed pages) to encode them, each once however many clients get it.

import CairnAgents
import CairnAnchors
public import CairnBasics
public import CairnCRDT
public import CairnGeometry
import CairnReplication
public import CairnStore
import CairnTransport
import CairnWire
public import CairnWorld

/// One node's authority over one world.
public struct WorldServer: ~Copyable {
    public let description: WorldDescription
    let configuration: ServerConfiguration
    let door: Door
    let anchors: AnchorMap
    /// The welcome's description, encoded once.
    let encodedDescription: [UInt8]

    var endpoint: ServerEndpoint
    var world: WorldState
    var author: Author
    var blocks: BlockStore
    var journal: Journal
    /// The deltas of the tick being built: one record of the journal at its end.
    var gathered = Lattice()
    /// By the connection's index.
    var sessions: [Session?] = []
    /// What each client sees and was sent, in the same places: apart from the sessions, so that
    /// reading a session never shares, and then copies, these large tables.
    var subscriptions: [Subscription] = []
    /// Ascending by entity.
    var characters: [Character] = []
    /// What was said since the agents' last view; capped, the oldest are forgotten.
    var heard: [HeardSpeech] = []
    var agentsViewDue: Instant
    var agentsView: AgentsView?
    var events: [ServerEvent] = []
    /// How many of them have been polled.
    var takenEvents = 0
    /// Exchanges that somebody waits for; a few of each body, see `TradeOffer`.
    var offers: [TradeOffer] = []
    /// The last reading of the wall clock, for what happens between datagrams.
    var newestWallMilliseconds: UInt64
    /// Where the next client stands in the world.
    var nextSpawn = 0

    /// The connection that `pollTransmit` serves next; nil between ticks.
    var transmitCursor: Int?
    var tickStartedAt: Instant
    /// Where tick frames are encoded, one after the other.
    var tickFrameBytes = [UInt8](repeating: 0, count: TickFrame.maximumByteCount)

    public internal(set) var counters = ServerCounters()
    /// Clients that are in the world, spectators among them.
    public internal(set) var clientCount = 0

    /// A server for a world, with the state that recovery has found.
    ///
    /// - Parameter recovered: what the store keeps of the world; empty for a new one.
    /// - Parameter boot: counted up by the store before every start, so that no id is made twice.
    /// - Parameter entropySeed: 32 bytes that nobody can guess.
    /// - Precondition: the description has no faults.
    public init(
        _ description: WorldDescription, configuration: ServerConfiguration,
        recovered: RecoveredWorld, boot: UInt32, entropySeed: [UInt8], now: Instant,
        wallMilliseconds: UInt64
    ) {
        self.description = description
        self.configuration = configuration
        door = Door(description)
        anchors = AnchorMap(
            description.anchors.map {
                Anchor(
                    name: $0.name, position: $0.position, orientation: $0.orientation,
                    sigmaMetres: $0.sigmaMetres)
            })
        encodedDescription = description.encoded()
        endpoint = ServerEndpoint(
            configuration: configuration.endpoint, entropySeed: entropySeed, now: now)
        let bodies = description.kinds.filter { $0.role == .avatar || $0.role == .device }
        world = WorldState(
            cellMetres: description.cellMetres, bodyKinds: Set(bodies.map(\.id)))
        newestWallMilliseconds = wallMilliseconds
        let replica = ReplicaID(node: configuration.node, boot: boot)
        let clock = HybridClock(replica: replica, notBefore: recovered.lattice.newestTime)
        author = Author(replica: replica, clock: clock)
        blocks = BlockStore(tickHertz: description.tickHertz)
        journal = Journal(after: recovered)
        agentsViewDue = now
        tickStartedAt = now
        world.apply(recovered.lattice)
        sweepLeftBodies()
        releaseCarried()
        placeObjects(wallMilliseconds: wallMilliseconds)
    }

    /// The tick being built.
    public var tick: Tick { world.tick }
    /// The length of a tick.
    public var period: TimeSpan { .seconds(1) / Int64(description.tickHertz) }
    public var characterCount: Int { characters.count }
    public var entityCount: Int { world.table.count }
    /// Where an entity is; nil when it is not in the world.
    public func motion(of id: EntityID) -> Motion? { world.motion(of: id) }
    /// The shared state, for checkpoints and checks.
    public var lattice: Lattice { world.lattice }
    /// Records that the disk has not confirmed yet, and whether they are too many to go on.
    public var uncommittedRecords: Int { journal.uncommittedRecords }
    public var isJournalOverwhelmed: Bool { journal.isOverwhelmed }
    /// Why the journal can write no more; a server whose journal failed must stop.
    public var journalFailure: StoreError? { journal.failure }

    /// The next thing an operator's log should say.
    public mutating func pollEvent() -> ServerEvent? {
        guard takenEvents < events.count else {
            events.removeAll(keepingCapacity: true)
            takenEvents = 0
            return nil
        }
        takenEvents += 1
        return events[takenEvents - 1]
    }
}

/// What an operator wants to read about.
public enum ServerEvent: Hashable, Sendable {
    case joined(name: String, identity: UInt64, clients: Int)
    case left(name: String, identity: UInt64, reason: String, clients: Int)
    case misbehaved(name: String, identity: UInt64, what: String)
    /// A new plan for the characters, and the share of the optimum that it is sure to reach.
    case planned(characters: Int, guaranteedRatio: Double)

    /// Events that wait for the log at most; more are dropped, since a log must not cost memory.
    static let limit = 1_024
}

extension WorldServer {
    mutating func note(_ event: ServerEvent) {
        guard events.count < ServerEvent.limit else { return }
        events.append(event)
    }

    /// Joins a delta into the world and owes it to the journal: the only way to change shared state.
    mutating func commit(_ delta: Lattice) {
        world.apply(delta)
        gathered.join(delta)
    }

    /// Bodies of the last run whose clients are gone: nobody steers them any more.
    private mutating func sweepLeftBodies() {
        for id in world.lattice.sortedIDs {
            guard let life = world.lattice[id]?.life else { continue }
            if description.kind(life.kind)?.role != .object {
                commit(author.delete(id, in: world.lattice))
            }
        }
    }

    /// The things of the world file that do not stand yet. An object is known again by its owner,
    /// a digest of what the file says it is, so a restart does not place it twice.
    private mutating func placeObjects(wallMilliseconds: UInt64) {
        var standing = Set<UInt64>()
        for id in world.lattice.sortedIDs {
            if let life = world.lattice[id]?.life { standing.insert(life.owner) }
        }
        for object in description.objects {
            let owner = object.standingOwner
            guard !standing.contains(owner) else { continue }
            let motion = Motion(position: object.position, orientation: object.orientation)
            let id = create(
                object.kind, owner: owner, motion: motion, name: object.name,
                wallMilliseconds: wallMilliseconds)
            for value in object.values {
                write(value, to: id, of: object.kind, wallMilliseconds: wallMilliseconds)
            }
        }
    }

    /// Gives a field one of its first values, by the field's policy.
    private mutating func write(
        _ value: FieldValue, to id: EntityID, of kind: KindID, wallMilliseconds: UInt64
    ) {
        guard let field = description.field(value.field, of: kind) else { return }
        switch (field.policy, value.value) {
        case (.latest, let scalar):
            commit(author.set(id, field.id, scalar, wallMilliseconds: wallMilliseconds))
        case (.counter, .integer(let amount)):
            commit(author.add(id, field.id, amount, in: world.lattice))
        case (.set, let element):
            commit(author.insert(id, field.id, element, in: world.lattice))
        case (.map, let scalar):
            commit(
                author.put(
                    id, field.id, key: value.key ?? "", scalar, in: world.lattice,
                    wallMilliseconds: wallMilliseconds))
        case (.counter, _): return  // A valid description has whole numbers here only.
        }
    }

    /// Creates an entity with its place and, where there is one, its name.
    mutating func create(
        _ kind: KindID, owner: UInt64, motion: Motion, name: String?, wallMilliseconds: UInt64
    ) -> EntityID {
        let (id, delta) = author.created(
            kind, owner: owner, motion: motion, name: name, wallMilliseconds: wallMilliseconds)
        commit(delta)
        return id
    }
}

extension ObjectDescription {
    /// The owner that marks a standing object: the top bit, which no client's identity has, and a
    /// digest of what and where it is.
    var standingOwner: UInt64 {
        var digest = StateDigest(seed: UInt64(kind.raw))
        for byte in (name ?? "").utf8 { digest.combine(UInt64(byte)) }
        digest.combine(UInt64(bitPattern: Int64(position.x)))
        digest.combine(UInt64(bitPattern: Int64(position.y)))
        digest.combine(UInt64(bitPattern: Int64(position.z)))
        return 1 << 63 | digest.value >> 1
    }
}
