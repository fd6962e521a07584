// One machine of a simulated world: a real `WorldServer` with a disk, a clock and characters' minds of
// its own, and what its threads would hold: orders to the disk and wishes of the minds on their way.
// It crashes, stays away for a while, comes back from its disk, and sometimes just stands still.

import CairnAgents
import CairnBasics
import CairnPeers
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld

public final class SimulatedNode {
    public let number: UInt8
    /// While the node is down, the server that died.
    public internal(set) var server: WorldServer
    /// When a node that is down starts again; nil while it is up.
    var startsAt: Instant?
    /// A node that stands still until then takes nothing in and does nothing.
    var pausedUntil = Instant.zero
    /// How many times as long as its period a tick takes: a server that dilates time.
    public var tickStretch = 1.0
    let disk: SimulatedDisk
    var clock: SimulatedClock
    private(set) var plans = 0
    let setting: Setting
    private(set) var invariants: Invariants
    private var population: Population
    private var writer: JournalWriter<SimulatedDisk>
    private var nextTickAt: Instant
    private var agentOutputs: [(AgentOutput, due: Instant)] = []
    /// Orders that the disk has not carried out yet.
    private var journalOrders: [(JournalOrder, due: Instant)] = []

    /// What all nodes of a world have in common.
    struct Setting {
        var description: WorldDescription
        var tokenKey: TokenKey
        var seed: UInt64
        var options: Simulation.Options
        var ledger: SealLedger
    }

    static func address(_ number: UInt8) -> NetworkAddress {
        NetworkAddress(ipv4: 0x0a00_0000 + UInt32(number), port: 7_777)
    }

    init(
        _ number: UInt8, _ setting: Setting, clock: SimulatedClock, entropySeed: [UInt8],
        now: Instant
    ) {
        self.number = number
        self.setting = setting
        invariants = Invariants(
            node: number, thingsPerIdentity: setting.options.thingsPerIdentity,
            isAlone: setting.options.nodes == 1)
        self.clock = clock
        disk = SimulatedDisk()
        writer = JournalWriter(store: disk)
        population = Self.population(setting)
        nextTickAt = now
        server = Self.server(
            number, setting, disk, entropySeed: entropySeed, now: now,
            wallMilliseconds: self.clock.read(now))
    }

    var address: NetworkAddress { Self.address(number) }
    var isUp: Bool { startsAt == nil }
    func wall(_ now: Instant) -> UInt64 { clock.read(now) }

    /// When the node has something to do by itself.
    var nextDue: Instant {
        if let startsAt { return startsAt }
        let work = min(
            nextTickAt,
            min(agentOutputs.first?.due ?? nextTickAt, journalOrders.first?.due ?? nextTickAt))
        return max(work, pausedUntil)
    }

    // MARK: Life and death

    /// Power is lost.
    func crash(until startsAt: Instant, random: inout SeededRandom) {
        disk.crash(
            writing: journalOrders.map(\.0), tears: setting.options.tearsWrites, random: &random)
        agentOutputs.removeAll()
        journalOrders.removeAll()
        self.startsAt = startsAt
    }

    /// Comes back with what its disk has kept.
    func start(entropySeed: [UInt8], now: Instant) {
        startsAt = nil
        invariants.restarted()
        server = Self.server(
            number, setting, disk, entropySeed: entropySeed, now: now,
            wallMilliseconds: clock.read(now))
        population = Self.population(setting)
        writer = JournalWriter(store: disk)
        nextTickAt = now
    }

    private static func population(_ setting: Setting) -> Population {
        Population(personas: setting.description.personas, seed: setting.seed)
    }

