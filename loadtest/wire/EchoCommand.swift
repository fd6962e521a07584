import ArgumentParser
import CairnBasics
import CairnRuntime
import CairnTransport

/// The counterpart of loadtest/wire/echo-baseline.c, turn by turn.
struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo",
        abstract: "Datagrams echoed per second of the server's processor time.")

    @Argument(help: "plain (Runtime alone) or sealed (Runtime and Transport).")
    var mode: String
    @Argument var peers: Int
    @Argument(help: "Datagrams of each peer before the server's turn.") var each: Int
    @Argument(help: "Bytes of a datagram, without what a seal adds.") var bytes: Int
    @Argument var rounds: Int

    private static let warmUp = 20

    func run() throws {
        let figure = mode == "sealed" ? try sealed() : try plain()
        print(Int(figure))
    }

    private func plain() throws -> Double {
        let (loop, driving) = (try Loop(), try Loop())
        let server = PlainServer()
        let socket = try DatagramSocket(loop: loop, address: anyPort, receiver: server)
        let counter = Counter()
        let clients = try (0..<peers).map { _ in
            try DatagramSocket(loop: driving, address: anyPort, receiver: counter)
        }
        var batch = DatagramBatch(capacity: 1, byteCapacity: 2_048)
        batch.append([UInt8](repeating: 0, count: bytes).rawBytes, to: socket.localAddress)
        var taken = TimeSpan.zero
        for round in -Self.warmUp..<rounds {
            for client in clients { for _ in 0..<each { client.send(batch) } }
            let due = (round + Self.warmUp + 1) * peers * each
            let start = threadCPUTime()
            while server.echoed < due { loop.poll() }
            if round >= 0 { taken = taken + (threadCPUTime() - start) }
            while counter.received < due { driving.poll() }
        }
        return Double(rounds * peers * each) / taken.seconds
    }

    private func sealed() throws -> Double {
        let (loop, driving) = (try Loop(), try Loop())
        let server = SealedServer(peers: peers)
        let socket = try DatagramSocket(loop: loop, address: anyPort, receiver: server)
        let clients = try (0..<peers).map {
            try SealedClient(
                identity: UInt64($0 + 1), server: socket.localAddress, key: server.key,
                loop: driving)
        }
        while !clients.allSatisfy({ $0.endpoint.state == .connected && $0.settled }) {
            for client in clients { client.step() }
            loop.poll()
            server.step(on: socket)
            driving.poll()
        }
        let body = [UInt8](repeating: 1, count: bytes)
        var taken = TimeSpan.zero
        var due = 0
        var counted = 0
        for round in -Self.warmUp..<rounds {
            for client in clients { due += client.send(body, count: each) }
            let start = threadCPUTime()
            let before = server.echoed
            while server.echoed < due { loop.poll() }
            if round >= 0 {
                taken = taken + (threadCPUTime() - start)
                counted += server.echoed - before
            }
            while clients.reduce(0, { $0 + $1.answers }) < due { driving.poll() }
        }
        guard counted == rounds * peers * each else {
            throw ValidationError("only \(counted) datagrams were echoed: the window closed")
        }
        return Double(counted) / taken.seconds
    }
}

extension SealedClient {
    /// True once the server has shown that it knows this client as joined.
    var settled: Bool { endpoint.serverTimeOffset != nil }
}
