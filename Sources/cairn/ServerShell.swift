// The server's outside: one loop with the socket, the tick timer and the signals on it, one thread
// for the journal and one for the agents. It decides nothing; it carries bytes, time and messages
// to the pure server and back.

import CairnAgents
import CairnBasics
import CairnRuntime
import CairnSQLite
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import Foundation
import Logging

/// One running server.
final class ServerShell: DatagramReceiver {
    /// What the command line decides.
    struct Settings {
        var listen: NetworkAddress
        var serverID: UInt64
        var tokenFiles: TokenFiles
        /// What they said when the server started.
        var tokens: TokenFiles.Contents
        /// A key made for this run, to be left for local tools.
        var localKey: TokenKey?

        /// Where every session's keys go, for debugging.
        var keyLog: KeyLog?

        /// The keys that are honoured, for what the files say.
        func keys(_ tokens: TokenFiles.Contents) -> [TokenKey] {
            tokens.keys + (localKey.map { [$0] } ?? [])
        }
        var maximumClients: Int
        var freshEntities: Int
        var bytesPerTick: Int
        var idleTimeout: TimeSpan
        var bytesPerSecond: Int
        /// From what share of a tick's time on something is given up, in hundredths; nil for never.
        var overloadPercent: Int?
        var report: String?
        var followsParent: Bool
    }

    private let settings: Settings
    /// What the token files said when they were last read without an error.
    private var tokens: TokenFiles.Contents
    private let logger: Logger
    private let loop: Loop
    private var server: WorldServer
    private let store: SQLiteStore
    /// Of the characters' chance: another one each time the world starts.
    private let seed: UInt64
    private var socket: DatagramSocket?
    private var timer: RepeatingTimer?
    private var signals: [SignalWatcher] = []
    private var journal: WorkerThread<JournalOrder>?
    private var agents: WorkerThread<AgentsView>?
    /// What one system call sends: small enough to be in the cache still when the kernel copies it.
    private var batch = DatagramBatch(capacity: 64)
    private var replies = DatagramBatch(capacity: 64)
    private var meter = TickMeter()
    private var status: StatusWriter?
    private var strangers = StrangersMeter()
    /// What this thread had used of the processor when the last tick ended.
    private var cpuAtTick = threadCPUTime()
    /// The wall clock as it was read at the start of the burst in hand; nil between bursts.
    private var burstWallMilliseconds: UInt64?
    /// Datagrams of one client that a tick reads at once, before it is built: twice what an honest one
    /// sends at most, so that a flood does not delay it.
    private static let arrivalsPerClient = 2
    private let parent = getppid()
    private var failure: StoreError?

    init(
        description: WorldDescription, recovered: RecoveredWorld, boot: UInt32, store: SQLiteStore,
        settings: Settings, logger: Logger
    ) throws {
        self.settings = settings
        tokens = settings.tokens
        self.logger = logger
        self.store = store
        loop = try Loop()
        var endpoint = ServerEndpointConfiguration(
            tokenKeys: settings.keys(settings.tokens), serverID: settings.serverID,
            maximumConnections: settings.maximumClients, idleTimeout: settings.idleTimeout,
            bytesPerSecond: settings.bytesPerSecond)
        endpoint.revoked = settings.tokens.revoked
        endpoint.keyLog = settings.keyLog
        var entropySeed = systemEntropy(byteCount: SeededEntropy.seedBytes)
        defer { wipe(&entropySeed) }
        var configuration = ServerConfiguration(
            endpoint: endpoint, overloadPercent: settings.overloadPercent)
        configuration.freshEntities = settings.freshEntities
        configuration.usualBytesPerTick = settings.bytesPerTick
        // Twice what state takes for long, while keyframes arrive.
        configuration.packetsPerClientTick = max(
            configuration.packetsPerClientTick,
            2 * settings.bytesPerTick / DatagramBatch.datagramBytes)
        server = WorldServer(
            description, configuration: configuration,
            recovered: recovered, boot: boot, entropySeed: entropySeed,
            now: MonotonicClock.now(), wallMilliseconds: wallClockMilliseconds())
        seed = UInt64(boot)
    }

