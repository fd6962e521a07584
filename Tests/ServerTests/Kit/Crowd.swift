import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnServer
@_spi(Committing) import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import MallocCounter

/// A world server and a crowd of clients, hand to hand in one thread: no socket, no loss, and clients that
/// steer and acknowledge and look at nothing.
///
/// Memory is counted while the server is at work, so what clients take is not in it.
final class Crowd {
    static let serverAddress = NetworkAddress(ipv4: 0x0a00_0001, port: 7777)
    private static let firstAddress: UInt64 = 0x0a01_0000

    /// What the server has allocated: how often, and bytes less what it freed.
    private(set) var allocations = 0
    private(set) var heldBytes = 0
    private(set) var datagramCount = 0
    private(set) var sentBytes = 0
    private(set) var server: WorldServer
    private var clients: [CrowdClient] = []
    private let key: TokenKey
    private var entropy: SeededEntropy
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var batch = DatagramBatch(capacity: 256)
    private var replies = DatagramBatch(capacity: 256)
    private var sends = DatagramBatch(capacity: 64)
    private var wire = [UInt8](repeating: 0, count: DatagramBatch.datagramBytes)

    private var wallMilliseconds: UInt64 {
        1_700_000_000_000 + UInt64(now.nanoseconds / 1_000_000)
    }

    init(capacity: Int, _ description: WorldDescription = Crowd.square) {
        entropy = SeededEntropy(seed: [UInt8](repeating: 7, count: 32))
        key = TokenKey(entropy: &entropy)
        let before = MemoryCount.now
        let configuration = ServerConfiguration(
            endpoint: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: 1, maximumConnections: capacity,
                joinsPerSecond: 1_000_000))
        server = WorldServer(
            description, configuration: configuration, recovered: RecoveredWorld(), boot: 1,
            entropySeed: [UInt8](repeating: 3, count: 32), now: now,
            wallMilliseconds: 1_700_000_000_000)
        count(since: before)
    }

    // Values out of the server, since `#expect` cannot look into a noncopyable one.
    var clientCount: Int { server.clientCount }
    var entityCount: Int { server.entityCount }

    /// Adds clients and runs until all of them are in the world.
    /// - Parameter role: Players have a body, spectators none.
    func add(_ count: Int, role: ClientRole = .player) {
        for _ in 0..<count {
            let number = UInt64(clients.count + 1)
            let token = ConnectToken.issue(
                for: ClientIdentity(identity: number, role: role, name: "client \(number)"),
                serverID: 1, key: key, wallMilliseconds: wallMilliseconds,
                lifetimeMilliseconds: 30_000, entropy: &entropy)
            clients.append(
                CrowdClient(
                    token: token, entropySeed: entropy.bytes(32), isPlayer: role == .player,
                    now: now))
        }
        let wanted = server.clientCount + count
        for _ in 0..<400 where server.clientCount < wanted { tick() }
    }

    /// Runs ticks of 50 ms; everybody who has a body walks while `walking`.
    func run(ticks: Int, walking: Bool) {
        for _ in 0..<ticks { tick(walking: walking) }
    }

    private func tick(walking: Bool = false) {
        now = now + .milliseconds(50)
        for index in clients.indices {
            clients[index].step(now: now, walking: walking, into: &sends)
            carryToServer(from: index)
        }
        let before = MemoryCount.now
        server.beginTick(now: now)
        count(since: before)
        var more = true
        while more {
            let before = MemoryCount.now
            more = server.pollTransmit(into: &batch, now: now)
            count(since: before)
            deliver(&batch)
        }
        writeJournal()
        while server.pollEvent() != nil {}
    }

    /// What the disk takes is off the server's hands: bytes are counted here, allocations are not.
    private func writeJournal() {
        let before = MemoryCount.now
        do {
            var writer = JournalWriter(store: NoDisk())
            for order in server.pollJournal() {
                for report in writer.perform([order]) { server.handle(report) }
            }
        }
        heldBytes += MemoryCount.now.bytes - before.bytes
    }

    private func carryToServer(from index: Int) {
        let address = NetworkAddress(ipv4: UInt32(Self.firstAddress) + UInt32(index), port: 5_000)
        for number in 0..<sends.count {
            let size = copy(number, of: sends)
            let (now, wall) = (now, wallMilliseconds)
            let before = MemoryCount.now
            Self.lend(&wire, count: size) { datagram in
                server.handle(
                    &datagram, from: address, now: now, wallMilliseconds: wall, replies: &replies)
            }
            count(since: before)
        }
        sends.removeAll()
        deliver(&replies)
    }

    private func deliver(_ batch: inout DatagramBatch) {
        datagramCount += batch.count
        sentBytes += batch.byteCount
        for number in 0..<batch.count {
            let size = copy(number, of: batch)
            let index = Int((batch.address(number).low & 0xffff_ffff) - Self.firstAddress)
            Self.lend(&wire, count: size) { clients[index].receive(&$0, now: now) }
        }
        batch.removeAll()
    }

    private func copy(_ number: Int, of batch: borrowing DatagramBatch) -> Int {
        let (start, size) = (batch.start(number), batch.byteCount(number))
        unsafe batch.withArena { arena in
            for index in 0..<size { wire[index] = arena[start + index] }
        }
        return size
    }

    private static func lend(
        _ bytes: inout [UInt8], count: Int, to deliver: (inout MutableRawSpan) -> Void
    ) {
        var all = bytes.mutableSpan
        var whole = all.mutableBytes
        var datagram = whole._mutatingExtracting(0..<count)
        deliver(&datagram)
    }

    private func count(since before: MemoryCount) {
        let after = MemoryCount.now
        allocations += after.allocations - before.allocations
        heldBytes += after.bytes - before.bytes
    }
}

