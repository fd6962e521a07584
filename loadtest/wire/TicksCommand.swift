import ArgumentParser
import CairnBasics
import CairnRuntime
import CairnTransport
import CairnWire

/// What a tick of a crowd costs the transport alone: of each client one small packet in and one full
/// packet out, in one process and without the kernel, while other memory passes through the cache.
struct TicksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticks",
        abstract: "Nanoseconds of the transport a client-tick, in and out, for so many clients.")

    @Argument var clients = 4_000
    @Argument(help: "Ticks that are measured.") var ticks = 40
    @Option(help: "MiB of other memory that are read between the halves of a tick.") var other = 64

    func run() throws {
        let crowd = try Crowd(count: clients, otherMebibytes: other)
        for _ in 0..<4 { crowd.tick() }
        crowd.forget()
        for _ in 0..<ticks { crowd.tick() }
        let packets = ticks * clients
        print(
            """
            {"clients": \(clients), "inNs": \(crowd.receiving.nanoseconds / Int64(packets)), \
            "outNs": \(crowd.sending.nanoseconds / Int64(packets)), "lost": \(crowd.missed)}
            """)
    }
}

/// A server and its clients, in a time of their own.
final class Crowd {
    private var server: ServerEndpoint
    private var clients: [ClientBox] = []
    private var batch = DatagramBatch(capacity: 64)
    private var replies = DatagramBatch(capacity: 4_096, byteCapacity: 4_096 * 1_200)
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var other: [UInt8]
    private let steering = [UInt8](repeating: 3, count: 26)
    private let blocks = [UInt8](repeating: 7, count: 1_000)
    private(set) var receiving = TimeSpan.zero
    private(set) var sending = TimeSpan.zero
    private(set) var missed = 0

    final class ClientBox {
        var endpoint: ClientEndpoint
        let address: NetworkAddress
        var slot: ConnectionHandle?
        var outbox: [UInt8] = []

        init(_ token: ConnectToken, number: Int, now: Instant) {
            address = NetworkAddress(ipv4: 0x0a00_0000 + UInt32(number), port: 9_000)
            endpoint = ClientEndpoint(
                token: token, server: NetworkAddress(ipv4: 1, port: 1),
                entropySeed: systemEntropy(byteCount: 32), now: now)
        }
    }

    init(count: Int, otherMebibytes: Int) throws {
        other = [UInt8](repeating: 1, count: otherMebibytes << 20)
        var entropy = SeededEntropy(seed: systemEntropy(byteCount: 32))
        let key = TokenKey(entropy: &entropy)
        server = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: 1, maximumConnections: count, bytesPerSecond: nil),
            entropySeed: systemEntropy(byteCount: 32), now: now)
        for number in 1...count {
            let token = ConnectToken.issue(
                for: ClientIdentity(identity: UInt64(number)), serverID: 1, key: key,
                wallMilliseconds: 0, lifetimeMilliseconds: 1 << 40, entropy: &entropy)
            clients.append(ClientBox(token, number: number, now: now))
        }
        for _ in 0..<100 where !clients.allSatisfy({ $0.slot != nil }) { join() }
        guard clients.allSatisfy({ $0.slot != nil }) else {
            throw ValidationError("not all could join")
        }
    }

    func forget() {
        (receiving, sending) = (.zero, .zero)
        missed = 0
    }

    /// A second of joining.
    private func join() {
        now = now + .seconds(1)
        for client in clients where client.slot == nil {
            for _ in 0..<3 {
                client.endpoint.pollHandshake(now: now, into: &batch)
                let steering = steering
                if client.endpoint.state == .connected, client.endpoint.beginPacket(now: now) {
                    _ = client.endpoint.appendFrame(.steering, steering.rawBytes)
                    _ = client.endpoint.finishPacket(now: now, into: &batch)
                }
                for index in 0..<batch.count {
                    var bytes = batch.datagram(index)
                    if case .joined(let handle, _) = take(&bytes, from: client) {
                        client.slot = handle
                    }
                }
                batch.removeAll()
                for index in 0..<replies.count {
                    give(replies.datagram(index), to: client)
                }
                replies.removeAll()
            }
        }
    }

    func tick() {
        now = now + .milliseconds(50)
        for client in clients { write(client) }
        passOther()
        var start = threadCPUTime()
        receive()
        receiving = receiving + (threadCPUTime() - start)
        passOther()
        var first = 0
        while first < clients.count {
            let stretch = first..<min(first + batch.capacity, clients.count)
            start = threadCPUTime()
            for index in stretch { send(to: clients[index]) }
            sending = sending + (threadCPUTime() - start)
            if batch.count != stretch.count { missed += stretch.count - batch.count }
            for index in 0..<min(batch.count, stretch.count) {
                give(batch.datagram(index), to: clients[first + index])
            }
            batch.removeAll()
            first = stretch.upperBound
        }
    }

    private func write(_ client: ClientBox) {
        guard client.endpoint.beginPacket(now: now) else {
            missed += 1
            return
        }
        let steering = steering
        _ = client.endpoint.appendFrame(.steering, steering.rawBytes)
        _ = client.endpoint.finishPacket(now: now, into: &batch)
        client.outbox = batch.datagram(0)
        batch.removeAll()
    }

    private func receive() {
        for index in clients.indices {
            if index + 2 < clients.count {
                let bytes = clients[index + 2].outbox
                server.expect(bytes.rawBytes)
            }
            guard case .packet(let handle, _) = take(&clients[index].outbox, from: clients[index])
            else {
                missed += 1
                continue
            }
            while server.pollMessage(from: handle) != nil {}
            while server.pollReceipt(from: handle) != nil {}
        }
    }

    private func take(_ bytes: inout [UInt8], from client: ClientBox) -> Arrival {
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        return server.handle(
            &raw, from: client.address, now: now, wallMilliseconds: 0, replies: &replies)
    }

    private func send(to client: ClientBox) {
        guard let slot = client.slot, server.beginPacket(to: slot, now: now) else {
            missed += 1
            return
        }
        let blocks = blocks
        _ = server.appendFrame(.tick, blocks.rawBytes)
        _ = server.finishPacket(now: now, into: &batch)
    }

    private func give(_ datagram: [UInt8], to client: ClientBox) {
        var bytes = datagram
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        _ = client.endpoint.handle(&raw, from: NetworkAddress(ipv4: 1, port: 1), now: now)
        while client.endpoint.pollReceipt() != nil {}
    }

    /// What a world does in between.
    private func passOther() {
        var index = 0
        while index < other.count {
            other[index] &+= 1
            index += 64
        }
    }
}
