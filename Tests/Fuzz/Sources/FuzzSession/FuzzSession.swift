// A peer with good keys and any bytes it likes: the input is split into packets, each is sealed and
// given to a server, and the server's answers are sealed in turn. Whatever happens must end in a
// closed connection or in none, and the same server must then take the next input.

import CairnBasics
import CairnTransport
import CairnWire

/// The input: packets, each after a UInt16: its length (11 bits), whether it is sent unsealed (1
/// bit), and how many milliseconds pass before it (4 bits).
func fuzz(_ bytes: RawSpan) {
    Session.shared.run(bytes)
}

/// One server and one client that joins it again whenever the last input ended the connection.
final class Session {
    nonisolated(unsafe) static let shared = Session()

    private static let address = NetworkAddress(ipv4: 0x7f00_0001, port: 7)
    private static let wallMilliseconds: UInt64 = 1_700_000_000_000
    private var entropy = SeededEntropy(seed: [UInt8](repeating: 7, count: 32))
    private let key: TokenKey
    private var server: ServerEndpoint
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var replies = DatagramBatch(capacity: 64)
    private var connectionID: UInt64 = 0
    private var sealer: Sealer?
    private var nextNumber: UInt64 = 0
    private var handle: ConnectionHandle?

    private init() {
        key = TokenKey(entropy: &entropy)
        server = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: 1, joinsPerSecond: 1_000_000_000),
            entropySeed: entropy.bytes(32), now: now)
    }

    func run(_ bytes: RawSpan) {
        if handle == nil { join() }
        var reader = ByteReader(bytes)
        while let head = try? reader.get(UInt16.self) {
            let count = min(Int(head & 0x7ff), reader.remaining, 1_171)
            guard let body = try? reader.getBytes(count) else { break }
            now = now + .milliseconds(Int64(head >> 12))
            if head & 0x800 != 0 {
                deliver(body.array)
            } else {
                deliver(packet(body.array))
            }
            serve()
        }
        precondition(server.connectionCount <= 1)
    }

    /// Lets the server do a step's work on the connection.
    private func serve() {
        guard let handle else { return }
        while server.pollMessage(from: handle) != nil {}
        while server.pollReceipt(from: handle) != nil {}
        if !server.handleTimeout(now: now).isEmpty { self.handle = nil }
        if server.beginPacket(to: handle, now: now) {
            _ = server.appendFrame(.tick, [1, 2, 3].rawBytes)
            _ = server.finishPacket(now: now, into: &replies)
        }
        replies.removeAll()
    }

    private func deliver(_ bytes: [UInt8]) {
        var bytes = bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let before = replies.count
        let arrival = server.handle(
            &raw, from: Self.address, now: now, wallMilliseconds: Self.wallMilliseconds,
            replies: &replies)
        precondition(replies.count - before <= 1)
        switch arrival {
        case .closed: handle = nil
        case .joined(let joined, _): handle = joined
        case .packet(_, let payload):
            var frames = FrameReader(raw.bytes.extracting(payload))
            do { while try frames.next() != nil {} } catch {
                preconditionFailure("bad frames passed")
            }
        case .nothing: break
        }
    }

    private func packet(_ frames: [UInt8]) -> [UInt8] {
        let number = nextNumber
        nextNumber += 1
        var packet: [UInt8] = [PacketType.clientPacket.rawValue]
        withUnsafeBytes(of: connectionID.littleEndian) { packet += $0 }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) { packet += $0 }
        packet += frames + [UInt8](repeating: 0, count: SealLimits.tagBytes)
        var span = packet.mutableSpan
        var raw = span.mutableBytes
        sealer!.seal(&raw, headerBytes: PacketHeader.clientBytes, number: number)
        return packet
    }

    private func join() {
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: 1), serverID: 1, key: key,
            wallMilliseconds: Self.wallMilliseconds, lifetimeMilliseconds: 1_000,
            entropy: &entropy)
        let client = ClientHandshake(token: token, entropy: &entropy)
        replies.removeAll()
        deliver(client.hello(cookie: .empty))
        guard let cookie = CookieReply(replies.datagram(0).rawBytes) else {
            preconditionFailure("no cookie")
        }
        replies.removeAll()
        deliver(client.hello(cookie: cookie.cookie))
        guard let outcome = client.accept(replies.datagram(0).rawBytes) else {
            preconditionFailure("no hello")
        }
        connectionID = outcome.connectionID
        sealer = outcome.keys.clientSealer()
        nextNumber = 0
        deliver(packet([0x03, 8, 0, 0, 0, 0, 0, 0, 0, 0]))
        precondition(handle != nil)
        replies.removeAll()
    }
}
