// A whole world, its clients and its network in one thread, from one seed: the real `WorldServer`, the
// real `WorldClient`s, the real agents and journal, joined by links that lose, repeat, delay and
// reorder. Time is a number, so a minute takes milliseconds, and the same seed takes the same path
// to the last byte.
//
// A run has two phases. While faults are on, nothing may trap and nobody may see another world than
// the server's (the digests that clients compare tell). Then the faults stop, and within two seconds
// every client must have caught up with everything near it (`isSettled`).

import CairnAgents
import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld

public struct Simulation: ~Copyable {
    public struct Options: Sendable {
        public var clients = 8
        public var faults: LinkConditions
        /// How long the links are bad, and how long they are good after that.
        public var faultyTime = TimeSpan.seconds(12)
        public var calmTime = TimeSpan.seconds(6)
        /// False for actors that join, steer nothing and wait for a test to tell them what to do.
        public var actorsAct = true
        /// How often to kill the server in the bad time and start it again from its disk.
        public var crashes = 0
        /// How many things one identity may have in the world.
        public var thingsPerIdentity = 1_024
        /// How many bytes they may take together, and what one client may cause.
        public var bytesPerIdentity = 1 << 20
        public var budgetPerSecond = 32_768
        public var budgetBurst = 131_072

        public init(faults: LinkConditions) { self.faults = faults }
    }

    public let seed: UInt64
    public let options: Options
    public private(set) var now = Instant(nanoseconds: 1_000_000_000)
    public private(set) var server: WorldServer
    public private(set) var actors: [SimulatedActor] = []
    /// Clients that mean harm; they come after all actors, or where a test has put them.
    public private(set) var intruders: [HostileActor] = []
    /// Every datagram that arrived, when and where, and every state at the end.
    public private(set) var trace = StateDigest()
    public private(set) var deliveredDatagrams = 0
    public private(set) var plans = 0

    private var random: SeededRandom
    private var network: LinkConditioner
    private var population: Population
    private let disk = SimulatedDisk()
    private var writer: JournalWriter<SimulatedDisk>
    private let tokenKey: TokenKey
    private var entropy: SeededEntropy
    private var batch = DatagramBatch(capacity: 64)
    private var nextTickAt: Instant
    private var agentOutputs: [(AgentOutput, due: Instant)] = []
    /// Orders that the disk has not carried out yet; a crash forgets them.
    private var journalOrders: [(JournalOrder, due: Instant)] = []

    static let step = TimeSpan.milliseconds(5)
    static let serverAddress = NetworkAddress(ipv4: 0x0a00_0001, port: 7_777)
    /// An arbitrary date, the same in every run.
    static let wallOrigin: UInt64 = 1_700_000_000_000

    /// A world with perfect links whose actors do only what a test has them do.
    public static func quiet(clients: Int, thingsPerIdentity: Int = 1_024) -> Simulation {
        var options = Options(faults: LinkConditions(delay: .milliseconds(5)))
        options.clients = clients
        options.thingsPerIdentity = thingsPerIdentity
        options.actorsAct = false
        return Simulation(seed: 1, options: options)
    }

    public init(seed: UInt64, options: Options) {
        self.seed = seed
        self.options = options
        random = SeededRandom(seed: seed)
        network = LinkConditioner(seed: random.next(), conditions: options.faults)
        entropy = SeededEntropy(seed: Self.entropySeed(&random))
        tokenKey = TokenKey(entropy: &entropy)
        let description = simulatedWorld()
        population = Population(personas: description.personas, seed: seed)
        writer = JournalWriter(store: disk)
        nextTickAt = now
        server = Self.makeServer(
            disk, options, tokenKey: tokenKey, entropySeed: Self.entropySeed(&random), now: now)
        for index in 0..<options.clients { addActor(index) }
    }

    /// Runs both phases.
    public mutating func run() {
        for _ in 0..<options.crashes {
            // Anywhere in this part of the bad time, so that no moment is safe.
            let part = options.faultyTime.nanoseconds / Int64(options.crashes + 1)
            let milliseconds = UInt32(clamping: part / 1_000_000)
            run(for: .milliseconds(Int64(milliseconds / 2 + random.below(milliseconds / 2))))
            crash()
        }
        run(for: options.faultyTime / Int64(options.crashes + 1))
        network.conditions = LinkConditions(delay: .milliseconds(20))
        for index in actors.indices { actors[index].calm() }
        run(for: options.calmTime)
        for index in actors.indices { trace.combine(actors[index].client.digest) }
        trace.combine(server.lattice.digest.value)
    }

    /// Everyone who means harm is gone, and the others come to rest.
    public mutating func calmDown() {
        for intruder in intruders { intruder.vanish() }
        // Who vanishes is missed after the idle timeout.
        run(for: .seconds(11))
        for index in actors.indices { actors[index].calm() }
        run(for: options.calmTime)
    }

