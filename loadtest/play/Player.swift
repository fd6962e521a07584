// A player of a measurement: a whole client on a socket of its own, and when it first heard of what
// it waits for.

import ArgumentParser
import CairnBasics
import CairnClient
import CairnClientRuntime
import CairnGeometry
import CairnRuntime
import CairnWire
import CairnWorld

final class Player: DatagramReceiver {
    var client: WorldClient
    private var socket: DatagramSocket?
    private var batch = DatagramBatch(capacity: 8)
    /// Called after each datagram, with when it came.
    var onDatagram: ((Player, Instant) -> Void)?

    init(_ index: Int, server: NetworkAddress, loop: Loop) throws {
        let identity = ClientIdentity(
            identity: UInt64(index) + 1, role: .player,
            capabilities: Capabilities.participant.rawValue, name: "player \(index)")
        let token = try LocalToken.issue(for: identity, at: server)
        client = WorldClient(
            ClientConfiguration(token: token, server: server),
            entropySeed: systemEntropy(byteCount: SeededEntropy.seedBytes),
            now: MonotonicClock.now())
        socket = try DatagramSocket(
            loop: loop, address: NetworkAddress(ipv4: 0, port: 0), bufferBytes: 256 * 1_024,
            receiver: self)
    }

    func update() {
        while client.pollTransmit(into: &batch, now: MonotonicClock.now()) {
            socket?.send(batch)
            batch.removeAll()
        }
        while client.pollEvent() != nil {}
    }

    func steer(_ x: Double, _ y: Double) {
        client.steer(velocity: Velocity(metresPerSecondX: x, y, 0), orientation: .identity)
    }

    func close() {
        client.leave(into: &batch, now: MonotonicClock.now())
        socket?.send(batch)
        batch.removeAll()
        socket?.close()
    }

    func receive(
        _ datagram: inout MutableRawSpan, from address: NetworkAddress, on socket: DatagramSocket
    ) {
        let now = MonotonicClock.now()
        client.handle(&datagram, from: address, now: now)
        onDatagram?(self, now)
    }

    func receiveEnded(on socket: DatagramSocket) {}
}

/// Runs a loop until every player is in the world and has been told of it.
func join(_ players: [Player], on loop: Loop) throws {
    let end = MonotonicClock.now() + .seconds(15)
    let timer = try RepeatingTimer(loop: loop, period: .milliseconds(5)) { _ in
        for player in players { player.update() }
        let isThere = players.allSatisfy { $0.client.isPresent && $0.client.tick != nil }
        if isThere || MonotonicClock.now() > end { loop.stop() }
    }
    loop.run()
    timer.close()
    guard players.allSatisfy({ $0.client.isPresent }) else {
        throw ValidationError("not everybody got in: \(players.compactMap { $0.client.ended })")
    }
}

func serverAddress(_ text: String) throws -> NetworkAddress {
    guard let address = NetworkAddress(text), address.isLoopback else {
        throw ValidationError("--server takes an address of this machine, such as 127.0.0.1:7777.")
    }
    return address
}

/// The value that a share of all is at most.
func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : sorted[Int(Double(sorted.count - 1) * share)]
}
