import CairnBasics
import CairnTransport
import CairnWire

/// A real server endpoint and one hand-made client of it, brought into a state of the document's
/// table, then shown one event.
final class ServerScene {
    static let states = ["none", "unconfirmed", "connected", "validating", "quiet"]

    let pair: Pair
    let home = NetworkAddress(ipv4: 0x0a00_0201, port: 5_001)
    let away = NetworkAddress(ipv4: 0x0a00_0202, port: 5_002)
    let handshake: ClientHandshake
    let token: ConnectToken
    private var sealer: Sealer?
    private var opener: Opener?
    private var connectionID: UInt64 = 0
    private var nextNumber: UInt64 = 0
    private var cookies: [NetworkAddress: Cookie] = [:]
    /// What the server sent since it was last asked.
    private var seen: [[UInt8]] = []
    private(set) var largestOfServer: UInt64 = 0
    private(set) var challenge: UInt64 = 0
    private var told: [String] = []
    let isAsleep: Bool

    init(_ state: String, isFull: Bool = false) {
        isAsleep = state == "quiet"
        pair = Pair(maximumConnections: isFull ? 1 : 100)
        token = pair.token(identity: 1, lifetimeMilliseconds: 30_000)
        handshake = ClientHandshake(token: token, entropy: &pair.entropy)
        listen()
        greet(from: home)
        arrive(handshake.hello(cookie: cookies[home]!), from: home)
        takeAnswer()
        switch state {
        case "none":
            arrive(packet(frame(.close, [0, 0, 0])), from: home)
        case "connected":
            connect()
        case "validating":
            connect()
            arrive(packet(frame(.padding, [0])), from: away)
        case "quiet":
            connect()
            wait(.seconds(4))
            pump()
        default: break
        }
        if isFull && state == "none" { occupy() }
        _ = takeSent()
        told = []
    }

    private func connect() {
        arrive(packet(frame(.ping, [UInt8](repeating: 0, count: 8))), from: home)
        pump()
        _ = takeSent()
        arrive(packet(frame(.acknowledgement, varint(largestOfServer) + [0, 0])), from: home)
    }

    /// Another client takes the only place.
    private func occupy() {
        _ = Rogue(pair)
        listen()
    }

    private func listen() {
        pair.tap = { [unowned self] source, bytes in
            if source == Pair.serverAddress { seen.append(bytes) }
        }
    }

    // MARK: What the client does

    /// Asks for a cookie from an address.
    func greet(from address: NetworkAddress) {
        seen = []
        arrive(handshake.hello(cookie: .empty), from: address)
        if let reply = seen.last.flatMap({ CookieReply($0.rawBytes) }) {
            cookies[address] = reply.cookie
        }
        seen = []
    }

    func hello(from address: NetworkAddress) -> [UInt8] {
        handshake.hello(cookie: cookies[address] ?? .empty)
    }

    /// The hello of another handshake, with a cookie for its nonce.
    func hello(of other: ClientHandshake) -> [UInt8] {
        let before = seen
        arrive(other.hello(cookie: .empty), from: home)
        let reply = seen.last.flatMap { CookieReply($0.rawBytes) }
        seen = before
        return other.hello(cookie: reply?.cookie ?? .empty)
    }

    func packet(_ frames: [UInt8], number: UInt64? = nil) -> [UInt8] {
        let number = number ?? nextNumber
        nextNumber = max(nextNumber, number + 1)
        return sealer!.packet(frames, number: number, connectionID: connectionID)
    }

    func changeKey() { sealer!.advance() }

    /// Shows the server a datagram; what it tells its caller is noted.
    func arrive(_ bytes: [UInt8], from address: NetworkAddress) {
        switch pair.receiveAtServer(bytes, from: address) {
        case .nothing: break
        case .joined: told.append("joined")
        case .packet(_, let payload): told.append(payload.isEmpty ? "an empty packet" : "packet")
        case .closed(_, let reason): told.append("closed \(reason.code.rawValue)")
        }
    }

    /// Lets the server do what is due and send what it has.
    func pump() {
        for ended in pair.server.handleTimeout(now: pair.now) {
            told.append("closed \(ended.reason.code.rawValue)")
        }
        if let handle { pair.sendFromServer(handle) }
    }

    func wait(_ span: TimeSpan) {
        pair.now = pair.now + span
        pair.wallMilliseconds += UInt64(span.nanoseconds / 1_000_000)
    }

    var handle: ConnectionHandle? {
        (0..<pair.server.slotCount).lazy.compactMap { self.pair.server.handle(at: $0) }
            .first { self.pair.server.identity(of: $0)?.identity == 1 }
    }

    // MARK: What the server did

    private func takeAnswer() {
        guard let outcome = seen.lazy.compactMap({ self.handshake.accept($0.rawBytes) }).first
        else { return }
        connectionID = outcome.connectionID
        sealer = outcome.keys.clientSealer()
        opener = outcome.keys.serverOpener()
    }

    private func open(_ datagram: [UInt8]) -> [UInt8]? {
        guard datagram.first == PacketType.serverPacket.rawValue else { return nil }
        var packet = datagram
        let number = packet[1..<5].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var span = packet.mutableSpan
        var raw = span.mutableBytes
        guard
            let range = opener!.open(&raw, headerBytes: PacketHeader.serverBytes, number: number)
        else { return nil }
        largestOfServer = max(largestOfServer, number)
        let payload = Array(packet[range])
        if frameNames(payload).contains("path challenge") {
            challenge = payload.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return payload
    }

    /// The names of what the server sent since last asked.
    func takeSent() -> [String] {
        defer { seen = [] }
        return seen.flatMap { datagram -> [String] in
            switch datagram.first {
            case PacketType.cookie.rawValue: return ["cookie"]
            case PacketType.serverHello.rawValue: return ["hello"]
            case PacketType.refusal.rawValue: return ["refusal \(datagram[1])"]
            default: return open(datagram).map(frameNames) ?? ["something unreadable"]
            }
        }
    }

    func takeTold() -> [String] {
        defer { told = [] }
        return told
    }

    /// The state the server is in, by what can be seen from outside; asked last, since to tell
    /// `quiet` it says something, and to tell `validating` it answers the challenge.
    func finalState() -> String {
        guard let handle else {
            let others = (0..<pair.server.slotCount).count { pair.server.handle(at: $0) != nil }
            return pair.connectionCount > others ? "unconfirmed" : "none"
        }
        guard pair.server.address(of: handle) == home else { return "connected" }
        _ = takeSent()
        precondition(pair.send([1], stream: 1, to: handle))
        pump()
        if !takeSent().contains("ordered message") { return "quiet" }
        let response = withUnsafeBytes(of: challenge.littleEndian, Array.init)
        arrive(packet(frame(.pathResponse, response)), from: away)
        return pair.server.address(of: handle) == away ? "validating" : "connected"
    }
}