    /// Lets time pass.
    public mutating func run(for span: TimeSpan) {
        let end = now + span
        while now < end { advance() }
    }

    /// One step of 5 ms: datagrams arrive, clients act, and the server ticks when it is due.
    private mutating func advance() {
        now = now + Self.step
        deliver()
        for index in actors.indices {
            if options.actorsAct {
                actors[index].act(now: now)
            } else {
                actors[index].takeEvents()
            }
            send(from: index)
        }
        for intruder in intruders { act(intruder) }
        takeAnswers()
        if now >= nextTickAt {
            nextTickAt = nextTickAt + server.period
            tick()
        }
    }

    /// Puts datagrams of an actor on the network, for tests that write them themselves.
    public mutating func deliver(_ batch: DatagramBatch, from index: Int) {
        network.send(batch, from: actors[index].address, now: now)
    }

    private mutating func deliver() {
        while let datagram = network.poll(now: now) {
            deliveredDatagrams += 1
            trace.combine(UInt64(bitPattern: datagram.due.nanoseconds))
            trace.combine(
                UInt64(datagram.destination.low) << 16 | UInt64(datagram.destination.port))
            trace.combine(datagram.bytes.rawBytes)
            if datagram.destination == Self.serverAddress {
                deliverToServer(datagram)
            } else if let index = actors.firstIndex(where: { $0.address == datagram.destination }) {
                var bytes = datagram.bytes
                actors[index].receive(&bytes, from: datagram.source, now: now)
            } else {
                var bytes = datagram.bytes
                intruders.first { $0.address == datagram.destination }?
                    .receive(&bytes, now: now)
            }
        }
    }

    private mutating func deliverToServer(_ datagram: LinkedDatagram) {
        var bytes = datagram.bytes
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        server.handle(
            &raw, from: datagram.source, now: now, wallMilliseconds: wall, replies: &batch)
        network.send(batch, from: Self.serverAddress, now: now)
        batch.removeAll()
    }

    private mutating func send(from index: Int) {
        while actors[index].client.pollTransmit(into: &batch, now: now) {
            network.send(batch, from: actors[index].address, now: now)
            batch.removeAll()
        }
    }

    private mutating func act(_ intruder: HostileActor) {
        if intruder.wantsToJoin {
            let identity = ClientIdentity(
                identity: intruder.identity, role: intruder.habit.role,
                capabilities: Capabilities.participant.rawValue, name: "\(intruder.habit)")
            let token = token(for: identity)
            let seed = Self.entropySeed(&random)
            intruder.join(token: token, entropySeed: seed, now: now)
        }
        intruder.transmit(into: &batch, now: now)
        network.send(batch, from: intruder.address, now: now)
        batch.removeAll()
    }

    private mutating func tick() {
        server.beginTick(now: now)
        var more = true
        while more {
            more = server.pollTransmit(into: &batch, now: now)
            network.send(batch, from: Self.serverAddress, now: now)
            batch.removeAll()
        }
        // The disk and the minds take their time, as their threads do.
        for order in server.pollJournal() {
            let isStalled = random.chance(Ratio(1, in: 10))
            let delay = TimeSpan.milliseconds(Int64(random.below(isStalled ? 900 : 40)))
            // In order, as the journal's thread takes them.
            let due = max(now + delay, journalOrders.last?.due ?? now)
            journalOrders.append((order, due))
        }
        if let view = server.pollAgentsView() {
            let output = population.step(view)
            if output.plan != nil { plans += 1 }
            agentOutputs.append((output, now + .milliseconds(Int64(random.below(80)))))
        }
        while server.pollEvent() != nil {}
    }

    private mutating func takeAnswers() {
        while let first = agentOutputs.first, first.due <= now {
            server.handle(first.0, now: now, wallMilliseconds: wall)
            agentOutputs.removeFirst()
        }
        while let first = journalOrders.first, first.due <= now {
            journalOrders.removeFirst()
            for report in writer.perform([first.0]) { server.handle(report) }
        }
    }

    /// Kills the server and starts it again from its disk, for tests that choose the moment.
    public mutating func killAndRestart() { crash() }

    /// kill -9: what was not committed is gone, and every client must join anew.
    private mutating func crash() {
        agentOutputs.removeAll()
        journalOrders.removeAll()
        server = Self.makeServer(
            disk, options, tokenKey: tokenKey, entropySeed: Self.entropySeed(&random), now: now)
        population = Population(personas: server.description.personas, seed: seed)
        writer = JournalWriter(store: disk)
        nextTickAt = now
        for index in actors.indices {
            let token = token(for: index)
            let seed = Self.entropySeed(&random)
            actors[index].rejoin(token: token, entropySeed: seed, now: now)
        }
    }

