// A whole server and a client with a good token that sends it messages and frames of the input's
// making, between ticks. The properties: nothing traps, the server goes on ticking and answers others,
// and one session is all that one client gets.

import CairnBasics
import CairnCRDT
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import FuzzKit
import Simulator

/// A join costs as much as a hundred steps, so a server and its client serve some inputs before new
/// ones take their place: run the inputs before it too where one alone shows nothing.
private nonisolated(unsafe) var shared = HostileSession()
private nonisolated(unsafe) var inputs = 0

private func current() -> HostileSession {
    if inputs % 64 == 0 || shared.server.clientCount == 0 {
        shared = HostileSession()
        shared.join()
    }
    inputs += 1
    return shared
}

func fuzz(_ bytes: RawSpan) {
    let session = current()
    var steps = Steps(bytes)
    var budget = 64
    while budget > 0, let step = steps.next() {
        budget -= 1
        session.take(step)
    }
    session.tick()
    precondition(session.server.clientCount <= 1)
}

/// A server with a world and one client that has entered it.
private final class HostileSession {
    var server: WorldServer
    private var client: ClientEndpoint
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var batch = DatagramBatch(capacity: 64)
    private static let wall: UInt64 = 1_700_000_000_000
    private static let home = NetworkAddress(ipv4: 0x7f00_0001, port: 7)
    private static let away = NetworkAddress(ipv4: 0x7f00_0001, port: 8)

    init() {
        var entropy = SeededEntropy(seed: [UInt8](repeating: 5, count: 32))
        let key = TokenKey(entropy: &entropy)
        server = WorldServer(
            simulatedWorld(hasCharacters: false),
            configuration: ServerConfiguration(
                endpoint: ServerEndpointConfiguration(tokenKeys: [key], serverID: 1)),
            recovered: RecoveredWorld(), boot: 1, entropySeed: entropy.bytes(32), now: now,
            wallMilliseconds: Self.wall)
        let token = ConnectToken.issue(
            for: ClientIdentity(
                identity: 1, capabilities: Capabilities.participant.rawValue, name: "x"),
            serverID: 1, key: key, wallMilliseconds: Self.wall, lifetimeMilliseconds: 60_000,
            entropy: &entropy)
        client = ClientEndpoint(
            token: token, server: Self.home, entropySeed: entropy.bytes(32), now: now)
    }

    func join() {
        for _ in 0..<3 { tick() }
        say(.enter(Entrance()))
        tick()
        say(.ready)
        tick()
    }

    /// A choice of 0xff is a message, 0xfe lets a tick pass, any other a frame of that type.
    func take(_ step: Step) {
        now = now + .milliseconds(step.milliseconds)
        switch step.choice {
        case 0xff: _ = client.send(step.bytes, stream: ClientMessage.stream)
        case 0xfe: tick()
        default:
            guard client.beginPacket(now: now) else { return }
            _ = client.appendFrame(FrameType(UInt16(step.choice)), step.bytes.rawBytes)
            _ = client.finishPacket(now: now, into: &batch)
            deliverToServer()
        }
    }

    func tick() {
        now = now + .milliseconds(50)
        _ = client.handleTimeout(now: now)
        client.pollHandshake(now: now, into: &batch)
        while !batch.isFull, client.needsPacket(now: now), client.beginPacket(now: now) {
            guard client.finishPacket(now: now, into: &batch) != nil else { break }
        }
        deliverToServer()
        server.beginTick(now: now)
        while server.pollTransmit(into: &batch, now: now) { deliverToClient() }
        deliverToClient()
        _ = server.pollJournal()
        while server.pollEvent() != nil {}
    }

    private func say(_ message: ClientMessage) {
        let bytes = try? encodeBytes(capacity: 4_096) { (writer) throws(CodecError) in
            try message.encode(into: &writer)
        }
        precondition(client.send(bytes ?? [], stream: ClientMessage.stream))
    }

    private func deliverToServer() {
        var replies = DatagramBatch(capacity: 8)
        for index in 0..<batch.count {
            var bytes = batch.datagram(index)
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            server.handle(
                &raw, from: Self.away, now: now, wallMilliseconds: Self.wall, replies: &replies)
        }
        batch = replies
        deliverToClient()
    }

    private func deliverToClient() {
        for index in 0..<batch.count {
            var bytes = batch.datagram(index)
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            _ = client.handle(&raw, from: Self.home, now: now)
            while client.pollMessage() != nil {}
            while client.pollReceipt() != nil {}
        }
        batch.removeAll()
    }
}
