import ArgumentParser
import CairnBasics
import CairnRuntime
import CairnTransport
import CairnWire
import Glibc

/// The two ends of scripts/checks/roaming: numbered reliable messages both ways, every tick, while
/// something changes the client's address.
struct RoamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roam",
        abstract: "Exchange numbered messages while the client's address changes.",
        discussion: """
            `roam serve ADDRESS` prints the address it got and a token; `roam join ADDRESS TOKEN` \
            joins it. Both end after some seconds and print what they saw as JSON.
            """)

    @Argument(help: "serve or join.") var role: String
    @Argument(help: "The server's address.") var address: String
    @Argument(help: "The token that the server printed.") var token: String?
    @Option var seconds = 6
    @Option(help: "Milliseconds of a tick.") var tick = 50

    func run() throws {
        guard let address = NetworkAddress(address) else {
            throw ValidationError("no address: \(address)")
        }
        let period = TimeSpan.milliseconds(Int64(tick))
        if role == "serve" {
            try RoamServer(address: address).run(seconds: seconds, period: period)
        } else {
            guard let token = token.flatMap(ConnectToken.init(text:)) else {
                throw ValidationError("no token")
            }
            try RoamClient(server: address, token: token).run(seconds: seconds, period: period)
        }
    }
}

/// Numbers that must come as 0, 1, 2, …
struct Sequence {
    private(set) var next: UInt32 = 0
    private(set) var faults = 0

    mutating func take(_ bytes: [UInt8]) {
        guard bytes.count == 400, let number = Self.number(bytes), number == next else {
            faults += 1
            return
        }
        next += 1
    }