    /// Listens, ticks, and returns when the server has stopped and everything is on the disk.
    func run() throws {
        defer { loop.close() }
        let socket = try DatagramSocket(loop: loop, address: settings.listen, receiver: self)
        self.socket = socket
        socket.accept(only: ServerEndpoint.shapes)
        defer { endThreads() }
        try startThreads()
        let address = socket.localAddress
        if let key = settings.localKey {
            try LocalKeyFile.write(key.secretBytes, port: address.port)
            status = try StatusWriter(port: address.port)
        }
        defer { status?.close() }
        defer { if settings.localKey != nil { LocalKeyFile.remove(port: address.port) } }
        signals = try [ProcessSignal.interrupt, .terminate].map { signal in
            try SignalWatcher(loop: loop, signal: signal) { [weak self] in self?.stop() }
        }
        if !settings.tokenFiles.isEmpty {
            signals.append(
                try SignalWatcher(loop: loop, signal: .hangup) { [weak self] in
                    self?.readTokensAgain()
                })
        }
        timer = try RepeatingTimer(loop: loop, period: server.period) { [weak self] firing in
            self?.tick(firing)
        }
        if settings.keyLog != nil { logger.warning("\(keyLogWarning)") }
        // The one line on standard output: whoever started the server may wait for it.
        FileHandle.standardOutput.write(Data("listening on \(address)\n".utf8))
        logger.info(
            "serving",
            metadata: [
                "address": "\(address)", "hertz": "\(server.description.tickHertz)",
                "entities": "\(server.entityCount)",
            ])
        loop.run()
        try finish()
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let wallMilliseconds = burstWallMilliseconds ?? wallClockMilliseconds()
        burstWallMilliseconds = wallMilliseconds
        server.handle(
            &datagram, from: address, now: MonotonicClock.now(),
            wallMilliseconds: wallMilliseconds, replies: &replies)
        if replies.isFull { sendReplies() }
    }

    func expect(_ datagram: RawSpan, on socket: DatagramSocket) { server.expect(datagram) }

    func receiveEnded(on socket: DatagramSocket) {
        burstWallMilliseconds = nil
        sendReplies()
    }

    private func sendReplies() {
        guard !replies.isEmpty else { return }
        socket?.send(replies)
        replies.removeAll()
    }

    private func tick(_ firing: TimerFiring) {
        let fired = MonotonicClock.now()
        // What has arrived belongs to this tick; and when ticks take all there is, nobody else reads it.
        socket?.receive(atMost: Self.arrivalsPerClient * server.clientCount)
        let started = MonotonicClock.now()
        server.beginTick(now: started)
        var more = true
        while more {
            more = server.pollTransmit(into: &batch, now: started)
            socket?.send(batch)
            batch.removeAll()
        }
        for order in server.pollJournal() where journal?.submit(order) != true {
            // Refused only when thousands of orders wait, long after a disk has failed.
            logger.error("the journal's thread takes no more orders; stopping")
            stop()
        }
        if let view = server.pollAgentsView() { _ = agents?.submit(view) }
        meter.record(lateness: firing.lateness, skipped: firing.skipped, started: started)
        adapt(firing, fired: fired)
        status?.step(meter, now: started) { currentStatus() }
        report()
        watch()
    }

    /// Lets the server give something up or take it back, by what the tick has needed.
    private func adapt(_ firing: TimerFiring, fired: Instant) {
        let (now, cpu) = (MonotonicClock.now(), threadCPUTime())
        let load = TickLoad(
            lateness: firing.lateness, duration: now - fired, busy: cpu - cpuAtTick)
        cpuAtTick = cpu
        server.adapt(to: load, now: now)
        timer?.setPeriod(server.period)
    }

