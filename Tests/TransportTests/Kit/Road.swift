import CairnBasics
import CairnTransport
import CairnWire

/// A server, its clients and other traffic over one road in each direction, in virtual time that jumps
/// from event to event: for what happens between the steps of a world.
///
/// Everyone sends as soon as the transport says so, as a shell does that wakes when it is time.
final class Road {
    static let serverAddress = NetworkAddress(ipv4: 0x0a00_0001, port: 7777)
    /// Virtual time moves on by at least this, so that nobody can spin.
    private static let grain = TimeSpan.microseconds(20)
    private static let longestSleep = TimeSpan.milliseconds(5)

    var now = Instant(nanoseconds: 5_000_000_000)
    /// From the server, and to it.
    var down: LinkConditioner
    var up: LinkConditioner
    var server: ServerEndpoint
    var clients: [RoadClient] = []
    var cubic: CubicFlow?
    /// Lets a test give the server something to say; called at every event.
    var feed: ((Road) -> Void)?
    private let key: TokenKey
    private var entropy: SeededEntropy
    private var batch = DatagramBatch(capacity: 256, byteCapacity: 4_000_000)

    init(
        seed: UInt64, down: LinkConditions, up: LinkConditions? = nil,
        maximumDatagramBytes: Int = 1_200
    ) {
        entropy = SeededEntropy(seed: seedBytes(seed))
        key = TokenKey(entropy: &entropy)
        self.down = LinkConditioner(seed: seed, conditions: down)
        self.up = LinkConditioner(seed: seed &+ 1, conditions: up ?? down)
        server = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: Pair.serverID,
                maximumDatagramBytes: maximumDatagramBytes),
            entropySeed: entropy.bytes(32), now: now)
    }

    /// A client joins; returns when it has.
    @discardableResult func join(
        clock: RoadClient.Clock = .init(), maximumDatagramBytes: Int = 1_200
    ) -> RoadClient {
        let number = UInt32(clients.count) + 1
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: UInt64(number)), serverID: Pair.serverID, key: key,
            wallMilliseconds: 0, lifetimeMilliseconds: 1_000_000, entropy: &entropy)
        let client = RoadClient(
            token: token, address: NetworkAddress(ipv4: 0x0a00_0100 + number, port: 5_000),
            seed: entropy.bytes(32), clock: clock, now: now,
            maximumDatagramBytes: maximumDatagramBytes)
        clients.append(client)
        run(for: .seconds(20)) { client.handle == nil }
        return client
    }

    func run(for span: TimeSpan, while condition: () -> Bool = { true }) {
        let end = now + span
        while now < end, condition() { step(end) }
    }

    func statistics(of client: RoadClient) -> ConnectionStatistics? {
        client.handle.flatMap { server.statistics(of: $0) }
    }

    private func step(_ end: Instant) {
        while let datagram = down.poll(now: now) { arriveBelow(datagram) }
        while let datagram = up.poll(now: now) { arriveAbove(datagram) }
        _ = server.handleTimeout(now: now)
        feed?(self)
        for client in clients { sendFromServer(to: client) }
        for client in clients {
            client.step(now: now, into: &batch)
            up.send(batch, from: client.address, now: now)
            batch.removeAll()
        }
        cubic?.step(now: now, into: &down)
        now = max(now + Self.grain, min(nextEvent(), min(end, now + Self.longestSleep)))
    }

    private func nextEvent() -> Instant {
        var next = min(down.nextDue ?? .distantFuture, up.nextDue ?? .distantFuture)
        for client in clients {
            if let handle = client.handle { next = min(next, server.nextPacket(to: handle)) }
            next = min(next, client.nextEvent())
        }
        return min(next, cubic?.nextEvent ?? .distantFuture)
    }

    private func arriveBelow(_ datagram: LinkedDatagram) {
        if datagram.destination == CubicFlow.sink {
            up.send(
                Array(datagram.bytes.prefix(40)), from: CubicFlow.sink, to: CubicFlow.source,
                now: now)
            cubic?.arrivedBytes += datagram.bytes.count
            return
        }
        clients.first { $0.address == datagram.destination }?.receive(datagram.bytes, now: now)
    }

    private func arriveAbove(_ datagram: LinkedDatagram) {
        if datagram.destination == CubicFlow.source {
            cubic?.acknowledged(datagram.bytes, now: now)
            return
        }
        var bytes = datagram.bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let arrival = server.handle(
            &raw, from: datagram.source, now: now, wallMilliseconds: 0, replies: &batch)
        if case .joined(let handle, let identity) = arrival {
            clients[Int(identity.identity) - 1].handle = handle
        }
        down.send(batch, from: Self.serverAddress, now: now)
        batch.removeAll()
        for index in 0..<server.slotCount {
            guard let handle = server.handle(at: index) else { continue }
            while server.pollMessage(from: handle) != nil {}
            while server.pollReceipt(from: handle) != nil {}
        }
    }

    func sendFromServer(to client: RoadClient) {
        guard let handle = client.handle else { return }
        while batch.room > 65_000, server.needsPacket(to: handle, now: now),
            server.beginPacket(to: handle, now: now)
        {
            guard server.finishPacket(now: now, into: &batch) != nil else { break }
        }
        down.send(batch, from: Self.serverAddress, now: now)
        batch.removeAll()
    }

    /// Sends one frame of the application, as a world's tick does; false when congestion says no.
    func sendAppFrame(to client: RoadClient, byteCount: Int) -> Bool {
        guard let handle = client.handle, server.beginPacket(to: handle, reserving: 600, now: now)
        else { return false }
        let fits = server.appendFrame(.tick, [UInt8](repeating: 1, count: byteCount).rawBytes)
        _ = server.finishPacket(now: now, into: &batch)
        down.send(batch, from: Self.serverAddress, now: now)
        batch.removeAll()
        return fits
    }

    /// Keeps the server's queue for a client full of messages.
    func fill(_ client: RoadClient, byteCount: Int = 10_000) {
        guard let handle = client.handle else { return }
        while server.send(
            [UInt8](repeating: 7, count: byteCount), delivery: .ordered(stream: 0), to: handle,
            now: now)
        {}
    }
}

