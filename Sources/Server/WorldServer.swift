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
import CairnPeers
import CairnReplication
public import CairnStore
public import CairnTransport
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
    /// Where everybody was in the last ticks; nil on a server that believes nobody about the past.
    var history: MotionHistory?
    var journal: Journal
    /// The deltas of the tick being built: one record of the journal at its end.
    var gathered = Lattice()
    /// By the connection's index.
    var sessions: RowTable<Session>
    /// What each client sees and was sent, in the same places.
    var subscriptions: RowTable<Subscription>
    /// The client's that is being told.
    var plan = TickPlan()
    let interestRules: InterestRules
    /// Ascending by entity.
    var characters: [Character] = []
    /// What was said since the agents' last view; capped, the oldest are forgotten.
    var heard: [HeardSpeech] = []
    var agentsViewDue: Instant
    var agentsView: AgentsView?
    var events = RingQueue<ServerEvent>()
    /// Exchanges that somebody waits for; a few of each body, see `TradeOffer`.
    var offers: [TradeOffer] = []
    /// The last reading of the wall clock, for what happens between datagrams.
    var newestWallMilliseconds: UInt64
    /// Rights that were wanted here and are not here, for other nodes to be asked; capped.
    var rightsWishes: [RightsAsk] = []
    /// The other nodes; nil for one that is alone.
    var peers: PeerGroup?
    var peerBodies: PeerBodies
    /// When to look for ledgers that have had their time, in milliseconds of Unix time.
    var nextLedgerSweep: UInt64 = 0
    /// Where the next client stands in the world.
    var nextSpawn = 0

    /// The connection that `pollTransmit` serves next; nil between ticks.
    var transmitCursor: Int?
    var tickStartedAt: Instant
    /// What is given up for the load's sake at present, and the world's own time.
    public internal(set) var overload: OverloadLadder
    var worldClock: WorldClock
    /// Where tick frames are encoded, one after the other.
    var tickFrameBytes = [UInt8](repeating: 0, count: TickFrame.maximumByteCount)

    public internal(set) var counters = ServerCounters()
    /// Clients that are in the world, spectators among them.
    public internal(set) var clientCount = 0
    /// What the transport did with datagrams that moved nothing, and with joins.
    public var transportCounters: ServerEndpointCounters { endpoint.counters }
    /// True while strangers send so much that each gets less attention.
    public var isUnderLoad: Bool { endpoint.isUnderLoad }

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
        var transport = configuration.endpoint
        transport.epoch = UInt64(boot)
        sessions = RowTable(capacity: transport.maximumConnections)
        subscriptions = RowTable(capacity: transport.maximumConnections)
        endpoint = ServerEndpoint(
            configuration: transport, entropySeed: entropySeed, now: now)
        let bodies = description.kinds.filter { $0.role == .avatar || $0.role == .device }
        world = WorldState(
            cellMetres: description.cellMetres, bodyKinds: Set(bodies.map(\.id)))
        newestWallMilliseconds = wallMilliseconds
        let replica = ReplicaID(node: configuration.node, boot: boot)
        let clock = HybridClock(
            replica: replica, notBefore: max(.earliest, recovered.lattice.newestTime))
        author = Author(replica: replica, clock: clock)
        let speeds = bodies.map { Int($0.maxSpeedUnits) }
        interestRules = InterestRules(
            tickHertz: description.tickHertz, freshEntities: configuration.freshEntities,
            maxSpeedUnits: speeds.max() ?? InterestRules.usualSpeed)
        blocks = BlockStore(tickHertz: description.tickHertz)
        if configuration.rewindLimit > .zero {
            history = MotionHistory(description, limit: configuration.rewindLimit)
        }
        journal = Journal(after: recovered, policy: configuration.retention)
        agentsViewDue = now
        tickStartedAt = now
        overload = OverloadLadder(limitPercent: configuration.overloadPercent)
        worldClock = WorldClock(now: now)
        peerBodies = PeerBodies(now: now)
        world.apply(recovered.lattice)
        joinPeers(now: now)
        sweepLeftBodies()
        releaseCarried()
        if isFounder { placeObjects(wallMilliseconds: wallMilliseconds) }
    }

    /// The tick being built.
    public var tick: Tick { world.tick }
    /// The length of a tick in the world's time.
    var worldPeriod: TimeSpan { .seconds(1) / Int64(description.tickHertz) }
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
    public mutating func pollEvent() -> ServerEvent? { events.popFirst() }
}