    /// Says what an operator would want to know: events as they come, figures every ten seconds.
    private func report() {
        while let event = server.pollEvent() { log(event) }
        guard let figures = meter.pollFigures() else { return }
        var metadata: Logger.Metadata = [
            "clients": "\(server.clientCount)", "npcs": "\(server.characterCount)",
            "entities": "\(server.entityCount)",
            "lateP99Ms": "\(figures.latenessP99Milliseconds)",
            "loadPercent": "\(server.overload.loadPermille / 10)",
            "tickP99Ms": "\(figures.durationP99Milliseconds)",
            "sentKBps": "\(figures.kilobytesPerSecond(socket?.statistics.sentBytes ?? 0))",
            "unsaved": "\(server.uncommittedRecords)",
        ]
        if server.overload.rung != .none {
            metadata["overload"] = "\(server.overload.rung)"
            metadata["timePercent"] = "\(server.overload.timePercent)"
            metadata["joinsRefused"] = "\(server.transportCounters.joinsRefusedByLoad)"
        }
        logger.info("running", metadata: metadata)
        let refused = strangers.poll(
            server.transportCounters, kernelDrops: socket?.kernelDropCount ?? 0,
            underLoad: server.isUnderLoad)
        if let refused { logger.warning("unwanted datagrams", metadata: refused) }
    }

    private func currentStatus() -> ServerStatus {
        var status = ServerStatus()
        status.process = getpid()
        status.ticks = UInt64(server.counters.ticks)
        status.skippedTicks = UInt64(meter.skipped)
        status.clients = UInt64(server.clientCount)
        status.clockMicroseconds = UInt64(MonotonicClock.now().nanoseconds / 1_000)
        status.cpuMicroseconds = UInt64(processCPUTime().nanoseconds / 1_000)
        status.residentBytes = UInt64(residentMemoryBytes())
        let passed = socket?.statistics ?? DatagramStatistics()
        status.datagramsSent = UInt64(passed.sentDatagrams)
        status.bytesSent = UInt64(passed.sentBytes)
        status.datagramsReceived = UInt64(passed.receivedDatagrams)
        status.bytesReceived = UInt64(passed.receivedBytes)
        status.kernelDrops = UInt64(socket?.kernelDropCount ?? 0)
        status.sendDrops = UInt64(passed.droppedDatagrams)
        status.overloadRung = UInt64(server.overload.rung.rawValue)
        status.loadPermille = UInt64(server.overload.loadPermille)
        status.timePercent = UInt64(server.overload.timePercent)
        status.overloadClimbs = server.overload.climbs
        status.overloadDescents = server.overload.descents
        status.statesWithheld = server.counters.statesWithheld
        status.joinsRefusedByLoad = server.transportCounters.joinsRefusedByLoad
        return status
    }

    /// Stops when there is no point in going on.
    private func watch() {
        if let error = server.journalFailure, failure == nil {
            failure = error
            logger.critical("\(error)")
            stop()
        }
        if settings.followsParent && getppid() != parent { stop() }
    }

    /// Puts what the token files say now in force; a broken file changes nothing.
    private func readTokensAgain() {
        do {
            let read = try settings.tokenFiles.read()
            let gone = server.honour(
                settings.keys(read), revoked: read.revoked,
                wallMilliseconds: wallClockMilliseconds())
            let known = Set(tokens.keys.map(\.identifier))
            let kept = Set(read.keys.map(\.identifier))
            logger.info(
                "token files read again",
                metadata: [
                    "keys": "\(names(read.keys) { _ in true })",
                    "added": "\(names(read.keys) { !known.contains($0) })",
                    "dropped": "\(names(tokens.keys) { !kept.contains($0) })",
                    "revoked": "\(read.revoked.count)", "before": "\(tokens.revoked.count)",
                    "removed": "\(gone)",
                ])
            tokens = read
        } catch {
            logger.error(
                "token files not read again: the old contents stay in force; mend and SIGHUP",
                metadata: ["why": "\(error)"])
        }
    }

    /// Key identifiers as `cairn token inspect` shows them.
    private func names(_ keys: [TokenKey], where isWanted: (UInt32) -> Bool) -> String {
        let names = keys.map(\.identifier).filter(isWanted).map { hexadecimal($0) }
        return names.isEmpty ? "none" : names.joined(separator: ",")
    }

    private func stop() {
        timer?.close()
        for signal in signals { signal.close() }
        loop.stop()
    }

    /// Says goodbye, lets the journal reach the disk, and leaves the report.
    private func finish() throws {
        let now = MonotonicClock.now()
        var more = true
        while more {
            more = server.pollGoodbye(
                CloseReason(.shutdown, "the server is stopping"), into: &batch, now: now)
            socket?.send(batch)
            batch.removeAll()
        }
        for order in server.pollClosingJournal() { _ = journal?.submit(order) }
        endThreads()
        // What the journal's thread has reported on its way out.
        loop.poll()
        if let error = server.journalFailure ?? failure { throw error }
        try store.close()
        if let path = settings.report { try writeReport(to: path) }
        logger.info("stopped", metadata: ["records": "\(server.counters.journalRecords)"])
    }