    /// A message of 400 bytes that begins with its number.
    static func message(_ number: UInt32) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 400)
        for byte in 0..<4 { bytes[byte] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(byte))) }
        return bytes
    }

    private static func number(_ bytes: [UInt8]) -> UInt32? {
        bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// When packets came, by the machine's monotonic clock, which whoever moves the client reads as well.
struct Arrivals {
    private var all: [Instant] = []
    var count: Int { all.count }

    mutating func note(_ now: Instant) { all.append(now) }

    var milliseconds: String {
        let times = all.map { "\(Double($0.nanoseconds / 1_000) / 1e3)" }
        return "[\(times.joined(separator: ", "))]"
    }
}

final class RoamServer: DatagramReceiver {
    private let loop: Loop
    private var endpoint: ServerEndpoint
    private var socket: DatagramSocket?
    private var batch = DatagramBatch(capacity: 64)
    private let token: String
    private var received = Sequence()
    private var sent: UInt32 = 0
    private var handles: Set<ConnectionHandle> = []

    init(address: NetworkAddress) throws {
        loop = try Loop()
        var entropy = SeededEntropy(seed: systemEntropy(byteCount: 32))
        let key = TokenKey(entropy: &entropy)
        token =
            ConnectToken.issue(
                for: ClientIdentity(identity: 1), serverID: 1, key: key,
                wallMilliseconds: wallClockMilliseconds(), lifetimeMilliseconds: 60_000,
                entropy: &entropy
            ).text
        endpoint = ServerEndpoint(
            configuration: ServerEndpointConfiguration(tokenKeys: [key], serverID: 1),
            entropySeed: systemEntropy(byteCount: 32), now: MonotonicClock.now())
        socket = try DatagramSocket(loop: loop, address: address, receiver: self)
    }

    func run(seconds: Int, period: TimeSpan) throws {
        print("\(socket!.localAddress) \(token)")
        fflush(nil)  // Whoever started this waits for the line.
        let end = MonotonicClock.now() + .seconds(Int64(seconds))
        let timer = try RepeatingTimer(loop: loop, period: period) { [self] _ in
            tick(sending: MonotonicClock.now() < end)
            if MonotonicClock.now() > end + .seconds(2) { loop.stop() }
        }
        loop.run()
        timer.close()
        let moves = endpoint.handle(at: 0).flatMap { endpoint.statistics(of: $0) }?.addressChanges
        print(
            """
            {"sent": \(sent), "received": \(received.next), "faults": \(received.faults), \
            "connections": \(handles.count), "addressChanges": \(moves ?? 0)}
            """)
        socket?.close()
    }

    private func tick(sending: Bool) {
        let now = MonotonicClock.now()
        _ = endpoint.handleTimeout(now: now)
        guard let handle = endpoint.handle(at: 0) else { return }
        if sending, endpoint.send(Sequence.message(sent), stream: 1, to: handle) { sent += 1 }
        var owesTick = true
        while owesTick || endpoint.needsPacket(to: handle, now: now) {
            guard endpoint.beginPacket(to: handle, now: now) else { break }
            if owesTick { _ = endpoint.appendFrame(.tick, [1, 2, 3].rawBytes) }
            owesTick = false
            guard endpoint.finishPacket(now: now, into: &batch) != nil, !batch.isFull else { break }
        }
        flush()
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let now = MonotonicClock.now()
        let arrival = endpoint.handle(
            &datagram, from: address, now: now, wallMilliseconds: wallClockMilliseconds(),
            replies: &batch)
        let handle: ConnectionHandle
        switch arrival {
        case .joined(let joined, _): handle = joined
        case .packet(let known, _): handle = known
        default: return
        }
        handles.insert(handle)
        while endpoint.pollReceipt(from: handle) != nil {}
        while let message = endpoint.pollMessage(from: handle) { received.take(message.bytes) }
    }

    func receiveEnded(on socket: DatagramSocket) { flush() }

    private func flush() {
        socket?.send(batch)
        batch.removeAll()
    }
}

final class RoamClient: DatagramReceiver {
    private let loop: Loop
    private var endpoint: ClientEndpoint
    private var socket: DatagramSocket?
    private var batch = DatagramBatch(capacity: 64)
    private var received = Sequence()
    private var packets = Arrivals()
    private var sent: UInt32 = 0

    init(server: NetworkAddress, token: ConnectToken) throws {
        loop = try Loop()
        endpoint = ClientEndpoint(
            token: token, server: server, entropySeed: systemEntropy(byteCount: 32),
            now: MonotonicClock.now())
        // As ConnectedClient: from wherever the route leads.
        let local = NetworkAddress(ipv4: 0, port: 0)
        socket = try DatagramSocket(loop: loop, address: local, receiver: self)
    }

    func run(seconds: Int, period: TimeSpan) throws {
        let end = MonotonicClock.now() + .seconds(Int64(seconds))
        let timer = try RepeatingTimer(loop: loop, period: period) { [self] _ in
            tick(sending: MonotonicClock.now() < end)
            if MonotonicClock.now() > end + .seconds(2) { loop.stop() }
        }
        loop.run()
        timer.close()
        print(
            """
            {"sent": \(sent), "received": \(received.next), "faults": \(received.faults), \
            "connected": \(endpoint.state == .connected), \
            "unsent": \(socket?.statistics.failedDatagrams ?? 0), \
            "arrivalsMs": \(packets.milliseconds)}
            """)
        socket?.close()
    }

    private func tick(sending: Bool) {
        let now = MonotonicClock.now()
        _ = endpoint.handleTimeout(now: now)
        endpoint.pollHandshake(now: now, into: &batch)
        if endpoint.state == .connected {
            if sending, endpoint.send(Sequence.message(sent), stream: 1) { sent += 1 }
            transmit(now: now)
        }
        flush()
    }

    private func transmit(now: Instant) {
        while endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) {
            guard endpoint.finishPacket(now: now, into: &batch) != nil, !batch.isFull else {
                return
            }
        }
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let now = MonotonicClock.now()
        guard case .packet = endpoint.handle(&datagram, from: address, now: now) else { return }
        packets.note(now)
        while endpoint.pollReceipt() != nil {}
        while let message = endpoint.pollMessage() { received.take(message.bytes) }
    }

    func receiveEnded(on socket: DatagramSocket) {
        if endpoint.owesPathResponse { transmit(now: MonotonicClock.now()) }
        flush()
    }

    private func flush() {
        socket?.send(batch)
        batch.removeAll()
    }
}