/// What an operator wants to read about.
public enum ServerEvent: Hashable, Sendable {
    case joined(name: String, identity: UInt64, clients: Int)
    case left(name: String, identity: UInt64, reason: String, clients: Int)
    case misbehaved(name: String, identity: UInt64, what: String)
    /// A new plan for the characters, and the share of the optimum that it is sure to reach.
    case planned(characters: Int, guaranteedRatio: Double)
    /// Something is given up for the load's sake, or taken back.
    case overload(OverloadStep)

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
        follow(world.apply(delta))
        gathered.join(delta)
        peers?.gather(delta)
    }

    /// Bodies of this node's earlier runs, whose clients are gone: nobody steers them any more. Those
    /// of other nodes are theirs, but who is alone has the whole world to tidy.
    private mutating func sweepLeftBodies() {
        for id in world.lattice.sortedIDs {
            guard let life = world.lattice[id]?.life, life.kind != .ledger,
                peers == nil || id.replica.node == configuration.node
            else { continue }
            if description.kind(life.kind)?.role != .object {
                commit(author.delete(id, in: world.lattice))
            }
        }
    }

    /// The things of the world file that do not stand yet. An object is known again by its owner,
    /// a digest of what the file says it is, so a restart does not place it twice.
    private mutating func placeObjects(wallMilliseconds: UInt64) {
        var standing: [UInt64: EntityID] = [:]
        for id in world.lattice.sortedIDs {
            if let life = world.lattice[id]?.life { standing[life.owner] = id }
        }
        var placed: [(ObjectDescription, EntityID)] = []
        for object in description.objects {
            let owner = object.standingOwner
            guard standing[owner] == nil else { continue }
            let motion = Motion(position: object.position, orientation: object.orientation)
            let id = create(
                object.kind, owner: owner, motion: motion, name: object.name,
                wallMilliseconds: wallMilliseconds)
            standing[owner] = id
            placed.append((object, id))
        }
        // After all of them stand, since what hangs on another may come before it in the file.
        for (object, id) in placed {
            for value in object.values {
                write(
                    value, to: id, of: object.kind, standing, wallMilliseconds: wallMilliseconds)
            }
        }
    }

    /// Gives a field one of its first values, by the field's policy.
    /// - Parameter standing: the file's things by their owners' marks.
    private mutating func write(
        _ value: FieldValue, to id: EntityID, of kind: KindID, _ standing: [UInt64: EntityID],
        wallMilliseconds: UInt64
    ) {
        guard let field = description.field(value.field, of: kind) else { return }
        let intent: Intent
        switch (field.policy, value.value) {
        case (.latest, _), (.maximum, _), (.minimum, _), (.multiValue, _):
            intent = .set(id, field.id, value.value)
        case (.counter, .integer(let amount)): intent = .add(id, field.id, amount)
        case (.bounded, .integer(let number)):
            // Safe: both are within 2^62 of zero in a valid description.
            intent = .add(id, field.id, number &- field.value(atHeight: 0))
        case (.attachment, .text(let name)):
            let parent = description.objects.first { $0.name == name }
            guard let parent = parent.flatMap({ standing[$0.standingOwner] }) else { return }
            intent = .set(id, field.id, .entity(parent))
        case (.set, let element): intent = .insert(id, field.id, element)
        case (.map, let scalar): intent = .put(id, field.id, key: value.key ?? "", scalar)
        // A valid description has whole numbers and names here only.
        case (.counter, _), (.bounded, _), (.attachment, _): return
        }
        edit(intent, wallMilliseconds: wallMilliseconds)
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
