// The client's end of its one connection, as one state machine. It speaks first, keeps asking until
// the server answers or time is up, and then is a `Connection` like the server's.
//
// The caller's loop:
//     for each datagram: handle, then pollMessage and pollReceipt until nil
//     handleTimeout; pollHandshake while connecting
//     beginPacket, appendFrame …, finishPacket: every step, or when needsPacket says so

public import CairnBasics
public import CairnWire

public struct ClientEndpointConfiguration: Sendable {
    /// How long a silent server is waited for.
    public var idleTimeout: TimeSpan
    /// How long a join is tried.
    public var joinTimeout: TimeSpan
    /// The largest UDP payload that this end takes, for the server to know.
    public var maximumDatagramBytes: Int
    /// What this end takes in of reliable messages at once, for the server to know.
    public var window = MessageWindow(bytes: 4 * 1_024 * 1_024, messages: 4_096)
    /// What it keeps of those that wait to be sent.
    public var queueLimit = TransportLimits.windowBytes
    /// When to change keys.
    public var keyLimits: KeyLimits
    /// Told the keys of every session, for debugging; see `KeyLog`.
    public var keyLog: KeyLog?
    /// Told of every seal, in tests.
    public var sealLedger: SealLedger?

    public init(
        idleTimeout: TimeSpan = .seconds(60), joinTimeout: TimeSpan = .seconds(10),
        maximumDatagramBytes: Int = HelloExtensions.defaultDatagramBytes,
        keyLimits: KeyLimits = KeyLimits(), sealLedger: SealLedger? = nil
    ) {
        self.maximumDatagramBytes = maximumDatagramBytes
        self.idleTimeout = idleTimeout
        self.joinTimeout = joinTimeout
        self.keyLimits = keyLimits
        self.sealLedger = sealLedger
    }
}

public struct ClientEndpoint: ~Copyable {
    public enum State: Hashable, Sendable {
        case connecting
        case connected
        case closed(CloseReason)
    }

    public private(set) var state = State.connecting
    /// Where the server is; datagrams from elsewhere are ignored.
    public let server: NetworkAddress
    private let configuration: ClientEndpointConfiguration
    private var joining: Joining
    private var connection: Connection?
    private var packet = PacketScratch()
    /// When `handleTimeout` was last called.
    private var steppedAt: Instant

    /// - Parameter entropySeed: `SeededEntropy.seedBytes` bytes that no other endpoint ever uses.
    public init(
        token: ConnectToken, server: NetworkAddress, entropySeed: [UInt8], now: Instant,
        configuration: ClientEndpointConfiguration = ClientEndpointConfiguration()
    ) {
        var entropy = SeededEntropy(seed: entropySeed)
        self.server = server
        self.configuration = configuration
        steppedAt = now
        joining = Joining(
            ClientHandshake(
                token: token,
                extensions: HelloExtensions(
                    maximumDatagramBytes: configuration.maximumDatagramBytes,
                    window: configuration.window),
                entropy: &entropy),
            deadline: now + configuration.joinTimeout, now: now)
    }

    /// Takes in one datagram, which it opens in place. What is not genuine changes nothing.
    /// - Precondition: no packet is begun and unfinished.
    public mutating func handle(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, now: Instant
    ) -> ClientArrival {
        guard address == server else { return .nothing }
        switch state {
        case .connecting: return handleAnswer(datagram.bytes, now: now)
        case .connected: return handlePacket(&datagram, now: now)
        case .closed: return .nothing
        }
    }

    /// Writes a hello when one is due; call every step while `state` is `.connecting`.
    public mutating func pollHandshake(now: Instant, into batch: inout DatagramBatch) {
        guard case .connecting = state, !batch.isFull, let hello = joining.poll(now: now) else {
            return
        }
        batch.append(hello.rawBytes, to: server)
    }

    /// Does what is due, and ends a join or a connection that has been silent too long. Who calls
    /// this after a long time slept: then the server is asked at once whether it is still there.
    /// - Returns: why it ended, once.
    public mutating func handleTimeout(now: Instant) -> CloseReason? {
        let slept = now - steppedAt > TransportLimits.sleepGap
        steppedAt = now
        if slept { connection?.wake(now: now) }
        switch state {
        case .connecting:
            guard joining.deadline <= now else { return nil }
            return end(CloseReason(.unreachable))
        case .connected:
            guard connection!.nextTimeout() <= now, let reason = connection!.handleTimeout(now: now)
            else { return nil }
            return end(reason)
        case .closed:
            return nil
        }
    }

    /// When `pollHandshake`, `handleTimeout` or a packet will next be due.
    public var nextTimeout: Instant {
        switch state {
        case .connecting: min(joining.deadline, joining.nextHello)
        case .connected: connection!.nextWork()
        case .closed: .distantFuture
        }
    }

    /// True when the server leaves pings unanswered for longer than a good path explains. It may come
    /// back: a client does well to join anew beside this connection and to take what answers first.
    public func isUnanswered(now: Instant) -> Bool {
        connection?.isUnanswered(now: now) ?? false
    }

    /// Lets two packets go past congestion at once, to ask whether the server is there.
    public mutating func probe() { connection?.probesAllowed = 2 }

