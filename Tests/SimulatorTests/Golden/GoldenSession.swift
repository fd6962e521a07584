import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import Simulator
import VectorKit

/// One server and two clients in virtual time, everything fixed; what goes between the server and the
/// first client is captured.
struct GoldenSession: ~Copyable {
    private static let serverAddress = NetworkAddress(ipv4: 0x0a00_0001, port: 7_777)
    private static let wall: UInt64 = 1_700_000_000_000

    private var now = Instant(nanoseconds: 1_000_000_000)
    private var server: WorldServer
    private var clients: [Client] = []
    private var wire: [Sent] = []
    private var datagrams: [GoldenCapture.Datagram] = []
    private var batch = DatagramBatch(capacity: 64)
    private let token: ConnectToken
    private let seed: [UInt8]
    private var nextTickAt: Instant
    private var writer: JournalWriter<HomelandDisk>

    private final class Client {
        var client: WorldClient
        var address: NetworkAddress
        init(_ client: consuming WorldClient, _ address: NetworkAddress) {
            self.client = client
            self.address = address
        }
    }

    private struct Sent {
        let source: NetworkAddress
        let destination: NetworkAddress
        let bytes: [UInt8]
        let due: Instant
    }

    /// - Parameter packetsPerKey: how soon both ends change their keys.
    init(packetsPerKey: UInt64) {
        var issuer = SeededEntropy(seed: Self.bytes(1))
        let key = TokenKey(entropy: &issuer)
        let limits = KeyLimits(packets: packetsPerKey)
        var endpoint = ServerEndpointConfiguration(tokenKeys: [key], serverID: 1)
        endpoint.keyLimits = limits
        let disk = HomelandDisk()
        writer = JournalWriter(store: disk)
        nextTickAt = now
        server = WorldServer(
            simulatedWorld(hasCharacters: false),
            configuration: ServerConfiguration(endpoint: endpoint),
            recovered: disk.world, boot: 1, entropySeed: Self.bytes(2), now: now,
            wallMilliseconds: Self.wall)
        func issue(_ identity: UInt64, _ entropy: inout SeededEntropy) -> ConnectToken {
            ConnectToken.issue(
                for: ClientIdentity(
                    identity: identity, capabilities: Capabilities.participant.rawValue,
                    name: "golden \(identity)"),
                serverID: 1, key: key, wallMilliseconds: Self.wall,
                lifetimeMilliseconds: 60_000, entropy: &entropy)
        }
        token = issue(1, &issuer)
        seed = Self.bytes(3)
        for (number, token, seed) in [(1, token, seed), (2, issue(2, &issuer), Self.bytes(4))] {
            let configuration = ClientConfiguration(
                token: token, server: Self.serverAddress,
                entrance: Entrance(wantsDigests: true),
                outbox: Outbox(session: UInt64(number)),
                endpoint: ClientEndpointConfiguration(keyLimits: limits))
            clients.append(
                Client(
                    WorldClient(configuration, entropySeed: seed, now: now),
                    NetworkAddress(ipv4: 0x0a00_0100 + UInt32(number), port: 4_000)))
        }
    }

    /// Both join, walk about one another, edit, talk; the first comes from another address in the
    /// middle, and leaves.
    static func capture(packetsPerKey: UInt64, about: String) throws -> GoldenCapture {
        var session = GoldenSession(packetsPerKey: packetsPerKey)
        session.run(for: .milliseconds(600))
        session.walk(0, x: 512, y: 256)
        session.walk(1, x: -512, y: 0)
        session.run(for: .milliseconds(500))
        session.clients[0].client.submit(.say("Good day."))
        let place = session.clients[0].client.newestMotion(of: session.clients[0].client.entity)
        session.clients[0].client.submit(
            .create(SimulatedKind.thing, Motion(position: place?.position ?? .origin), name: "gold")
        )
        session.run(for: .milliseconds(300))
        session.edit()
        session.run(for: .milliseconds(300))
        session.clients[0].address = NetworkAddress(ipv4: 0x6401_0203, port: 40_000)
        session.walk(0, x: 0, y: 0)
        session.run(for: .milliseconds(400))
        session.leave()
        return GoldenCapture(
            about: about, tokenText: session.token.text, clientSeed: hex(session.seed),
            clientNonce: "", clientSecretKey: "", datagrams: session.datagrams)
    }

    private static func bytes(_ seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<SeededEntropy.seedBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}

extension GoldenSession {
    private mutating func walk(_ index: Int, x: Int16, y: Int16) {
        clients[index].client.steer(
            velocity: Velocity(x: x, y: y, z: 0), orientation: .identity, animation: 1)
    }

    private mutating func edit() {
        let things = server.lattice.sortedIDs.filter {
            server.lattice[$0]?.life?.kind == SimulatedKind.thing
        }
        guard let thing = things.last else { return }
        for intent in [
            Intent.set(thing, SimulatedField.colour, .integer(3)),
            .add(thing, SimulatedField.count, 5),
            .insert(thing, SimulatedField.tags, .text("new")),
            .put(thing, SimulatedField.notes, key: "k", .text("v")),
            .set(thing, SimulatedField.colour, .integer(99)),
        ] { clients[0].client.submit(intent) }
    }

    private mutating func leave() {
        clients[0].client.leave(into: &batch, now: now)
        send(from: clients[0].address)
        run(for: .milliseconds(50))
    }

    private mutating func run(for span: TimeSpan) {
        let end = now + span
        while now < end { step() }
    }

    /// 5 ms: what is due arrives, everybody sends, the server ticks when it is time.
    private mutating func step() {
        now = now + .milliseconds(5)
        while let first = wire.first, first.due <= now {
            wire.removeFirst()
            deliver(first)
        }
        for client in clients {
            while client.client.pollTransmit(into: &batch, now: now) { send(from: client.address) }
            while client.client.pollEvent() != nil {}
        }
        guard now >= nextTickAt else { return }
        nextTickAt = nextTickAt + server.period
        server.beginTick(now: now)
        var more = true
        while more {
            more = server.pollTransmit(into: &batch, now: now)
            send(from: Self.serverAddress)
        }
        for report in writer.perform(server.pollJournal()) { server.handle(report) }
        while server.pollEvent() != nil {}
    }

    private mutating func deliver(_ sent: Sent) {
        var bytes = sent.bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        if sent.destination == Self.serverAddress {
            server.handle(
                &raw, from: sent.source, now: now,
                wallMilliseconds: Self.wall + UInt64(now.nanoseconds / 1_000_000), replies: &batch)
            send(from: Self.serverAddress)
        } else if let client = clients.first(where: { $0.address == sent.destination }) {
            client.client.handle(&raw, from: sent.source, now: now)
        }
    }

    /// Puts what is in the batch on the wire, and into the capture.
    private mutating func send(from source: NetworkAddress) {
        for index in 0..<batch.count {
            let (bytes, destination) = (batch.datagram(index), batch.address(index))
            wire.append(
                Sent(
                    source: source, destination: destination, bytes: bytes,
                    due: now + .milliseconds(10)))
            let isOfFirst = source == clients[0].address || destination == clients[0].address
            guard isOfFirst else { continue }
            datagrams.append(
                GoldenCapture.Datagram(
                    at: Int((now.nanoseconds - 1_000_000_000) / 1_000_000),
                    from: source == Self.serverAddress ? "server" : "client", hex: hex(bytes)))
        }
        batch.removeAll()
    }
}
