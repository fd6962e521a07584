// Members who mean harm, to see what it does to the others: they are no clients, and the run's figures
// count them apart. What they send stays on the path that the crowd uses.

import CairnBasics
import CairnGeometry
import CairnRuntime
import CairnTransport
import CairnWire
import CairnWorld

/// What a hostile member does, all the time.
enum HostileHabit: String, CaseIterable {
    /// Datagrams of random bytes.
    case garbage
    /// One well-formed hello, again and again, whose answers it ignores.
    case hellos
    /// Joins with a good token and then sends frames and messages that no client sends; joins again
    /// when it is put out.
    case liar
}

final class Hostile: Member {
    /// Who has been put out waits so long.
    private static let pause = TimeSpan.seconds(2)

    private let habit: HostileHabit
    /// Datagrams a second.
    private let rate: Double
    private let issueToken: () -> ConnectToken
    private var random: SeededRandom
    private var owed = 0.0
    private var steppedAt: Instant?
    private var hello: [UInt8] = []
    private var endpoint: ClientEndpoint?
    private var joinsAt = Instant.zero
    private(set) var datagramsSent = 0
    /// How often a server ended its connection.
    private(set) var timesPutOut = 0

    init(
        _ habit: HostileHabit, rate: Double, path: Path, loop: Loop,
        issueToken: @escaping () -> ConnectToken
    ) {
        self.habit = habit
        self.rate = rate
        self.issueToken = issueToken
        random = SeededRandom(seed: mix64(path.seed))
        super.init(path, loop: loop)
    }

    override func take(_ datagram: inout MutableRawSpan, now: Instant) {
        guard habit == .liar else { return }
        switch endpoint?.handle(&datagram, from: path.server, now: now) {
        case .connected?: say(.enter(Entrance()))
        case .closed?: giveUp(now: now)
        case .packet?:
            while endpoint?.pollMessage() != nil { say(.ready) }
            while endpoint?.pollReceipt() != nil {}
        case .nothing?, nil: return
        }
    }

    override func step(now: Instant, batch: inout DatagramBatch) {
        guard beginStep(now: now) else { return }
        owed += rate * (now - (steppedAt ?? now)).seconds
        steppedAt = now
        if habit == .liar { pollEndpoint(into: &batch, now: now) }
        while owed >= 1 {
            owed -= 1
            switch habit {
            case .garbage: sendGarbage(into: &batch)
            case .hellos: sendHello(into: &batch, now: now)
            case .liar: sendLie(into: &batch, now: now)
            }
            if batch.isFull { send(&batch, now: now) }
        }
        send(&batch, now: now)
    }

    private func send(_ batch: inout DatagramBatch, now: Instant) {
        datagramsSent += batch.count
        transmit(&batch, now: now)
    }

    private func sendGarbage(into batch: inout DatagramBatch) {
        let length = 1 + Int(random.below(1_200))
        let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        batch.append(bytes.rawBytes, to: path.server)
    }

    private func sendHello(into batch: inout DatagramBatch, now: Instant) {
        if hello.isEmpty {
            var endpoint = newEndpoint(now: now)
            var one = DatagramBatch(capacity: 2)
            endpoint.pollHandshake(now: now, into: &one)
            if !one.isEmpty { hello = one.datagram(0) }
        }
        let bytes = hello
        if !bytes.isEmpty { batch.append(bytes.rawBytes, to: path.server) }
    }

    /// A good packet with something wrong in it.
    private func sendLie(into batch: inout DatagramBatch, now: Instant) {
        guard endpoint?.state == .connected, endpoint?.beginPacket(now: now) == true else { return }
        let length = Int(random.below(64))
        let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let types: [FrameType] = [.steering, .poseClaim, .changeBlock, FrameType(0x3f)]
        let type = types[Int(random.below(UInt32(types.count)))]
        _ = endpoint?.appendFrame(type, bytes.rawBytes)
        _ = endpoint?.finishPacket(now: now, into: &batch)
        if random.chance(Ratio(1, in: 16)) {
            _ = endpoint?.send(bytes, stream: ClientMessage.stream)
        }
    }

    private func pollEndpoint(into batch: inout DatagramBatch, now: Instant) {
        if endpoint == nil, now >= joinsAt { endpoint = newEndpoint(now: now) }
        if endpoint?.handleTimeout(now: now) != nil { return giveUp(now: now) }
        endpoint?.pollHandshake(now: now, into: &batch)
        while endpoint?.state == .connected, endpoint?.needsPacket(now: now) == true,
            !batch.isFull, endpoint?.beginPacket(now: now) == true
        {
            guard endpoint?.finishPacket(now: now, into: &batch) != nil else { return }
        }
    }

    private func giveUp(now: Instant) {
        endpoint = nil
        timesPutOut += 1
        joinsAt = now + Self.pause
    }

    private func say(_ message: ClientMessage) {
        let bytes = try? encodeBytes(capacity: ClientMessage.byteLimit) {
            (writer) throws(CodecError) in try message.encode(into: &writer)
        }
        if let bytes { _ = endpoint?.send(bytes, stream: ClientMessage.stream) }
    }

    private func newEndpoint(now: Instant) -> ClientEndpoint {
        var seed = systemEntropy(byteCount: SeededEntropy.seedBytes)
        defer { wipe(&seed) }
        return ClientEndpoint(
            token: issueToken(), server: path.server, entropySeed: seed, now: now)
    }
}
