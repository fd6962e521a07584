// A server with real keys and no manners, and the one honest client that has joined it. It tells of a
// world as an honest server does, and then spoils what it has to say, or says what it was given.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

public final class HostileServer {
    public var client: WorldClient
    public private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// How many frames and messages went out.
    public private(set) var attempts = 0
    public var random: SeededRandom

    private var endpoint: ServerEndpoint
    private var handle: ConnectionHandle?
    private var batch = DatagramBatch(capacity: 64)
    private var world: WorldState
    private var author: Author
    private var blocks = BlockStore(tickHertz: 20)
    private var subscription = Subscription(interestMetres: 100_000_000, verifies: true)
    private var plan = TickPlan()
    private var things: [EntityID] = []
    /// True once the client can understand what it is told.
    private var tells = false
    /// Whether the client is told where its own body is.
    public var showsBody = true
    public let description: WorldDescription
    private let clientAddress = NetworkAddress(ipv4: 0x0a00_0100, port: 40_000)

    /// What an honest client may come to hold, whatever it is told.
    public static let clientEntityLimit = ReplicaLimits.entities

    private static let wall = Simulation.wallOrigin

    public init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        var entropy = SeededEntropy(seed: [UInt8](repeating: UInt8(seed & 0xff), count: 32))
        let key = TokenKey(entropy: &entropy)
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: 1, name: "victim"), serverID: 1, key: key,
            wallMilliseconds: Self.wall, lifetimeMilliseconds: 600_000, entropy: &entropy)
        endpoint = ServerEndpoint(
            configuration: ServerEndpointConfiguration(
                tokenKeys: [key], serverID: 1, bytesPerSecond: nil),
            entropySeed: entropy.bytes(32), now: now)
        client = WorldClient(
            ClientConfiguration(
                token: token, server: Simulation.serverAddress,
                entrance: Entrance(wantsDigests: true)),
            entropySeed: entropy.bytes(32), now: now)
        description = simulatedWorld()
        world = WorldState(cellMetres: description.cellMetres)
        let replica = ReplicaID(node: 1, boot: 1)
        author = Author(replica: replica, clock: HybridClock(replica: replica))
        for _ in 0..<40 { create() }
    }

    /// Joins the client, welcomes it with a description (its own if none is given) and begins to
    /// tell it of the world.
    public func join(welcomingWith description: [UInt8]? = nil) {
        connect()
        say(
            .welcome(
                Welcome(
                    entity: things[0], description: description ?? self.description.encoded())))
        for _ in 0..<4 { step() }
        tells = true
    }

    /// Joins the client and tells it nothing.
    public func connect() { for _ in 0..<8 { step() } }

    /// One tick of 50 ms. What goes wrong in it is decided by `spoil`, frame by frame.
    public func step(spoil: (FrameType, [UInt8]) -> [(FrameType, [UInt8])] = { [($0, $1)] }) {
        now = now + .milliseconds(50)
        while client.pollTransmit(into: &batch, now: now) { deliverToServer() }
        _ = endpoint.handleTimeout(now: now)
        guard let handle else { return }
        while endpoint.pollMessage(from: handle) != nil {}
        readReceipts(handle)
        if tells { wander() }
        blocks.beginTick(world: world)
        if tells {
            subscription.beginTick(centre: .origin, store: blocks, world: world, plan: &plan)
        }
        for number in 0..<4 {
            guard
                endpoint.beginPacket(
                    to: handle, reserving: tells && number == 0 ? 1_000 : 0, now: now)
            else { break }
            fill(spoil)
            guard let sent = endpoint.finishPacket(now: now, into: &batch) else { break }
            subscription.packetSent(number: sent)
        }
        deliverToClient()
        world.beginTick(world.tick + 1)
    }

    /// Puts a message on the reliable stream.
    public func say(_ message: ServerMessage) { say(message.encoded()) }

    public func say(_ bytes: [UInt8]) {
        guard let handle, endpoint.send(bytes, stream: ServerMessage.stream, to: handle) else {
            return
        }
        attempts += 1
    }

    public func noise(upTo count: UInt32) -> [UInt8] {
        (0..<random.below(count)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// One to three bits turned, or the end cut off.
    public func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty else { return bytes }
        for _ in 0...random.below(3) {
            bytes[Int(random.below(UInt32(bytes.count)))] ^= 1 << UInt8(random.below(8))
        }
        if random.below(6) == 0 { bytes.removeLast(Int(random.below(UInt32(bytes.count)))) }
        return bytes
    }

    /// Puts one of its things somewhere, where it seems to go at a speed.
    public func put(_ number: Int, at position: Position, velocity: Velocity = .zero) {
        guard let row = world.table.row(of: things[number]) else { return }
        world.move(row: row, to: Motion(position: position, velocity: velocity))
    }

    public func id(_ number: Int) -> EntityID { things[number] }

    /// A tick frame's body.
    public func tickFrame(_ tick: UInt32, ownMotion: Motion? = nil) -> [UInt8] {
        let frame = TickFrame(
            tick: Tick(tick), serverMilliseconds: UInt64(tick) * 50, steeringSequence: tick,
            ownMotion: ownMotion)
        return encoded { (writer) throws(CodecError) in try frame.encode(into: &writer) }
    }

    /// Everything that an application asks of its client, in several frames between two ticks.
    public func draw() {
        for milliseconds in [0, 17, 34, 45] { draw(at: now + .milliseconds(Int64(milliseconds))) }
    }

    private func draw(at now: Instant) {
        for id in client.entityIDs {
            _ = client.kind(of: id)
            _ = client.text(.name, of: id)
            _ = client.field(SimulatedField.notes, of: id)
            guard let motion = client.motion(of: id, now: now) else { continue }
            _ = client.geoPose(of: motion)
        }
        _ = client.motion(of: client.entity, now: now)
        _ = client.statistics
        _ = client.serverInstant(at: now)
    }
}

