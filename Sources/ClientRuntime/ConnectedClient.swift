// A client on a real socket: what a program on Linux links with. One loop may carry thousands.

public import CairnBasics
public import CairnClient
public import CairnRuntime
public import CairnWire

/// A `WorldClient` with its own UDP socket on a loop.
///
/// The owner calls `update` once a frame, or at the world's tick rate; datagrams come in by
/// themselves in between. Everything happens on the loop's thread.
///
/// A client that can get new tokens comes back by itself when the connection is lost, or the server
/// is: after half a second, then after twice as long each time, ten seconds at most. Whom the
/// server has put out stays out. While a server is silent for some seconds, or after a sleep, it
/// tries to join beside the session that it has, and goes on with what answers first.
public final class ConnectedClient: DatagramReceiver {
    static let firstPause = TimeSpan.milliseconds(500)
    static let longestPause = TimeSpan.seconds(10)

    public var client: WorldClient
    private var socket: DatagramSocket?
    private var batch: DatagramBatch
    private let renewToken: (() -> ConnectToken?)?
    private var pause = ConnectedClient.firstPause
    private var returnsAt: Instant?
    private var wasPresent = false

    /// Opens a socket on a free port and starts to join.
    ///
    /// - Parameter renewToken: Gives a token of the same identity for another join, or nil where
    ///   there is none now; without it the client does not come back.
    public init(
        _ configuration: ClientConfiguration, loop: Loop,
        renewToken: (() -> ConnectToken?)? = nil
    ) throws(LoopError) {
        self.renewToken = renewToken
        var seed = systemEntropy(byteCount: SeededEntropy.seedBytes)
        defer { wipe(&seed) }
        client = WorldClient(configuration, entropySeed: seed, now: MonotonicClock.now())
        batch = DatagramBatch(capacity: 8)
        let local =
            configuration.server.ipv4 == nil
            ? NetworkAddress(high: 0, low: 0, port: 0) : NetworkAddress(ipv4: 0, port: 0)
        // A client gets some packets a tick; the server's buffers would cost gigabytes here.
        socket = try DatagramSocket(
            loop: loop, address: local, bufferBytes: 256 * 1_024, receiver: self)
    }

    /// Lets the client do what is due and sends what it has to say.
    public func update() {
        let now = MonotonicClock.now()
        comeBack(now: now)
        while client.pollTransmit(into: &batch, now: now) {
            socket?.send(batch)
            batch.removeAll()
        }
    }

    /// True from the loss of the connection until the client is in the world again.
    public var isReconnecting: Bool {
        wasPresent && !client.isPresent && renewToken != nil
            && client.ended?.isWorthATry ?? true
    }

    private func comeBack(now: Instant) {
        if client.isPresent { wasPresent = true }
        guard wasPresent, socket != nil, let renewToken else { return }
        guard client.ended?.isWorthATry ?? client.isUnanswered(now: now) else {
            if client.ended == nil { (pause, returnsAt) = (Self.firstPause, nil) }
            return
        }
        guard !client.isJoiningBeside else { return }
        guard let returnsAt else {
            // Not all of a crowd at once: up to half as long again.
            let spread = Int64.random(in: 0...pause.nanoseconds / 2)
            returnsAt = now + pause + TimeSpan(nanoseconds: spread)
            pause = min(pause * 2, Self.longestPause)
            return
        }
        guard now >= returnsAt else { return }
        self.returnsAt = nil
        guard let token = renewToken() else { return }
        var seed = systemEntropy(byteCount: SeededEntropy.seedBytes)
        defer { wipe(&seed) }
        if client.ended == nil {
            client.joinBeside(token: token, entropySeed: seed, now: now)
        } else {
            client.reconnect(token: token, entropySeed: seed, now: now)
        }
    }

    /// Says goodbye and gives the port back; the client gets no more datagrams.
    public func close() {
        client.leave(into: &batch, now: MonotonicClock.now())
        socket?.send(batch)
        batch.removeAll()
        socket?.close()
        socket = nil
    }

    public func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        client.handle(&datagram, from: address, now: MonotonicClock.now())
    }

    public func receiveEnded(on socket: DatagramSocket) {
        if client.owesPathResponse { update() }
    }
}

extension CloseReason {
    /// True where the next try may go better; false where somebody has decided.
    fileprivate var isWorthATry: Bool {
        switch code {
        case .idle, .unreachable, .shutdown, .keyExhausted, .overrun, .refused: true
        case .normal, .protocolViolation, .removed: false
        }
    }
}