    private mutating func end(_ reason: CloseReason) -> CloseReason {
        state = .closed(reason)
        connection = nil
        return reason
    }

    private mutating func handleAnswer(_ datagram: RawSpan, now: Instant) -> ClientArrival {
        if let cookie = CookieReply(datagram) {
            joining.accept(cookie, now: now)
        } else if let reason = joining.handshake.refusal(in: datagram) {
            return .closed(end(CloseReason(.refused, "\(reason)")))
        } else if let outcome = joining.handshake.accept(datagram) {
            configuration.keyLog?.note(outcome.keys, connectionID: outcome.connectionID)
            let first = configuration.keyLimits.firstNumber
            connection = Connection(
                side: .client, id: outcome.connectionID, identity: ClientIdentity(identity: 0),
                peerMaximumDatagramBytes: outcome.extensions.maximumDatagramBytes,
                address: server,
                sealer: outcome.keys.clientSealer(
                    firstNumber: first, ledger: configuration.sealLedger),
                opener: outcome.keys.serverOpener(firstNumber: first),
                skipSalt: outcome.keys.clientSkipSalt, peerSkipSalt: outcome.keys.serverSkipSalt,
                keyLimits: configuration.keyLimits, idleTimeout: configuration.idleTimeout, now: now
            )
            connection!.agree(
                own: configuration.window, peer: outcome.extensions.messageWindow,
                queueLimit: configuration.queueLimit)
            connection!.mtu = PathMTU(
                ceiling: min(
                    outcome.extensions.maximumDatagramBytes, configuration.maximumDatagramBytes))
            state = .connected
            return .connected
        }
        return .nothing
    }

    private mutating func handlePacket(
        _ datagram: inout MutableRawSpan, now: Instant
    ) -> ClientArrival {
        var reader = ByteReader(datagram.bytes)
        let number: UInt32
        do throws(CodecError) {
            guard try PacketType(firstByte: reader.get(UInt8.self)) == .serverPacket else {
                return .nothing
            }
            number = try reader.get(UInt32.self)
        } catch {
            return .nothing
        }
        let payload: Range<Int>
        do throws(OpeningError) {
            payload = try connection!.open(
                &datagram, headerBytes: PacketHeader.serverBytes,
                number: connection!.number(from: number), now: now)
        } catch {
            return .nothing
        }
        do throws(CloseReason) {
            try connection!.receive(datagram.bytes.extracting(payload), now: now)
        } catch {
            return .closed(end(error))
        }
        return .packet(payload: payload)
    }
}

extension ClientEndpoint {
    /// The next message from the server; nil when there is none.
    public mutating func pollMessage() -> Message? { connection?.incoming.pollMessage() }

    /// The fate of another packet sent; nil when nothing new is known.
    public mutating func pollReceipt() -> Receipt? { connection?.receipts.popFirst() }

    /// Queues a message; see `ServerEndpoint.send`. False before the join is done.
    public mutating func send(
        _ message: [UInt8], delivery: Delivery, priority: Priority = .normal, now: Instant
    ) -> Bool {
        connection?.outgoing.send(message, delivery: delivery, priority: priority, now: now)
            ?? false
    }

    /// Queues a message of ordinary priority on an ordered stream.
    public mutating func send(_ message: [UInt8], stream: UInt8) -> Bool {
        send(message, delivery: .ordered(stream: stream), now: .zero)
    }

    /// True when the transport has something to send even if the application has not.
    public func needsPacket(now: Instant) -> Bool { connection?.needsPacket(now: now) ?? false }

    /// True when the server asks whether this end receives at its new address: it waits with
    /// everything else until it hears, so send a packet now and not at the next step.
    public var owesPathResponse: Bool { connection?.owesPathResponse() ?? false }

    /// Starts a packet; see `ServerEndpoint.beginPacket`.
    public mutating func beginPacket(reserving reserve: Int = 0, now: Instant) -> Bool {
        connection?.begin(&packet, reserving: reserve, now: now) ?? false
    }

    /// The largest frame body that is sure to fit the packet begun.
    public var packetRoom: Int { packet.room }

    /// Appends a frame to the packet begun; false, and nothing changes, when it does not fit.
    public mutating func appendFrame(_ type: FrameType, _ body: RawSpan) -> Bool {
        packet.append(type, body)
    }

    /// Seals the packet begun; see `ServerEndpoint.finishPacket`.
    public mutating func finishPacket(
        now: Instant, into batch: inout DatagramBatch
    ) -> UInt64? {
        connection!.finish(&packet, now: now, into: &batch)
    }

    /// Ends the connection and tells the server, once.
    public mutating func close(
        _ reason: CloseReason, now: Instant, into batch: inout DatagramBatch
    ) {
        connection?.sendClose(&packet, reason, now: now, into: &batch)
        _ = end(reason)
    }

    /// The server's clock minus this end's, by the fastest of the last pings; nil before the first.
    ///
    /// Add it to an `Instant` here for the `Instant` there; the error is at most half a round trip.
    public var serverTimeOffset: TimeSpan? { connection?.serverTimeOffset() }

    /// Nil before the join is done and after the connection ended.
    public var statistics: ConnectionStatistics? { connection?.currentStatistics() }
}