// MARK: - The honest part

extension HostileServer {
    private func fill(_ spoil: (FrameType, [UInt8]) -> [(FrameType, [UInt8])]) {
        guard tells else { return }
        let own = showsBody ? world.motion(of: things[0]) : nil
        append(.tick, tickFrame(world.tick.number, ownMotion: own), spoil)
        _ = subscription.planPacket(
            room: endpoint.packetRoom, store: &blocks, world: world, plan: &plan)
        for index in plan.blocks.indices {
            let block = plan.blocks[index]
            append(block.frameType, blocks.bytes(block.range).array, spoil)
        }
    }

    private func append(
        _ type: FrameType, _ body: [UInt8],
        _ spoil: (FrameType, [UInt8]) -> [(FrameType, [UInt8])]
    ) {
        for (type, body) in spoil(type, body) where endpoint.appendFrame(type, body.rawBytes) {
            attempts += 1
        }
    }

    private func create() {
        let motion = Motion(position: somewhere())
        var (id, delta) = author.create(
            kind: things.isEmpty ? SimulatedKind.avatar : SimulatedKind.thing, owner: 1,
            wallMilliseconds: Self.wall)
        delta.join(
            author.set(id, .placement, .bytes(motion.restingBytes), wallMilliseconds: Self.wall))
        delta.join(author.set(id, .name, .text("thing"), wallMilliseconds: Self.wall))
        world.apply(delta)
        things.append(id)
    }

    private func wander() {
        for number in things.indices where random.below(4) == 0 {
            guard let row = world.table.row(of: things[number]) else { continue }
            var motion = world.table.motions[row]
            motion.position.x &+= Int32(random.below(400)) - 200
            motion.position.y &+= Int32(random.below(400)) - 200
            world.move(row: row, to: motion)
        }
        let id = things[Int(random.below(UInt32(things.count)))]
        let key = "k\(random.below(20))"
        world.apply(
            author.put(
                id, SimulatedField.notes, key: key, .text("note"), in: world.lattice,
                wallMilliseconds: Self.wall))
    }

    private func somewhere() -> Position {
        let reach = 30 * Position.unitsPerMetre
        return Position(
            x: Int32(random.below(UInt32(2 * reach))) - reach,
            y: Int32(random.below(UInt32(2 * reach))) - reach, z: 0)
    }

    private func readReceipts(_ handle: ConnectionHandle) {
        while let receipt = endpoint.pollReceipt(from: handle) {
            switch receipt {
            case .acknowledged(let number): subscription.acknowledged(number: number)
            case .lost(let number): subscription.lost(number: number)
            }
        }
    }

    private func encoded(
        _ body: (inout ByteWriter) throws(CodecError) -> Void
    ) -> [UInt8] {
        (try? encodeBytes(capacity: 1_200, body)) ?? []
    }

    private func deliverToServer() {
        var answers = DatagramBatch(capacity: 8)
        for index in 0..<batch.count {
            var bytes = batch.datagram(index)
            var span = bytes.mutableSpan
            var raw = unsafe span.mutableBytes
            let arrival = endpoint.handle(
                &raw, from: clientAddress, now: now, wallMilliseconds: Self.wall,
                replies: &answers)
            if case .joined(let joined, _) = arrival { handle = joined }
            if case .closed = arrival { handle = nil }
        }
        batch = answers
        deliverToClient()
    }

    private func deliverToClient() {
        for index in 0..<batch.count {
            var bytes = batch.datagram(index)
            var span = bytes.mutableSpan
            var raw = unsafe span.mutableBytes
            client.handle(&raw, from: Simulation.serverAddress, now: now)
        }
        batch.removeAll()
    }
}
