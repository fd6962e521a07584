// A whole world, its nodes, clients and networks in one thread, from one seed: the real `WorldServer`,
// the real `WorldClient`s, the real agents and journal, joined by links that lose, repeat, delay and
// reorder. Time is a number that leaps to the next thing that is due, so a minute takes
// milliseconds, and the same seed takes the same path to the last byte.
//
// A run has two phases. While faults are on, nothing may trap, nobody may see another world than
// their node's (the digests that clients compare tell), and no node may show what history rules out
// (`HistoryChecker`). Then the faults stop and the clocks are right, and within `calmTime` every
// client must know everything near it as it is, and every node the same.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnServer
import CairnTransport
import CairnWire
import CairnWorld

public struct Simulation: ~Copyable {
    public let seed: UInt64
    public let options: Options
    public private(set) var now = Instant(nanoseconds: 1_000_000_000)
    public private(set) var nodes: [SimulatedNode] = []
    public private(set) var actors: [SimulatedActor] = []
    /// Clients that mean harm; they come after all actors, or where a test has put them.
    public private(set) var intruders: [HostileActor] = []

    var random: SeededRandom
    let network: SimulatedNetwork
    var bus: SimulatedBus
    let history = History()
    /// Every seal of every node and client, hostile ones too.
    public let ledger = SealLedger()
    /// Faults to come, the next one last.
    var schedule: [(at: Instant, fault: Fault)] = []
    var checkAt = Instant.distantFuture
    /// What the history checker has found during the run.
    var faultsSoFar: [String] = []
    /// Messages that waited for a node to wake up.
    private var held: [LinkedDatagram] = []
    private var intruderFrameAt: Instant
    private let tokenKey: TokenKey
    private var entropy: SeededEntropy
    /// Every actor's last ticket, where it was used and when last, and the seed of every node, when
    /// machines are restored from snapshots.
    private var tickets: [Int: UsedTicket] = [:]
    private struct UsedTicket {
        var ticket: SimulatedActor.Ticket
        var places: Set<UInt64>
        var at: Instant
    }
    private let repeatedSeed: [UInt8]?

