import ArgumentParser
import CairnBasics
import CairnRuntime
import CairnTransport
import CairnWire
import Glibc

/// What it costs to write, seal and send a packet, beside a plain `sendto` of as many bytes.
struct SealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Nanoseconds to seal and send a packet, beside a plain sendto.")

    @Argument(help: "Bytes of the frame in each packet.") var bytes = 200
    @Argument var rounds = 2_000
    private static let peers = 32

    func run() throws {
        let bench = try SealBench(peers: Self.peers, bytes: bytes)
        for _ in 0..<50 { try bench.round() }
        bench.forget()
        for _ in 0..<rounds { try bench.round() }
        let plain = bench.nanoseconds(\.plain)
        print(
            """
            {"datagramBytes": \(bench.datagramBytes), "sendtoNs": \(plain), \
            "sealAndSendOneByOneNs": \(bench.nanoseconds(\.single)), \
            "sealAndSendBatchNs": \(bench.nanoseconds(\.batched)), \
            "sealAndSendRunsNs": \(bench.nanoseconds(\.runs)), \
            "oneByOne": \(bench.ratio(\.single)), "batch": \(bench.ratio(\.batched)), \
            "runs": \(bench.ratio(\.runs))}
            """)
    }
}

/// A server with joined clients, whose four ways to send take turns.
final class SealBench {
    struct Taken {
        var plain = TimeSpan.zero
        var single = TimeSpan.zero
        var batched = TimeSpan.zero
        var runs = TimeSpan.zero
    }

    private let loop: Loop
    private let driving: Loop
    private let server: SealedServer
    private let socket: DatagramSocket
    private let clients: [SealedClient]
    private let sinks: [DatagramSocket]
    private let plainDescriptor: Int32
    private let body: [UInt8]
    @exclusivity(unchecked) private var batch = DatagramBatch(capacity: 64)
    private var taken = Taken()
    private var packets = 0
    private(set) var datagramBytes = 0

    init(peers: Int, bytes: Int) throws {
        loop = try Loop()
        driving = try Loop()
        server = SealedServer(peers: peers)
        server.echoes = false
        socket = try DatagramSocket(loop: loop, address: anyPort, receiver: server)
        let (address, key, driving) = (socket.localAddress, server.key, driving)
        clients = try (0..<peers).map {
            try SealedClient(identity: UInt64($0 + 1), server: address, key: key, loop: driving)
        }
        sinks = try (0..<peers).map { _ in
            try DatagramSocket(loop: driving, address: anyPort, receiver: Counter())
        }
        plainDescriptor = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        body = [UInt8](repeating: 1, count: bytes)
        while !clients.allSatisfy({ $0.settled }) { settle() }
    }

    func forget() {
        taken = Taken()
        packets = 0
    }

    func nanoseconds(_ way: KeyPath<Taken, TimeSpan>) -> Int {
        Int(taken[keyPath: way].nanoseconds) / packets
    }

    func ratio(_ way: KeyPath<Taken, TimeSpan>) -> Double {
        Double(taken[keyPath: way].nanoseconds * 1_000 / taken.plain.nanoseconds) / 1_000
    }

    /// As many packets each way, to the same number of sockets, all of which read in between.
    func round() throws {
        packets += clients.count
        taken.single =
            taken.single
            + measure { _ in
                for index in clients.indices {
                    write(to: index)
                    send()
                }
            }
        settle()
        taken.batched =
            taken.batched
            + measure { _ in
                for index in clients.indices { write(to: index) }
                send()
            }
        settle()
        taken.runs =
            taken.runs
            + measure { _ in
                // Four packets to each of a few, as a tick with much to tell sends them.
                for index in 0..<clients.count / 4 { for _ in 0..<4 { write(to: index) } }
                send()
            }
        settle()
        try plain()
        settle()
    }

    private func measure(_ work: (Int) -> Void) -> TimeSpan {
        let start = threadCPUTime()
        work(0)
        return threadCPUTime() - start
    }

    private func write(to index: Int) {
        let body = body
        let now = MonotonicClock.now()
        guard let handle = server.endpoint.handle(at: index),
            server.endpoint.beginPacket(to: handle, now: now)
        else { preconditionFailure("the window closed") }
        let isIn = server.endpoint.appendFrame(.tick, body.rawBytes)
        precondition(isIn && server.endpoint.finishPacket(now: now, into: &batch) != nil)
        datagramBytes = batch.byteCount(batch.count - 1)
    }

    private func send() {
        socket.send(batch)
        batch.removeAll()
    }

    /// The yardstick: one `sendto` a datagram, from a socket like ours to sockets like theirs.
    private func plain() throws {
        let bytes = [UInt8](repeating: 1, count: datagramBytes)
        var targets = sinks.map { sink in
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = sink.localAddress.port.bigEndian
            target.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            return target
        }
        let start = threadCPUTime()
        for index in clients.indices {
            let sent = unsafe withUnsafePointer(to: &targets[index]) { target in
                unsafe target.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                    unsafe bytes.withUnsafeBytes { bytes in
                        unsafe sendto(
                            plainDescriptor, bytes.baseAddress, bytes.count, 0, target,
                            socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            }
            guard sent == datagramBytes else { throw ValidationError("sendto failed") }
        }
        taken.plain = taken.plain + (threadCPUTime() - start)
    }

    /// Lets everybody read and acknowledge.
    private func settle() {
        driving.poll()
        for client in clients { client.step() }
        loop.poll()
        server.step(on: socket)
        driving.poll()
    }
}
