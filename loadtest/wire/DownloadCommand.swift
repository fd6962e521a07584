import ArgumentParser
import CairnBasics
import CairnRuntime
import CairnTransport
import CairnWire

/// One end of a download: `wirebench download --listen ADDRESS` has more to send than any path takes,
/// `wirebench download --from ADDRESS` takes it. Each prints what it saw when the time is up;
/// loadtest/fairness runs them beside a TCP.
struct DownloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "One end of a download as fast as the path allows.")

    @Option(help: "Send from this address and port.") var listen: String?
    @Option(help: "Download from this address and port.") var from: String?
    @Option(help: "Seconds to run.") var seconds: Int = 30
    @Option(help: "Seconds at the start that do not count.") var warmUp: Int = 0
    @Option(help: "The largest datagram taken and sent.") var maximumDatagram: Int = 1_200

    func run() throws {
        let loop = try Loop()
        if let listen = listen.flatMap(NetworkAddress.init) {
            try DownloadServer(loop: loop, address: listen, maximumDatagramBytes: maximumDatagram)
                .run(for: .seconds(Int64(seconds)))
        } else if let from = from.flatMap(NetworkAddress.init) {
            try DownloadClient(loop: loop, server: from, maximumDatagramBytes: maximumDatagram)
                .run(for: .seconds(Int64(seconds)), warmUp: .seconds(Int64(warmUp)))
        } else {
            throw ValidationError("say where to --listen or what to download --from")
        }
    }
}

/// Both ends make the same token key: they measure, and protect nothing.
private func measuringKey() -> TokenKey {
    var entropy = SeededEntropy(seed: [UInt8](repeating: 7, count: SeededEntropy.seedBytes))
    return TokenKey(entropy: &entropy)
}

/// How often an end looks whether it may send, in between what comes in.
private let period = TimeSpan.milliseconds(1)

private final class DownloadServer: DatagramReceiver {
    private let loop: Loop
    private var endpoint: ServerEndpoint
    private var batch = DatagramBatch(capacity: 256, byteCapacity: 1_024 * 1_024)
    private let message = [UInt8](repeating: 7, count: 60_000)
    private let room: Int
    private var socket: DatagramSocket?
    private var timer: RepeatingTimer?

    init(loop: Loop, address: NetworkAddress, maximumDatagramBytes: Int) throws {
        self.loop = loop
        room = maximumDatagramBytes
        endpoint = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [measuringKey()], serverID: SealedServer.id,
                bytesPerSecond: nil, maximumDatagramBytes: maximumDatagramBytes),
            entropySeed: systemEntropy(byteCount: 32), now: MonotonicClock.now())
        socket = try DatagramSocket(loop: loop, address: address, receiver: self)
    }

    func run(for span: TimeSpan) throws {
        let end = MonotonicClock.now() + span
        timer = try RepeatingTimer(loop: loop, period: period) { [weak self] _ in
            guard let self else { return }
            _ = endpoint.handleTimeout(now: MonotonicClock.now())
            send()
            if MonotonicClock.now() >= end { loop.stop() }
        }
        loop.run()
        report()
    }

    private func report() {
        for index in 0..<endpoint.slotCount {
            guard let handle = endpoint.handle(at: index),
                let statistics = endpoint.statistics(of: handle)
            else { continue }
            print(
                """
                {"packetsSent":\(statistics.packetsSent),"packetsLost":\(statistics.packetsLost),\
                "packetsLate":\(statistics.packetsLate),"window":\(statistics.congestionWindow),\
                "isCompeting":\(statistics.isCompeting),"datagram":\(statistics.datagramBytes),\
                "minimumRoundTripMs":\(statistics.minimumRoundTrip.milliseconds),\
                "roundTripMs":\(statistics.roundTrip?.milliseconds ?? 0)}
                """)
        }
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let arrival = endpoint.handle(
            &datagram, from: address, now: MonotonicClock.now(),
            wallMilliseconds: wallClockMilliseconds(), replies: &batch)
        guard case .packet(let handle, _) = arrival else { return }
        while endpoint.pollReceipt(from: handle) != nil {}
        while endpoint.pollMessage(from: handle) != nil {}
    }

    func receiveEnded(on socket: DatagramSocket) { send() }

    private func send() {
        let now = MonotonicClock.now()
        for index in 0..<endpoint.slotCount {
            guard let handle = endpoint.handle(at: index) else { continue }
            while endpoint.send(message, delivery: .ordered(stream: 0), to: handle, now: now) {}
            while endpoint.needsPacket(to: handle, now: now),
                endpoint.beginPacket(to: handle, now: now)
            {
                guard endpoint.finishPacket(now: now, into: &batch) != nil else { break }
                if batch.room < room { flush() }
            }
        }
        flush()
    }

    private func flush() {
        socket?.send(batch)
        batch.removeAll()
    }
}

private final class DownloadClient: DatagramReceiver {
    private let loop: Loop
    private var endpoint: ClientEndpoint
    private var batch = DatagramBatch(capacity: 64, byteCapacity: 256 * 1_024)
    private var socket: DatagramSocket?
    private var timer: RepeatingTimer?
    private var received = 0
    private var messageBytes = 0
    private var counted = (datagrams: 0, messages: 0)

    init(loop: Loop, server: NetworkAddress, maximumDatagramBytes: Int) throws {
        self.loop = loop
        var entropy = SeededEntropy(seed: systemEntropy(byteCount: 32))
        let key = measuringKey()
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: entropy.word()), serverID: SealedServer.id, key: key,
            wallMilliseconds: wallClockMilliseconds(), lifetimeMilliseconds: 600_000,
            entropy: &entropy)
        endpoint = ClientEndpoint(
            token: token, server: server, entropySeed: systemEntropy(byteCount: 32),
            now: MonotonicClock.now(),
            configuration: ClientEndpointConfiguration(maximumDatagramBytes: maximumDatagramBytes))
        let any = NetworkAddress(ipv4: 0, port: 0)
        socket = try DatagramSocket(loop: loop, address: any, receiver: self)
    }

    func run(for span: TimeSpan, warmUp: TimeSpan) throws {
        let start = MonotonicClock.now()
        timer = try RepeatingTimer(loop: loop, period: period) { [weak self] _ in
            guard let self else { return }
            let now = MonotonicClock.now()
            step()
            if now - start < warmUp { counted = (received, messageBytes) }
            if now - start >= span { loop.stop() }
        }
        loop.run()
        let seconds = (span - warmUp).seconds
        let megabits = Double(received - counted.datagrams) * 8 / seconds / 1e6
        let goodput = Double(messageBytes - counted.messages) * 8 / seconds / 1e6
        print("{\"megabits\":\(megabits),\"goodputMegabits\":\(goodput)}")
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        received += datagram.byteCount
        _ = endpoint.handle(&datagram, from: address, now: MonotonicClock.now())
        while endpoint.pollReceipt() != nil {}
        while let message = endpoint.pollMessage() { messageBytes += message.bytes.count }
    }

    func receiveEnded(on socket: DatagramSocket) { step() }

    private func step() {
        let now = MonotonicClock.now()
        _ = endpoint.handleTimeout(now: now)
        endpoint.pollHandshake(now: now, into: &batch)
        while !batch.isFull, endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) {
            guard endpoint.finishPacket(now: now, into: &batch) != nil else { break }
        }
        socket?.send(batch)
        batch.removeAll()
    }
}
