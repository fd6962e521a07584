import CairnBasics
import CairnTransport
import CairnWire

/// A server and its clients in virtual time, with a seeded link between them.
///
/// One `step` is one step of a world: deliver what arrived, let everyone send what is due.
final class Pair {
    static let serverAddress = NetworkAddress(ipv4: 0x0a00_0001, port: 7777)
    static let serverID: UInt64 = 42
    static let stepLength = TimeSpan.milliseconds(20)

    var server: ServerEndpoint
    var clients: [TestClient] = []
    var link: LinkConditioner
    var now = Instant(nanoseconds: 5_000_000_000)
    var wallMilliseconds: UInt64 = 1_700_000_000_000
    let key: TokenKey
    /// What both ends of every connection do about keys, and every seal there was.
    let keyLimits: KeyLimits
    let ledger = SealLedger()
    /// How long a silent end is waited for.
    let idleTimeout: TimeSpan
    /// What both ends say that they take.
    let maximumDatagramBytes: Int
    var entropy: SeededEntropy
    /// Everything the server did that a test may ask about.
    var joined: [ConnectionHandle: ClientIdentity] = [:]
    var closed: [ConnectionHandle: CloseReason] = [:]
    var messages: [ConnectionHandle: [Message]] = [:]
    var frames: [ConnectionHandle: [FrameType: [[UInt8]]]] = [:]
    var receipts: [ConnectionHandle: [Receipt]] = [:]
    /// False to leave messages unread, as a program that does not poll.
    var isReading = true
    /// False to leave receipts where they are.
    var takesReceipts = true
    /// Sees every datagram as it is sent: its source and its bytes.
    var tap: ((NetworkAddress, [UInt8]) -> Void)?
    private var batch = DatagramBatch(capacity: 1_024)

    init(
        seed: UInt64 = 1, conditions: LinkConditions = .perfect, maximumConnections: Int = 100,
        epoch: UInt64 = 0, joinsPerSecond: Int = 2_000, keyLimits: KeyLimits = KeyLimits(),
        maximumDatagramBytes: Int = HelloExtensions.defaultDatagramBytes,
        _ configure: (inout ServerEndpointConfiguration) -> Void = { _ in }
    ) {
        self.keyLimits = keyLimits
        self.maximumDatagramBytes = maximumDatagramBytes
        entropy = SeededEntropy(seed: seedBytes(seed))
        key = TokenKey(entropy: &entropy)
        link = LinkConditioner(seed: seed, conditions: conditions)
        var configuration = ServerEndpointConfiguration(
            tokenKeys: [key], serverID: Self.serverID, epoch: epoch,
            maximumConnections: maximumConnections,
            joinsPerSecond: joinsPerSecond, maximumDatagramBytes: maximumDatagramBytes,
            keyLimits: keyLimits, sealLedger: ledger)
        configure(&configuration)
        idleTimeout = configuration.idleTimeout
        server = ServerEndpoint(
            configuration: configuration, entropySeed: entropy.bytes(32), now: now)
    }