    /// Datagrams that are due within one of these arrive together.
    static let grain: Int64 = 1_000_000
    /// Longer than an answer to a hello is under way once its client is in the world.
    private static let answersTime = TimeSpan.milliseconds(1_500)
    static let intruderFrame = TimeSpan.milliseconds(5)
    static let serverAddress = SimulatedNode.address(1)
    /// An arbitrary date, the same in every run.
    static let wallOrigin: UInt64 = 1_700_000_000_000
    /// Longer than any clock leaps, so that honest clients are let in whatever a node's clock says.
    static let tokenLifetime: UInt64 = 30 * 24 * 3_600_000

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
        network = SimulatedNetwork(
            seed: random.next(), conditions: options.faults, forgeries: options.forgeries)
        bus = SimulatedBus(seed: random.next(), conditions: options.bus)
        entropy = SeededEntropy(seed: Self.entropySeed(&random))
        tokenKey = TokenKey(entropy: &entropy)
        intruderFrameAt = now
        let setting = SimulatedNode.Setting(
            description: simulatedWorld(hasCharacters: options.hasCharacters),
            tokenKey: tokenKey, seed: seed, options: options, ledger: ledger)
        repeatedSeed = options.repeatsEntropy ? Self.entropySeed(&random) : nil
        for number in 1...UInt8(options.nodes) {
            let clock = options.clocks.clock(showing: wall, now: now, random: &random)
            nodes.append(
                SimulatedNode(
                    number, setting, clock: clock,
                    entropySeed: repeatedSeed ?? Self.entropySeed(&random), now: now))
        }
        for _ in 0..<options.clients { addActor() }
        for habit in options.intruders { _ = addIntruder(habit) }
    }

    /// The first node's server.
    public var server: WorldServer { _read { yield nodes[0].server } }
    /// Every datagram that arrived, when and where, and every state at the end.
    public var trace: StateDigest { network.trace }
    public var deliveredDatagrams: Int { network.deliveredDatagrams }
    public var plans: Int { nodes.reduce(0) { $0 + $1.plans } }
    /// What a clock that is right shows.
    var wall: UInt64 { Self.wallOrigin + UInt64(now.nanoseconds / 1_000_000) }

    /// Runs both phases.
    public mutating func run() {
        planFaults()
        run(for: options.faultyTime)
        heal()
        for intruder in intruders { intruder.vanish() }
        for actor in actors { actor.calm() }
        run(for: options.calmTime)
        for actor in actors { network.note(actor.client.digest) }
        for node in nodes { network.note(node.server.lattice.digest.value) }
        network.note(history.digest)
    }

    /// Everyone who means harm is gone, and the others come to rest.
    public mutating func calmDown() {
        for intruder in intruders { intruder.vanish() }
        // Who vanishes is missed after the idle timeout.
        run(for: .seconds(11))
        for actor in actors { actor.calm() }
        run(for: options.calmTime)
    }

    /// Lets time pass.
    public mutating func run(for span: TimeSpan) {
        let end = now + span
        repeat {
            let due = max(nextDue, now).nanoseconds
            now = min(end, Instant(nanoseconds: (due / Self.grain + 1) * Self.grain))
            advance()
        } while now < end
    }

    /// When the next thing happens.
    private var nextDue: Instant {
        var due = min(checkAt, schedule.last?.at ?? .distantFuture)
        due = min(due, network.links.nextDue ?? .distantFuture)
        due = min(due, bus.nextDue ?? .distantFuture)
        for node in nodes { due = min(due, node.nextDue) }
        for actor in actors { due = min(due, actor.frameAt) }
        return intruders.isEmpty ? due : min(due, intruderFrameAt)
    }

    /// Everything that is due by now, in an order that is always the same.
    private mutating func advance() {
        while let next = schedule.last, next.at <= now {
            schedule.removeLast()
            inflict(next.fault)
        }
        deliver()
        deliverPeers()
        for actor in actors where actor.frameAt <= now { act(actor) }
        if now >= intruderFrameAt, !intruders.isEmpty {
            intruderFrameAt = now + Self.intruderFrame
            for intruder in intruders { act(intruder) }
        }
        for node in nodes { work(node) }
        if now >= checkAt { checkHistory() }
    }

    // MARK: Datagrams

    /// Puts datagrams of an actor on the network, for tests that write them themselves.
    public mutating func deliver(_ batch: DatagramBatch, from index: Int) {
        network.links.send(batch, from: actors[index].address, now: now)
    }

    private mutating func deliver() {
        if !held.isEmpty {
            let waiting = held
            held.removeAll()
            for datagram in waiting { deliver(datagram) }
        }
        while let datagram = network.poll(now: now) { deliver(datagram) }
    }

    private mutating func deliver(_ datagram: LinkedDatagram) {
        var bytes = datagram.bytes
        let destination = datagram.destination
        if let node = nodes.first(where: { $0.address == destination }) {
            if now < node.pausedUntil {
                held.append(datagram)
            } else if node.isUp {
                Self.deliver(&bytes, from: datagram.source, to: node, network, now: now)
            }
        } else if let actor = actors.first(where: { $0.address == destination }) {
            guard actor.rejoinsAt == nil, actor.sleepsUntil <= now else { return }
            actor.receive(&bytes, from: datagram.source, now: now)
        } else {
            intruders.first { $0.address == destination }?.receive(&bytes, now: now)
        }
    }

    private static func deliver(
        _ bytes: inout [UInt8], from source: NetworkAddress, to node: SimulatedNode,
        _ network: SimulatedNetwork, now: Instant
    ) {
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        node.server.handle(
            &raw, from: source, now: now, wallMilliseconds: node.wall(now),
            replies: &network.batch)
        network.flush(from: node.address, now: now)
    }

    // MARK: Whoever acts

    private mutating func act(_ actor: SimulatedActor) {
        guard actor.sleepsUntil <= now else { return actor.skipFrame(now: now) }
        if let rejoinsAt = actor.rejoinsAt {
            guard now >= rejoinsAt, let node = node(for: actor) else {
                // Who will return goes on with what it sees.
                return actor.returns ? actor.act(now: now) : actor.skipFrame(now: now)
            }
            actor.rejoin(ticket(for: actor.index, at: node), now: now)
        }
        actor.act(now: now)
        guard actor.rejoinsAt == nil else { return }
        while actor.client.pollTransmit(into: &network.batch, now: now) {
            network.flush(from: actor.address, now: now)
        }
    }

    /// Where an actor joins: where it was, or elsewhere when it roams; nil when nobody is up.
    private mutating func node(for actor: SimulatedActor) -> SimulatedNode? {
        let isUp = nodes[Int(actor.node) - 1].isUp
        guard options.roams, !isUp || random.chance(Ratio(1, in: 4)) else {
            return isUp ? nodes[Int(actor.node) - 1] : nil
        }
        return random.element(of: nodes.filter(\.isUp)[...])
    }

    private mutating func act(_ intruder: HostileActor) {
        if intruder.wantsToJoin {
            let identity = ClientIdentity(
                identity: intruder.identity, role: intruder.habit.role,
                capabilities: Capabilities.participant.rawValue, name: "\(intruder.habit)")
            let token = token(for: identity, at: [1])
            intruder.join(
                token: token, entropySeed: Self.entropySeed(&random), now: now,
                keyLimits: options.keyLimits, ledger: ledger)
        }
        intruder.transmit(into: &network.batch, now: now)
        network.flush(from: intruder.address, now: now)
    }

    private mutating func work(_ node: SimulatedNode) {
        guard node.nextDue <= now else { return }
        if node.startsAt != nil {
            return node.start(entropySeed: nodeSeed(), now: now)
        }
        guard node.takeAnswers(now: now) else { return crash(node, outage: options.longestOutage) }
        guard node.tick(now: now, network, random: &random) else { return }
        while let message = node.pollPeer() {
            bus.send(message.bytes, BusWay(from: node.number, to: message.to), now: now)
        }
    }

    /// Nodes hear of each other.
    private mutating func deliverPeers() {
        while let message = bus.poll(now: now) {
            network.note(message.due)
            network.note(message.bytes)
            let node = nodes[Int(message.way.to) - 1]
            node.handlePeer(message.bytes, from: message.way.from, now: now)
        }
    }

    // MARK: Who is there

    /// Lets somebody in who means harm.
    public mutating func addIntruder(_ habit: HostileHabit) -> HostileActor {
        let intruder = HostileActor(habit, index: intruders.count, seed: random.next())
        intruders.append(intruder)
        return intruder
    }

    /// Lets another honest actor in.
    public mutating func addActor() {
        let index = actors.count
        let ticket = ticket(for: index, at: nodes[index % nodes.count])
        actors.append(
            SimulatedActor(
                index: index, ticket, history: history, acts: options.actorsAct,
                returns: options.returns, practices: Practice.chosen(seed: seed),
                seed: random.next(), now: now))
    }

    mutating func ticket(for index: Int, at node: SimulatedNode) -> SimulatedActor.Ticket {
        let identity = ClientIdentity(
            identity: UInt64(index + 1), capabilities: Capabilities.participant.rawValue,
            name: "actor \(index)")
        let place = UInt64(node.number) << 32 | UInt64(node.disk.boots)
        // A client that says the very same again may believe an answer that is still under way from
        // the server that died, so it waits until there is none.
        if var last = tickets[index], last.places.insert(place).inserted,
            actors[index].client.isPresent, now - last.at >= Self.answersTime
        {
            (last.ticket.node, last.ticket.boot) = (node.number, node.disk.boots)
            last.at = now
            tickets[index] = last
            return last.ticket
        }
        let ticket = SimulatedActor.Ticket(
            token: token(for: identity, at: Array(1...UInt64(nodes.count))),
            entropySeed: Self.entropySeed(&random), node: node.number, boot: node.disk.boots,
            idleTimeout: options.idleTimeout, keyLimits: options.keyLimits, ledger: ledger)
        if options.repeatsEntropy {
            tickets[index] = UsedTicket(ticket: ticket, places: [place], at: now)
        }
        return ticket
    }

    /// The secrets of a node that starts again.
    mutating func nodeSeed() -> [UInt8] { repeatedSeed ?? Self.entropySeed(&random) }

    private mutating func token(
        for identity: ClientIdentity, at servers: [UInt64]
    ) -> ConnectToken {
        ConnectToken.issue(
            for: identity, servers: servers, key: tokenKey, wallMilliseconds: wall,
            lifetimeMilliseconds: Self.tokenLifetime, entropy: &entropy)
    }

    static func entropySeed(_ random: inout SeededRandom) -> [UInt8] {
        (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
    }
}