/// A client of a `Road`.
final class RoadClient {
    /// A clock that is ahead and runs fast, or behind and slow.
    struct Clock {
        var lead = TimeSpan.zero
        var partsPerMillion: Int64 = 0

        func reading(_ now: Instant) -> Instant {
            now + lead + TimeSpan(nanoseconds: now.nanoseconds / 1_000_000 * partsPerMillion)
        }
        /// The true instant at which this clock shows `reading`, to a microsecond or so.
        func truth(_ reading: Instant) -> Instant {
            guard reading < .distantFuture else { return .distantFuture }
            let plain = reading - lead
            let drift = plain.nanoseconds / 1_000_000 * partsPerMillion
            return plain - TimeSpan(nanoseconds: drift)
        }
    }

    var endpoint: ClientEndpoint
    let address: NetworkAddress
    let clock: Clock
    var handle: ConnectionHandle?
    var messageBytes = 0
    var messages: [Message] = []
    /// False to count messages without keeping them.
    var keepsMessages = false
    var appFrames = 0

    init(
        token: ConnectToken, address: NetworkAddress, seed: [UInt8], clock: Clock, now: Instant,
        maximumDatagramBytes: Int
    ) {
        self.address = address
        self.clock = clock
        endpoint = ClientEndpoint(
            token: token, server: Road.serverAddress, entropySeed: seed, now: clock.reading(now),
            configuration: ClientEndpointConfiguration(
                maximumDatagramBytes: maximumDatagramBytes))
    }

    var statistics: ConnectionStatistics? { endpoint.statistics }
    var serverTimeOffset: TimeSpan? { endpoint.serverTimeOffset }

    func nextEvent() -> Instant { clock.truth(endpoint.nextTimeout) }

    func step(now: Instant, into batch: inout DatagramBatch) {
        let now = clock.reading(now)
        _ = endpoint.handleTimeout(now: now)
        endpoint.pollHandshake(now: now, into: &batch)
        while batch.room > 65_000, endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) {
            guard endpoint.finishPacket(now: now, into: &batch) != nil else { break }
        }
    }

    func receive(_ bytes: [UInt8], now: Instant) {
        var bytes = bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let arrival = endpoint.handle(&raw, from: Road.serverAddress, now: clock.reading(now))
        if case .packet(let payload) = arrival {
            var found: [FrameType: [[UInt8]]] = [:]
            collectFrames(raw.bytes.extracting(payload), into: &found)
            appFrames += found[.tick, default: []].count
        }
        while let message = endpoint.pollMessage() {
            messageBytes += message.bytes.count
            if keepsMessages { messages.append(message) }
        }
        while endpoint.pollReceipt() != nil {}
    }
}