    /// Starts the server anew, as after a crash: it forgets every connection.
    func restartServer(epoch: UInt64, entropySeed: [UInt8]? = nil) {
        server = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: Self.serverID, epoch: epoch,
                idleTimeout: idleTimeout, keyLimits: keyLimits, sealLedger: ledger),
            entropySeed: entropySeed ?? entropy.bytes(32), now: now)
    }

    // Values out of the endpoint, since `#expect` cannot look into a noncopyable one.
    var counters: ServerEndpointCounters { server.counters }
    var connectionCount: Int { server.connectionCount }
    func handle(at index: Int) -> ConnectionHandle? { server.handle(at: index) }
    func statistics(of handle: ConnectionHandle) -> ConnectionStatistics? {
        server.statistics(of: handle)
    }
    func honour(_ keys: [TokenKey], _ revoked: RevocationList) -> [ConnectionHandle] {
        server.honour(keys, revoked: revoked, wallMilliseconds: wallMilliseconds)
    }
    func send(_ message: [UInt8], stream: UInt8, to handle: ConnectionHandle) -> Bool {
        server.send(message, stream: stream, to: handle)
    }
    func send(
        _ message: [UInt8], _ delivery: Delivery, _ priority: Priority = .normal,
        to handle: ConnectionHandle
    ) -> Bool {
        server.send(message, delivery: delivery, priority: priority, to: handle, now: now)
    }

    func token(
        identity: UInt64 = 1, lifetimeMilliseconds: UInt64 = 30_000, key: TokenKey? = nil
    ) -> ConnectToken {
        ConnectToken.issue(
            for: ClientIdentity(identity: identity, name: "client \(identity)"),
            serverID: Self.serverID, key: key ?? self.key, wallMilliseconds: wallMilliseconds,
            lifetimeMilliseconds: lifetimeMilliseconds, entropy: &entropy)
    }

    @discardableResult func addClient(
        token: ConnectToken? = nil, clockLead: TimeSpan = .zero, seed: [UInt8]? = nil
    ) -> TestClient {
        let number = clients.count + 1
        let client = TestClient(
            token: token ?? self.token(identity: UInt64(number)),
            address: NetworkAddress(ipv4: 0x0a00_0100 + UInt32(number), port: 5_000),
            seed: seed ?? entropy.bytes(32), now: now, clockLead: clockLead,
            configuration: ClientEndpointConfiguration(
                idleTimeout: idleTimeout, maximumDatagramBytes: maximumDatagramBytes,
                keyLimits: keyLimits, sealLedger: ledger))
        clients.append(client)
        return client
    }

    /// A pair whose one client has joined.
    static func connected(
        seed: UInt64 = 1, conditions: LinkConditions = .perfect,
        keyLimits: KeyLimits = KeyLimits(),
        _ configure: (inout ServerEndpointConfiguration) -> Void = { _ in }
    ) -> (Pair, TestClient, ConnectionHandle) {
        let pair = Pair(seed: seed, conditions: conditions, keyLimits: keyLimits, configure)
        let client = pair.addClient()
        pair.run { pair.joined.isEmpty || client.endpoint.serverTimeOffset == nil }
        return (pair, client, pair.server.handle(at: 0)!)
    }

    /// Steps while `condition` holds, for at most `limit`.
    func run(limit: TimeSpan = .seconds(60), while condition: () -> Bool) {
        let end = now + limit
        while condition(), now < end { step() }
    }

    func run(for span: TimeSpan) {
        let end = now + span
        while now < end { step() }
    }

    func step() {
        now = now + Self.stepLength
        wallMilliseconds += 20
        while let datagram = link.poll(now: now) { deliver(datagram) }
        for ended in server.handleTimeout(now: now) { closed[ended.handle] = ended.reason }
        for index in 0..<server.slotCount {
            guard let handle = server.handle(at: index) else { continue }
            collect(handle)
            sendFromServer(handle)
        }
        for client in clients {
            client.step(now: now, into: &batch)
            send(client.address)
        }
    }

    func deliver(_ datagram: LinkedDatagram) {
        if datagram.destination == Self.serverAddress {
            receiveAtServer(datagram.bytes, from: datagram.source)
        } else if let client = clients.first(where: { $0.address == datagram.destination }) {
            client.receive(datagram.bytes, from: datagram.source, now: now)
        }
    }

    @discardableResult
    func receiveAtServer(_ bytes: [UInt8], from source: NetworkAddress) -> Arrival {
        var bytes = bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let arrival = server.handle(
            &raw, from: source, now: now, wallMilliseconds: wallMilliseconds, replies: &batch)
        switch arrival {
        case .nothing: break
        case .joined(let handle, let identity): joined[handle] = identity
        case .closed(let handle, let reason): closed[handle] = reason
        case .packet(let handle, let payload):
            collectFrames(raw.bytes.extracting(payload), into: &frames[handle, default: [:]])
        }
        send(Self.serverAddress)
        if case .packet(let handle, _) = arrival { collect(handle) }
        if case .joined(let handle, _) = arrival { collect(handle) }
        return arrival
    }

    private func collect(_ handle: ConnectionHandle) {
        while isReading, let message = server.pollMessage(from: handle) {
            messages[handle, default: []].append(message)
        }
        while takesReceipts, let receipt = server.pollReceipt(from: handle) {
            receipts[handle, default: []].append(receipt)
        }
    }

    /// Sends one packet with one frame of the application; nil when congestion says no.
    func sendAppFrame(to handle: ConnectionHandle, byteCount: Int = 100) -> UInt64? {
        guard server.beginPacket(to: handle, now: now) else { return nil }
        let fits = server.appendFrame(.tick, [UInt8](repeating: 1, count: byteCount).rawBytes)
        let number = server.finishPacket(now: now, into: &batch)
        send(Self.serverAddress)
        return fits ? number : nil
    }

    func close(_ handle: ConnectionHandle, _ reason: CloseReason) {
        server.close(handle, reason, now: now, into: &batch)
        send(Self.serverAddress)
    }

    func close(_ client: TestClient) {
        client.endpoint.close(CloseReason(.normal), now: now, into: &batch)
        send(client.address)
    }

    func sendFromServer(_ handle: ConnectionHandle) {
        var budget = 64
        while budget > 0, server.needsPacket(to: handle, now: now),
            server.beginPacket(to: handle, now: now)
        {
            _ = server.finishPacket(now: now, into: &batch)
            budget -= 1
        }
        send(Self.serverAddress)
    }

    /// Puts what is in the batch on the link.
    func send(_ source: NetworkAddress) {
        if let tap {
            for index in 0..<batch.count { tap(source, batch.datagram(index)) }
        }
        link.send(batch, from: source, now: now)
        batch.removeAll()
    }
}