    /// Lets somebody in who means harm.
    public mutating func addIntruder(_ habit: HostileHabit) -> HostileActor {
        let intruder = HostileActor(habit, index: intruders.count, seed: random.next())
        intruders.append(intruder)
        return intruder
    }

    /// Lets another honest actor in.
    public mutating func addActor() { addActor(actors.count) }

    private mutating func addActor(_ index: Int) {
        let token = token(for: index)
        let seed = Self.entropySeed(&random)
        actors.append(
            SimulatedActor(
                index: index, token: token, entropySeed: seed, seed: random.next(), now: now))
    }

    private mutating func token(for index: Int) -> ConnectToken {
        token(
            for: ClientIdentity(
                identity: UInt64(index + 1), capabilities: Capabilities.participant.rawValue,
                name: "actor \(index)"))
    }

    private mutating func token(for identity: ClientIdentity) -> ConnectToken {
        ConnectToken.issue(
            for: identity,
            serverID: 1, key: tokenKey, wallMilliseconds: wall, lifetimeMilliseconds: 600_000,
            entropy: &entropy)
    }

    private var wall: UInt64 { Self.wallOrigin + UInt64(now.nanoseconds / 1_000_000) }

    private static func makeServer(
        _ disk: SimulatedDisk, _ options: Options, tokenKey: TokenKey, entropySeed: [UInt8],
        now: Instant
    ) -> WorldServer {
        let endpoint = ServerEndpointConfiguration(
            tokenKeys: [tokenKey], serverID: 1, maximumConnections: 64)
        do {
            return WorldServer(
                simulatedWorld(),
                configuration: ServerConfiguration(
                    endpoint: endpoint, thingsPerIdentity: options.thingsPerIdentity,
                    bytesPerIdentity: options.bytesPerIdentity,
                    budgetPerSecond: options.budgetPerSecond, budgetBurst: options.budgetBurst),
                recovered: try Recovery.replay(disk.load()), boot: disk.nextBoot(),
                entropySeed: entropySeed, now: now,
                wallMilliseconds: wallOrigin + UInt64(now.nanoseconds / 1_000_000))
        } catch {
            preconditionFailure("the simulated disk gave back a damaged world: \(error)")
        }
    }

    private static func entropySeed(_ random: inout SeededRandom) -> [UInt8] {
        (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
    }
}

// MARK: - Checks

extension Simulation {
    /// What is wrong at the end of a run, in words; empty when all is well.
    public var faults: [String] {
        var faults: [String] = []
        for actor in actors {
            let name = "actor \(actor.index)"
            let statistics = actor.client.statistics
            if !actor.client.isPresent {
                let reason = actor.client.ended.map { "\($0)" } ?? "still joining"
                faults.append(
                    "\(name) is not in the world (\(reason)) after \(statistics.packets) packets "
                        + "and \(statistics.ticks) ticks")
                continue
            }
            if actor.pastErrors + statistics.decodeErrors > 0 {
                faults.append("\(name) could not read something")
            }
            if actor.pastDivergences + statistics.divergences > 0 {
                faults.append("\(name) saw another world than the server's")
            }
            // Who came when everybody stood still already was told no page of the very tick.
            if statistics.digestsCompared == 0, statistics.ticks > 150 {
                faults.append(
                    "\(name) compared no digest in \(statistics.ticks) ticks, "
                        + "\(statistics.packets) packets, \(actor.client.entityCount) entities")
            }
            faults += differences(of: actor, name: name)
            faults += lostEdits(of: actor, name: name)
        }
        return faults
    }

    /// Everything that stands well inside a client's interest must be known to it as it is, and
    /// nothing else that does not exist.
    private func differences(of actor: SimulatedActor, name: String) -> [String] {
        var differences: [String] = []
        let here = server.motion(of: actor.client.entity)?.position ?? .origin
        let radius = UInt64(server.description.interestMetres) * 1_024
        let seen = Set(actor.client.entityIDs)
        for id in server.lattice.sortedIDs {
            guard let motion = server.motion(of: id) else { continue }
            guard motion.position.squaredDistance(to: here) < radius * radius else { continue }
            guard seen.contains(id) else {
                differences.append("\(name) does not see \(id)")
                continue
            }
            for field in server.lattice[id]?.fields ?? []
            where field.id != .placement && actor.client.field(field.id, of: id) != field.state {
                differences.append("\(name) knows another field \(field.id.raw) of \(id)")
            }
        }
        for id in seen where !server.lattice.contains(id) {
            differences.append("\(name) sees the ghost \(id)")
        }
        return differences
    }

    /// Edits that were said to be durable are in the lattice, crash or not.
    private func lostEdits(of actor: SimulatedActor, name: String) -> [String] {
        actor.durableCreations.compactMap { id in
            server.lattice.contains(id) ? nil : "\(name) lost its durable creation \(id)"
        }
    }
}
