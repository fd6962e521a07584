import ArgumentParser
import CairnBasics
import CairnRuntime
import CairnTransport
import CairnWire
import Glibc

/// The two ends of loadtest/bulk: so many MiB as reliable messages, sealed, as fast as they go.
struct BulkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bulk",
        abstract: "Send many reliable bytes as fast as they go.",
        discussion: """
            `bulk serve ADDRESS` prints the address it got and a token; `bulk join ADDRESS TOKEN` \
            joins it, takes everything and prints the goodput as JSON.
            """)

    @Argument(help: "serve or join.") var role: String
    @Argument(help: "The server's address.") var address: String
    @Argument(help: "The token that the server printed.") var token: String?
    @Option(help: "MiB to send.") var mebibytes = 64
    @Option(help: "KiB of a message.") var message = 64
    @Option(help: "The largest datagram that this end takes.") var datagram = 65_000

    func run() throws {
        guard let address = NetworkAddress(address) else {
            throw ValidationError("no address: \(address)")
        }
        let messages = mebibytes * 1_024 / message
        if role == "serve" {
            let server = try BulkServer(
                address: address, messages: messages, messageBytes: message * 1_024,
                datagramBytes: datagram)
            server.run()
        } else {
            guard let token = token.flatMap(ConnectToken.init(text:)) else {
                throw ValidationError("no token")
            }
            let client = try BulkClient(
                server: address, token: token, messages: messages, datagramBytes: datagram)
            try client.run()
        }
    }
}

final class BulkServer: DatagramReceiver {
    private let loop: Loop
    private var endpoint: ServerEndpoint
    private var socket: DatagramSocket?
    private var batch = DatagramBatch(capacity: 512, byteCapacity: 1_048_576)
    private let token: String
    private let message: [UInt8]
    private let messages: Int
    private var sent = 0
    private var handle: ConnectionHandle?

    init(
        address: NetworkAddress, messages: Int, messageBytes: Int, datagramBytes: Int
    ) throws {
        loop = try Loop()
        self.messages = messages
        message = (0..<messageBytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var entropy = SeededEntropy(seed: systemEntropy(byteCount: 32))
        let key = TokenKey(entropy: &entropy)
        token =
            ConnectToken.issue(
                for: ClientIdentity(identity: 1), servers: [1], key: key,
                wallMilliseconds: wallClockMilliseconds(), lifetimeMilliseconds: 60_000,
                entropy: &entropy
            ).text
        endpoint = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: 1, bytesPerSecond: nil, packetsPerSecond: 1 << 30,
                maximumDatagramBytes: datagramBytes),
            entropySeed: systemEntropy(byteCount: 32), now: MonotonicClock.now())
        socket = try DatagramSocket(loop: loop, address: address, receiver: self)
    }

    func run() {
        print("\(socket!.localAddress) \(token)")
        fflush(nil)  // Whoever started this waits for the line.
        let timer = try? RepeatingTimer(loop: loop, period: .milliseconds(1)) { [self] _ in
            for closed in endpoint.handleTimeout(now: MonotonicClock.now())
            where closed.handle == handle {
                loop.stop()
            }
            transmit()
        }
        loop.run()
        timer?.close()
        let statistics = socket?.statistics ?? DatagramStatistics()
        print(
            """
            {"datagrams": \(statistics.sentDatagrams), "messages": \(statistics.sentMessages), \
            "dropped": \(statistics.droppedDatagrams), "cpuSeconds": \(processCPUTime().seconds)}
            """)
        socket?.close()
    }

    private func transmit() {
        guard let handle else { return flush() }
        let now = MonotonicClock.now()
        while sent < messages, endpoint.send(message, stream: 1, to: handle) { sent += 1 }
        while endpoint.needsPacket(to: handle, now: now) {
            guard endpoint.beginPacket(to: handle, now: now),
                endpoint.finishPacket(now: now, into: &batch) != nil
            else { break }
            if !batch.hasRoom(for: 1, of: 16_384) { flush() }
            while sent < messages, endpoint.send(message, stream: 1, to: handle) { sent += 1 }
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
        switch arrival {
        case .joined(let joined, _): handle = joined
        case .closed: loop.stop()
        default: break
        }
        guard let handle else { return }
        while endpoint.pollReceipt(from: handle) != nil {}
    }

    func receiveEnded(on socket: DatagramSocket) { transmit() }

    private func flush() {
        socket?.send(batch)
        batch.removeAll()
    }
}

final class BulkClient: DatagramReceiver {
    private let loop: Loop
    private var endpoint: ClientEndpoint
    private var socket: DatagramSocket?
    private var batch = DatagramBatch(capacity: 64)
    private let messages: Int
    private var received = 0
    private var bytes = 0
    private var isIntact = true
    private var startedAt: Instant?
    private var endedAt: Instant?

    init(
        server: NetworkAddress, token: ConnectToken, messages: Int, datagramBytes: Int
    ) throws {
        loop = try Loop()
        self.messages = messages
        endpoint = ClientEndpoint(
            token: token, server: server, entropySeed: systemEntropy(byteCount: 32),
            now: MonotonicClock.now(),
            configuration: ClientEndpointConfiguration(maximumDatagramBytes: datagramBytes))
        socket = try DatagramSocket(loop: loop, address: anyPort, receiver: self)
    }

    func run() throws {
        let limit = MonotonicClock.now() + .seconds(120)
        let timer = try RepeatingTimer(loop: loop, period: .milliseconds(5)) { [self] _ in
            let now = MonotonicClock.now()
            _ = endpoint.handleTimeout(now: now)
            endpoint.pollHandshake(now: now, into: &batch)
            transmit(now: now)
            if endedAt != nil || now > limit { loop.stop() }
        }
        loop.run()
        timer.close()
        endpoint.close(CloseReason(.normal), now: MonotonicClock.now(), into: &batch)
        flush()
        guard received == messages, isIntact, let startedAt, let endedAt else {
            throw ValidationError("\(received) of \(messages) messages came, intact: \(isIntact)")
        }
        let seconds = (endedAt - startedAt).seconds
        let statistics = socket?.statistics ?? DatagramStatistics()
        print(
            """
            {"gigabitsPerSecond": \(Double(bytes) * 8 / seconds / 1e9), "seconds": \(seconds), \
            "bytes": \(bytes), "datagrams": \(statistics.receivedDatagrams), \
            "messages": \(statistics.receivedMessages), "kernelDrops": \(socket?.kernelDropCount ?? 0), \
            "cpuSeconds": \(processCPUTime().seconds)}
            """)
        socket?.close()
    }

    private func transmit(now: Instant) {
        while endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) {
            guard endpoint.finishPacket(now: now, into: &batch) != nil, !batch.isFull else { break }
        }
        flush()
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let now = MonotonicClock.now()
        guard case .packet = endpoint.handle(&datagram, from: address, now: now) else { return }
        while endpoint.pollReceipt() != nil {}
        while let message = endpoint.pollMessage() {
            startedAt = startedAt ?? now
            received += 1
            bytes += message.bytes.count
            isIntact =
                isIntact
                && message.bytes.last == UInt8(truncatingIfNeeded: (message.bytes.count - 1) &* 31)
            if received == messages { endedAt = now }
        }
    }

    func receiveEnded(on socket: DatagramSocket) { transmit(now: MonotonicClock.now()) }

    private func flush() {
        socket?.send(batch)
        batch.removeAll()
    }
}