    private static func server(
        _ number: UInt8, _ setting: Setting, _ disk: SimulatedDisk, entropySeed: [UInt8],
        now: Instant, wallMilliseconds: UInt64
    ) -> WorldServer {
        let others = (1...UInt8(setting.options.nodes)).filter { $0 != number }
        let endpoint = ServerEndpointConfiguration(
            tokenKeys: [setting.tokenKey], serverID: UInt64(number), maximumConnections: 64,
            idleTimeout: setting.options.idleTimeout,
            packetsPerSecond: setting.options.packetsPerSecond,
            keyLimits: setting.options.keyLimits, sealLedger: setting.ledger)
        var retention = RetentionPolicy()
        if let records = setting.options.checkpointAfterRecords {
            retention.checkpointAfterRecords = records
        }
        do {
            return WorldServer(
                setting.description,
                configuration: ServerConfiguration(
                    endpoint: endpoint, node: number, peers: others,
                    thingsPerIdentity: setting.options.thingsPerIdentity,
                    bytesPerIdentity: setting.options.bytesPerIdentity,
                    budgetPerSecond: setting.options.budgetPerSecond,
                    budgetBurst: setting.options.budgetBurst,
                    rewindLimit: setting.options.rewindLimit, retention: retention),
                recovered: try Recovery.replay(disk.load()), boot: disk.nextBoot(),
                entropySeed: entropySeed, now: now, wallMilliseconds: wallMilliseconds)
        } catch {
            preconditionFailure("the simulated disk gave back a damaged world: \(error)")
        }
    }

    // MARK: Work

    /// Carries out what the disk and the minds have had the time for.
    /// - Returns: False when the disk has failed, after which a server must stop.
    func takeAnswers(now: Instant) -> Bool {
        while let first = agentOutputs.first, first.due <= now {
            server.handle(first.0, now: now, wallMilliseconds: wall(now))
            agentOutputs.removeFirst()
        }
        while let first = journalOrders.first, first.due <= now {
            for report in writer.perform([first.0]) { server.handle(report) }
            // What a failed sync was about may be on the disk all the same, so it stays in the list.
            if server.journalFailure != nil { return false }
            journalOrders.removeFirst()
        }
        return true
    }

    /// Steps the world when that is due.
    ///
    /// - Returns: True when it was due; then `pollPeer` must be drained.
    func tick(now: Instant, _ network: SimulatedNetwork, random: inout SeededRandom) -> Bool {
        guard now >= nextTickAt else { return false }
        // Whoever has stood still does not run after the ticks it missed.
        let period = TimeSpan(
            nanoseconds: Int64(Double(server.period.nanoseconds) * tickStretch))
        nextTickAt = max(nextTickAt + period, now)
        server.beginTick(now: now)
        var more = true
        while more {
            more = server.pollTransmit(into: &network.batch, now: now)
            network.flush(from: address, now: now)
        }
        _ = wall(now)
        invariants.look(
            at: server, boot: disk.boots, now: now, highestWall: clock.highest)
        orderFromDisk(now: now, random: &random)
        if let view = server.pollAgentsView() {
            var output = population.step(view)
            if setting.options.hasMadMinds { output.addMadness(for: view, random: &random) }
            if output.plan != nil { plans += 1 }
            agentOutputs.append((output, now + .milliseconds(Int64(random.below(80)))))
        }
        while server.pollEvent() != nil {}
        return true
    }

    /// What the node has for the others.
    func pollPeer() -> (to: UInt8, bytes: [UInt8])? {
        server.pollPeer().map { ($0.to, $0.bytes) }
    }

    /// Takes what another node has said; one that is down or stands still loses it.
    func handlePeer(_ bytes: [UInt8], from other: UInt8, now: Instant) {
        guard isUp, now >= pausedUntil else { return }
        server.handlePeer(
            bytes.rawBytes, from: other, now: now, wallMilliseconds: wall(now))
    }

    /// The disk takes its time, as its thread does.
    private func orderFromDisk(now: Instant, random: inout SeededRandom) {
        for order in server.pollJournal() {
            let isStalled = random.chance(Ratio(1, in: 10))
            let delay = TimeSpan.milliseconds(Int64(random.below(isStalled ? 900 : 40)))
            // In order, as the journal's thread takes them.
            let due = max(now + delay, journalOrders.last?.due ?? now)
            journalOrders.append((order, due))
        }
    }
}