    private func writeReport(to path: String) throws {
        let drops = socket?.kernelDropCount ?? 0
        let json = """
            {"ticks":\(server.counters.ticks), "npcs":\(server.characterCount), \
            "tickLatenessP99Ms":\(meter.total.latenessP99Milliseconds), \
            "tickDurationP99Ms":\(meter.total.durationP99Milliseconds), \
            "skippedTicks":\(meter.skipped), \
            "cpuSeconds":\(processCPUTime().seconds), \
            "bytesSent":\(socket?.statistics.sentBytes ?? 0), \
            "journalRows":\(server.counters.journalRecords), \
            "joins":\(server.counters.joins), "malformed":\(server.counters.malformed), \
            "intentsAccepted":\(server.counters.intentsAccepted), \
            "intentsRefused":\(server.counters.intentsRefused), \
            "registrations":\(server.counters.registrations), \
            "overload":{\(overloadJSON)}, \
            "strangers":{\(StrangersMeter.json(server.transportCounters, kernelDrops: drops))}}

            """
        try Data(json.utf8).write(to: URL(filePath: path))
    }

    /// What was given up for the load's sake, as the inside of a JSON object.
    private var overloadJSON: String {
        let overload = server.overload
        return """
            "rung":"\(overload.rung)", "highestRung":"\(overload.highestRung)", \
            "loadPermille":\(overload.loadPermille), "timePercent":\(overload.timePercent), \
            "slowestTimePercent":\(overload.slowestTimePercent), \
            "climbs":\(overload.climbs), "descents":\(overload.descents), \
            "statesWithheld":\(server.counters.statesWithheld), \
            "joinsRefused":\(server.transportCounters.joinsRefusedByLoad)
            """

    }

    /// Lets both threads finish what they were given.
    private func endThreads() {
        journal?.close()
        agents?.close()
        journal = nil
        agents = nil
    }

    private func startThreads() throws {
        let reports = try Mailbox<[JournalReport]>(loop: loop) { [weak self] batches in
            for report in batches.joined() { self?.server.handle(report) }
        }
        var writer = JournalWriter(store: store)
        journal = try WorkerThread(name: "cairn-journal", capacity: 16_384) { orders in
            reports.post(writer.perform(orders))
        }
        guard !server.description.personas.isEmpty else { return }
        let outputs = try Mailbox<AgentOutput>(loop: loop) { [weak self] outputs in
            let now = MonotonicClock.now()
            for output in outputs {
                self?.server.handle(output, now: now, wallMilliseconds: wallClockMilliseconds())
            }
        }
        var population = Population(personas: server.description.personas, seed: seed)
        agents = try WorkerThread(name: "cairn-agents") { views in
            // An old view is worth nothing once there is a newer one.
            if let view = views.last { outputs.post(population.step(view)) }
        }
    }

    private func log(_ event: ServerEvent) {
        switch event {
        case .joined(let name, let identity, let clients):
            logger.debug(
                "joined",
                metadata: ["name": "\(name)", "id": "\(identity)", "clients": "\(clients)"])
        case .left(let name, let identity, let reason, let clients):
            logger.debug(
                "left",
                metadata: [
                    "name": "\(name)", "id": "\(identity)", "reason": "\(reason)",
                    "clients": "\(clients)",
                ])
        case .misbehaved(let name, let identity, let what):
            logger.warning(
                "client removed",
                metadata: ["name": "\(name)", "id": "\(identity)", "what": "\(what)"])
        case .planned(let characters, let ratio):
            logger.debug(
                "new plan",
                metadata: ["npcs": "\(characters)", "ofOptimum": ">= \(Int(ratio * 100)) %"])
        case .overload(let step):
            logger.log(
                level: step.isClimb ? .warning : .notice, "\(step.what)",
                metadata: ["why": "\(step.why)", "next": "\(step.next)"])
        }
    }
}
