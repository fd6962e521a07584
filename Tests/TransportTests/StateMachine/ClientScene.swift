import CairnBasics
import CairnTransport
import CairnWire

/// A real client endpoint and a hand-made server, brought into a state of the document's table, then
/// shown one event.
final class ClientScene {
    static let states = ["asking", "proving", "connected", "closed"]

    private var endpoint: ClientEndpoint
    private let key: TokenKey
    private let token: ConnectToken
    private let server = NetworkAddress(ipv4: 0x0a00_0001, port: 7_777)
    private var now = Instant(nanoseconds: 5_000_000_000)
    private var entropy = SeededEntropy(seed: seedBytes(3))
    private var batch = DatagramBatch(capacity: 64)
    private var sealer: Sealer?
    private var opener: Opener?
    private var nextNumber: UInt64 = 0
    private var largestOfClient: UInt64 = 0
    private var lastHello: [UInt8] = []
    private var sent: [String] = []
    private var told: [String] = []

    init(_ state: String) {
        key = TokenKey(entropy: &entropy)
        token = ConnectToken.issue(
            for: ClientIdentity(identity: 1, name: "one"), serverID: Pair.serverID, key: key,
            wallMilliseconds: Self.wall, lifetimeMilliseconds: 60_000, entropy: &entropy)
        endpoint = ClientEndpoint(
            token: token, server: server, entropySeed: entropy.bytes(32), now: now)
        pump()
        if state != "asking" {
            arrive(cookie(for: lastHello))
            pump()
        }
        if state == "connected" || state == "closed" {
            arrive(hello(isGenuine: true))
            pump()
            arrive(packet(frames(for: "acknowledgement", largest: largestOfClient)!))
            arrive(packet(frames(for: "a frame of the application", largest: 0)!))
            pump()
        }
        if state == "closed" { arrive(packet(frames(for: "close", largest: 0)!)) }
        settle()
    }

    static let wall: UInt64 = 1_700_000_000_000

    static func reaction(to event: String, in state: String) -> Reaction? {
        let scene = ClientScene(state)
        guard scene.perform(event) || scene.performFrames(event) || scene.performCall(event) else {
            return nil
        }
        scene.pump()
        var reaction = Reaction(before: state, after: state)
        reaction.sent = scene.sent
        reaction.told = scene.told
        reaction.after = scene.finalState()
        return reaction
    }

    // MARK: Events

    private func perform(_ event: String) -> Bool {
        switch event {
        case "cookie for its nonce": arrive(cookie(for: lastHello))
        case "cookie for another nonce":
            var bytes = cookie(for: lastHello)
            bytes[1] ^= 1
            arrive(bytes)
        case "hello": arrive(hello(isGenuine: true))
        case "hello whose confirmation does not hold": arrive(hello(isGenuine: false))
        case "refusal": arrive(refusal(isGenuine: true))
        case "refusal whose code does not hold": arrive(refusal(isGenuine: false))
        case "a packet that comes twice":
            let bytes = packet(frame(.ping, [UInt8](repeating: 0, count: 8)))
            arrive(bytes)
            pump()
            arrive(bytes)
        case "a packet whose seal does not hold":
            var bytes = packet(frame(.ping, [UInt8](repeating: 0, count: 8)))
            bytes[10] ^= 1
            arrive(bytes)
        case "a packet of the next key phase":
            let ping = frame(.ping, [UInt8](repeating: 0, count: 8))
            if sealer == nil { _ = hello(isGenuine: true) }
            sealer!.advance()
            arrive(packet(ping))
        case "a packet whose key phase was changed on its way":
            var bytes = packet(frame(.ping, [UInt8](repeating: 0, count: 8)))
            bytes[0] ^= SealLimits.phaseBit
            arrive(bytes)
        case "a packet from another address":
            arrive(
                packet(frame(.ping, [UInt8](repeating: 0, count: 8))),
                from: NetworkAddress(ipv4: 9, port: 9))
        case "a datagram that clients send": arrive(lastHello)
        case "a datagram of an unknown type, or empty":
            arrive([0x95, 1, 2])
            arrive([])
        case "its hello is due again": wait(.milliseconds(500))
        case "four hellos with one cookie were not answered":
            for _ in 0..<4 {
                wait(.milliseconds(500))
                pump()
            }
            settle()
            wait(.milliseconds(500))
        case "100 ms pass": wait(.milliseconds(100))
        case "10 s without an answer, asleep": wait(.seconds(10))
        case "60 s without an answer, and 2 s more awake":
            wait(.seconds(60))
            guard endpoint.state == .connected else { return true }
            // Who was not stepped for so long slept, and asks first.
            pump()
            settle()
            wait(.seconds(2))
        default: return false
        }
        return true
    }