/// A client of a `Pair`.
final class TestClient {
    var endpoint: ClientEndpoint
    var address: NetworkAddress
    /// How far its clock is ahead of the server's.
    let clockLead: TimeSpan
    /// False to keep it from sending, as a program that hangs.
    var isAwake = true
    /// True while nobody runs it: it neither hears nor does anything.
    var isAsleep = false
    /// True to keep it from ever sending a sealed packet.
    var stopsOnceAnswered = false
    var messages: [Message] = []
    var receipts: [Receipt] = []
    var frames: [FrameType: [[UInt8]]] = [:]
    var closed: CloseReason?

    var state: ClientEndpoint.State { endpoint.state }
    var serverTimeOffset: TimeSpan? { endpoint.serverTimeOffset }
    var statistics: ConnectionStatistics? { endpoint.statistics }
    func isUnanswered(_ now: Instant) -> Bool { endpoint.isUnanswered(now: now + clockLead) }
    func send(_ message: [UInt8], stream: UInt8) -> Bool {
        endpoint.send(message, stream: stream)
    }
    func send(
        _ message: [UInt8], _ delivery: Delivery, _ priority: Priority = .normal, now: Instant
    ) -> Bool {
        endpoint.send(message, delivery: delivery, priority: priority, now: now + clockLead)
    }

    init(
        token: ConnectToken, address: NetworkAddress, seed: [UInt8], now: Instant,
        clockLead: TimeSpan, configuration: ClientEndpointConfiguration
    ) {
        self.address = address
        self.clockLead = clockLead
        endpoint = ClientEndpoint(
            token: token, server: Pair.serverAddress, entropySeed: seed,
            now: now + clockLead, configuration: configuration)
    }

    func step(now serverNow: Instant, into batch: inout DatagramBatch) {
        guard !isAsleep else { return }
        let now = serverNow + clockLead
        if let reason = endpoint.handleTimeout(now: now) { closed = reason }
        guard isAwake, !(stopsOnceAnswered && state == .connected) else { return }
        endpoint.pollHandshake(now: now, into: &batch)
        var budget = 64
        while budget > 0, endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) {
            _ = endpoint.finishPacket(now: now, into: &batch)
            budget -= 1
        }
    }

    @discardableResult
    func receive(_ bytes: [UInt8], from source: NetworkAddress, now: Instant) -> ClientArrival {
        guard !isAsleep else { return .nothing }
        var bytes = bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let arrival = endpoint.handle(&raw, from: source, now: now + clockLead)
        switch arrival {
        case .nothing, .connected: break
        case .closed(let reason): closed = reason
        case .packet(let payload): collectFrames(raw.bytes.extracting(payload), into: &frames)
        }
        while let message = endpoint.pollMessage() { messages.append(message) }
        while let receipt = endpoint.pollReceipt() { receipts.append(receipt) }
        return arrival
    }
}

/// Adds the application's frames of an opened packet.
func collectFrames(_ payload: RawSpan, into frames: inout [FrameType: [[UInt8]]]) {
    var reader = FrameReader(payload)
    while let frame = try? reader.next() {
        if !frame.type.isTransport { frames[frame.type, default: []].append(frame.body.array) }
    }
}

/// A seed of the length that `SeededEntropy` wants.
func seedBytes(_ seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<SeededEntropy.seedBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}
