// Both ends of an echo in one thread, on a loop each, so that one end's turns can be counted in
// processor time and the other's not. The server does what `cairn serve` does with a datagram.

import CairnBasics
import CairnRuntime
import CairnTransport
import CairnWire

/// Sends every datagram back as it came.
final class PlainServer: DatagramReceiver {
    private var replies = DatagramBatch(capacity: 64, byteCapacity: 64 * 2_048)
    private(set) var echoed = 0

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        if replies.isFull { send(on: socket) }
        replies.append(datagram.bytes, to: address)
        echoed += 1
    }

    func receiveEnded(on socket: DatagramSocket) { send(on: socket) }

    private func send(on socket: DatagramSocket) {
        socket.send(replies)
        replies.removeAll()
    }
}

/// Counts what comes.
final class Counter: DatagramReceiver {
    private(set) var received = 0

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) { received += 1 }
}

/// Opens every packet and sends its frames back, sealed, with the acknowledgement.
final class SealedServer: DatagramReceiver {
    static let id: UInt64 = 1
    @exclusivity(unchecked) var endpoint: ServerEndpoint
    let key: TokenKey
    private var replies = DatagramBatch(capacity: 64)
    private(set) var echoed = 0
    /// False to only take packets in.
    var echoes = true
    /// Read once a burst, as `cairn serve` does.
    private var wallMilliseconds: UInt64?

    init(peers: Int) {
        var entropy = SeededEntropy(seed: systemEntropy(byteCount: 32))
        key = TokenKey(entropy: &entropy)
        endpoint = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: Self.id, maximumConnections: peers,
                bytesPerSecond: nil, packetsPerSecond: 1 << 30),
            entropySeed: systemEntropy(byteCount: 32), now: MonotonicClock.now())
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let now = MonotonicClock.now()
        if replies.isFull { send(on: socket) }
        let wallMilliseconds = wallMilliseconds ?? wallClockMilliseconds()
        self.wallMilliseconds = wallMilliseconds
        let arrival = endpoint.handle(
            &datagram, from: address, now: now, wallMilliseconds: wallMilliseconds,
            replies: &replies)
        guard case .packet(let handle, let payload) = arrival else { return }
        while endpoint.pollReceipt(from: handle) != nil {}
        while endpoint.pollMessage(from: handle) != nil {}
        if echoes { echo(datagram.bytes.extracting(payload), to: handle, now: now) }
    }

    private func echo(_ payload: RawSpan, to handle: ConnectionHandle, now: Instant) {
        var frames = FrameReader(payload)
        while let frame = try? frames.next() {
            guard !frame.type.isTransport else { continue }
            guard endpoint.beginPacket(to: handle, now: now) else { return }
            _ = endpoint.appendFrame(frame.type, frame.body)
            if endpoint.finishPacket(now: now, into: &replies) != nil { echoed += 1 }
        }
    }

    /// Sends what the transport owes everybody.
    func step(on socket: DatagramSocket) {
        let now = MonotonicClock.now()
        for index in 0..<endpoint.slotCount {
            guard let handle = endpoint.handle(at: index) else { continue }
            while endpoint.needsPacket(to: handle, now: now),
                endpoint.beginPacket(to: handle, now: now)
            {
                guard endpoint.finishPacket(now: now, into: &replies) != nil else { break }
                if replies.isFull { send(on: socket) }
            }
        }
        send(on: socket)
    }

    func receiveEnded(on socket: DatagramSocket) {
        wallMilliseconds = nil
        send(on: socket)
    }

    private func send(on socket: DatagramSocket) {
        socket.send(replies)
        replies.removeAll()
    }
}

/// A whole client on a socket of its own.
final class SealedClient: DatagramReceiver {
    var endpoint: ClientEndpoint
    private var batch = DatagramBatch(capacity: 64)
    private var socket: DatagramSocket?
    private(set) var answers = 0

    init(identity: UInt64, server: NetworkAddress, key: TokenKey, loop: Loop) throws {
        var entropy = SeededEntropy(seed: systemEntropy(byteCount: 32))
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: identity), serverID: SealedServer.id, key: key,
            wallMilliseconds: wallClockMilliseconds(), lifetimeMilliseconds: 60_000,
            entropy: &entropy)
        endpoint = ClientEndpoint(
            token: token, server: server, entropySeed: systemEntropy(byteCount: 32),
            now: MonotonicClock.now())
        socket = try DatagramSocket(loop: loop, address: anyPort, receiver: self)
    }

    /// Joins, answers and acknowledges: whatever the transport owes.
    func step() {
        let now = MonotonicClock.now()
        _ = endpoint.handleTimeout(now: now)
        endpoint.pollHandshake(now: now, into: &batch)
        while !batch.isFull, endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) {
            guard endpoint.finishPacket(now: now, into: &batch) != nil else { break }
        }
        flush()
    }

    /// Sends `count` packets with one frame each.
    func send(_ body: [UInt8], count: Int) -> Int {
        let now = MonotonicClock.now()
        var sent = 0
        while sent < count, !batch.isFull, endpoint.beginPacket(now: now) {
            let fits = endpoint.appendFrame(.tick, body.rawBytes)
            guard endpoint.finishPacket(now: now, into: &batch) != nil, fits else { break }
            sent += 1
        }
        flush()
        return sent
    }

    private func flush() {
        socket?.send(batch)
        batch.removeAll()
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let arrival = endpoint.handle(&datagram, from: address, now: MonotonicClock.now())
        if case .packet(let payload) = arrival {
            var frames = FrameReader(datagram.bytes.extracting(payload))
            while let frame = try? frames.next() { if !frame.type.isTransport { answers += 1 } }
        }
        while endpoint.pollReceipt() != nil {}
        while endpoint.pollMessage() != nil {}
    }
}

/// 127.0.0.1 with a port that the system chooses.
let anyPort = NetworkAddress(ipv4: 0x7f00_0001, port: 0)