    private func performFrames(_ event: String) -> Bool {
        guard let frames = frames(for: event, largest: largestOfClient) else { return false }
        arrive(packet(frames))
        return true
    }

    private func performCall(_ event: String) -> Bool {
        switch event {
        case "call: send a message":
            if !endpoint.send([1], stream: 0) { told.append("no") }
        case "a probe timeout after that":
            _ = endpoint.send([1], stream: 0)
            pump()
            settle()
            wait(.milliseconds(700))
        case "call: close":
            endpoint.close(CloseReason(.normal), now: now, into: &batch)
            collect()
        default: return false
        }
        return true
    }

    // MARK: The hand-made server

    private func cookie(for hello: [UInt8]) -> [UInt8] {
        [PacketType.cookie.rawValue] + hello[8..<24] + [9, 0, 0, 0]
            + [UInt8](repeating: 7, count: 16)
    }

    private var contents: TokenContents? {
        try? ConnectToken.inspect(
            token.sealedPart.rawBytes, keys: [key], serverID: Pair.serverID,
            wallMilliseconds: Self.wall)
    }

    /// The answer to the last hello; its keys are the session's.
    private func hello(isGenuine: Bool) -> [UInt8] {
        let asked = lastHello
        guard let contents, let hello = ClientHello(asked.rawBytes) else { return [] }
        let answered = ServerHello.answer(
            to: hello, token: contents, serverID: Pair.serverID, epoch: 1, connectionID: 77,
            version: 1, offer: hello.extensions() ?? HelloExtensions(),
            extensions: HelloExtensions(), entropy: &entropy)
        guard let (answer, keys) = answered else { return [] }
        if sealer == nil {
            sealer = keys.serverSealer()
            opener = keys.clientOpener()
        }
        var bytes = answer.bytes
        if !isGenuine { bytes[bytes.count - 1] ^= 1 }
        return bytes
    }

    private func refusal(isGenuine: Bool) -> [UInt8] {
        let asked = lastHello
        guard let contents, let hello = ClientHello(asked.rawBytes) else { return [] }
        var bytes = JoinRefusal(.serverFull, nonce: hello.nonce, token: contents).bytes
        if !isGenuine { bytes[bytes.count - 1] ^= 1 }
        return bytes
    }

    /// A packet of the session, or of one that a client in this state cannot know.
    private func packet(_ frames: [UInt8]) -> [UInt8] {
        if sealer == nil { _ = hello(isGenuine: true) }
        let number = nextNumber
        nextNumber += 1
        return sealer!.packet(frames, number: number)
    }

    private func arrive(_ datagram: [UInt8], from address: NetworkAddress? = nil) {
        var bytes = datagram
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        switch endpoint.handle(&raw, from: address ?? server, now: now) {
        case .nothing: break
        case .connected: told.append("connected")
        case .packet: told.append("packet")
        case .closed(let reason): told.append("closed \(reason.code.rawValue)")
        }
    }

    // MARK: What the client did

    private func wait(_ span: TimeSpan) { now = now + span }

    /// Lets the client do what is due and send what it has.
    private func pump() {
        if let reason = endpoint.handleTimeout(now: now) {
            told.append("closed \(reason.code.rawValue)")
        }
        endpoint.pollHandshake(now: now, into: &batch)
        while endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) {
            guard endpoint.finishPacket(now: now, into: &batch) != nil else { break }
        }
        collect()
    }

    private func collect() {
        for index in 0..<batch.count {
            let datagram = batch.datagram(index)
            if datagram.first == PacketType.clientHello.rawValue {
                lastHello = datagram
                let hasCookie = datagram[56..<76].contains { $0 != 0 }
                sent.append(hasCookie ? "hello with the cookie" : "first hello")
            } else {
                sent += open(datagram).map(frameNames) ?? ["something unreadable"]
            }
        }
        batch.removeAll()
    }

    private func open(_ datagram: [UInt8]) -> [UInt8]? {
        var packet = datagram
        let number = packet[9..<13].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var span = packet.mutableSpan
        var raw = span.mutableBytes
        guard
            let range = opener!.open(&raw, headerBytes: PacketHeader.clientBytes, number: number)
        else { return nil }
        largestOfClient = max(largestOfClient, number)
        return Array(packet[range])
    }

    private func settle() {
        sent = []
        told = []
    }

    /// Asked last: a join's state shows in its next hello.
    private func finalState() -> String {
        switch endpoint.state {
        case .connected: return "connected"
        case .closed: return "closed"
        case .connecting:
            wait(.milliseconds(500))
            settle()
            pump()
            return sent == ["first hello"] ? "asking" : "proving"
        }
    }
}