/// What a thread has allocated so far.
struct MemoryCount {
    var allocations: Int
    var bytes: Int

    static var now: MemoryCount {
        MemoryCount(
            allocations: Int(malloc_counter_count()), bytes: Int(malloc_counter_bytes()))
    }
}

/// One of a crowd.
private final class CrowdClient {
    private enum Phase { case joining, entering, present }

    private var endpoint: ClientEndpoint
    private let isPlayer: Bool
    private var phase = Phase.joining
    private var sequence: UInt32 = 0

    init(token: ConnectToken, entropySeed: [UInt8], isPlayer: Bool, now: Instant) {
        endpoint = ClientEndpoint(
            token: token, server: Crowd.serverAddress, entropySeed: entropySeed, now: now)
        self.isPlayer = isPlayer
    }

    func receive(_ datagram: inout MutableRawSpan, now: Instant) {
        _ = endpoint.handle(&datagram, from: Crowd.serverAddress, now: now)
        while let message = endpoint.pollMessage() {
            guard case .welcome? = try? ServerMessage(decoding: message.bytes.rawBytes) else {
                continue
            }
            say(.ready)
            phase = .present
        }
        while endpoint.pollReceipt() != nil {}
    }

    /// Joins, enters, and then steers and acknowledges.
    func step(now: Instant, walking: Bool, into batch: inout DatagramBatch) {
        _ = endpoint.handleTimeout(now: now)
        endpoint.pollHandshake(now: now, into: &batch)
        guard endpoint.state == .connected else { return }
        if phase == .joining {
            say(.enter(Entrance(interestMetres: 0)))
            phase = .entering
        }
        let steers = walking && isPlayer && phase == .present
        guard steers || endpoint.needsPacket(now: now), endpoint.beginPacket(now: now) else {
            return
        }
        if steers { _ = endpoint.appendFrame(.steering, steering().rawBytes) }
        _ = endpoint.finishPacket(now: now, into: &batch)
    }

    private func say(_ message: ClientMessage) {
        let bytes = encodeBytes(growingFrom: 64) { (writer) throws(CodecError) in
            try message.encode(into: &writer)
        }
        _ = endpoint.send(bytes, stream: ClientMessage.stream)
    }

    /// To and fro, so that nobody comes to the end of the world.
    private func steering() -> [UInt8] {
        sequence += 1
        let isBack = sequence / 40 % 2 == 1
        let input = SteeringInput(
            sequence: sequence, durationMilliseconds: 50,
            velocity: Velocity(x: isBack ? -256 : 256, y: 0, z: 0))
        return encodeBytes(growingFrom: SteeringInput.encodedByteCount) {
            (writer) throws(CodecError) in try input.encode(into: &writer)
        }
    }
}

extension Crowd {
    /// A square of 160 m with cells of 8 m, whose spawns lie all over it.
    static let square: WorldDescription = {
        let metre = Position.unitsPerMetre
        var spawns: [Position] = []
        for place in 0..<64 {
            let (column, row) = (Int32(place % 8), Int32(place / 8))
            spawns.append(
                Position(x: (column * 16 - 56) * metre, y: (row * 16 - 56) * metre, z: 0))
        }
        return WorldDescription(
            name: "square", cellMetres: 8,
            bounds: Bounds(
                lowest: Position(x: -80 * metre, y: -80 * metre, z: 0),
                highest: Position(x: 80 * metre, y: 80 * metre, z: 10 * metre)),
            spawns: spawns,
            kinds: [
                KindDescription(
                    id: KindID(1), name: "avatar", role: .avatar, maxSpeedMetresPerSecond: 2),
                KindDescription(id: KindID(2), name: "thing", role: .object),
            ])
    }()

    /// The square with things in it.
    static func square(things: Int) -> WorldDescription {
        let metre = Position.unitsPerMetre
        var description = square
        description.objects = (0..<things).map { number in
            let (column, row) = (Int32(number % 128), Int32(number / 128))
            return ObjectDescription(
                name: nil, kind: KindID(2),
                position: Position(x: (column - 64) * metre, y: (row - 63) * metre, z: 0))
        }
        return description
    }
}
