import ArgumentParser
import CairnBasics
import CairnRuntime
import CairnTransport
import CairnWire

/// What a packet costs that names a connection and is not from its peer.
struct ForgeryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forgery",
        abstract: "Nanoseconds that a forged packet costs a server, end to end.")

    @Argument(help: "Bytes of the datagram.") var bytes = 200
    @Argument var packets = 400_000

    func run() throws {
        let (loop, driving) = (try Loop(), try Loop())
        let server = SealedServer(peers: 1)
        let tap = Tap(server)
        let socket = try DatagramSocket(loop: loop, address: anyPort, receiver: tap)
        let client = try SealedClient(
            identity: 1, server: socket.localAddress, key: server.key, loop: driving)
        while !client.settled {
            client.step()
            loop.poll()
            server.step(on: socket)
            driving.poll()
        }
        guard let genuine = tap.last, let source = tap.source else {
            throw ValidationError("no packet was seen")
        }
        var best = Int.max
        for _ in 0..<5 {
            let cost = forge(genuine, from: source, to: server)
            best = min(best, cost)
        }
        let counters = server.endpoint.counters
        guard counters.forgeriesRefused + counters.replaysRefused == UInt64(5 * packets) else {
            throw ValidationError("not all were refused as forged: \(counters)")
        }
        print("{\"bytes\": \(bytes), \"forgedNs\": \(best)}")
    }

    /// Type and id of the genuine packet, a number that is new, and nonsense.
    private func forge(
        _ genuine: [UInt8], from source: NetworkAddress, to server: SealedServer
    ) -> Int {
        var packet = [UInt8](repeating: 0x5a, count: bytes)
        packet.replaceSubrange(0..<13, with: genuine[0..<13])
        packet.replaceSubrange(9..<13, with: [0, 0, 1, 0])
        var replies = DatagramBatch(capacity: 4)
        let start = threadCPUTime()
        for _ in 0..<packets {
            var span = packet.mutableSpan
            var raw = span.mutableBytes
            _ = server.endpoint.handle(
                &raw, from: source, now: MonotonicClock.now(), wallMilliseconds: 0,
                replies: &replies)
        }
        precondition(replies.isEmpty)
        return Int((threadCPUTime() - start).nanoseconds) / packets
    }
}

/// Keeps the last sealed packet that a client sent.
final class Tap: DatagramReceiver {
    private let server: SealedServer
    private(set) var last: [UInt8]?
    private(set) var source: NetworkAddress?

    init(_ server: SealedServer) { self.server = server }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        if datagram.byteCount > 13, datagram.bytes.array[0] & 0xbf == 2 {
            last = datagram.bytes.array
            source = address
        }
        server.receive(&datagram, from: address, on: socket)
    }

    func receiveEnded(on socket: DatagramSocket) { server.receiveEnded(on: socket) }
}
