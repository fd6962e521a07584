import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnWire
import CairnWorld

/// What a server keeps of a client; neither can be copied.
private final class Told {
    var subscription: Subscription
    var plan = TickPlan()

    init(_ subscription: consuming Subscription) { self.subscription = subscription }
}

/// A client: its subscription at the server, its replica, and the network between them.
struct Session {
    private let told: Told
    var replica: Replica
    var centre: Position
    var faults: Faults
    var packetsPerTick = 8
    /// Bytes of blocks that a packet has room for.
    var packetRoom = 1_100

    var recordsEvents = false
    private(set) var events: [ReplicaEvent] = []
    var recordsPackets = false
    private(set) var sentPackets: [Packet] = []

    /// Everybody whose enter event came and whose leave event did not.
    private(set) var seen: Set<EntityID> = []
    private(set) var complaints: [String] = []
    private(set) var bytesSent = 0
    private(set) var blocksSent = 0
    /// How often each page was told.
    private(set) var blocksByPage: [PageID: Int] = [:]
    private(set) var packetsSent: UInt64 = 0
    /// When each page was told last.
    private(set) var toldAt: [PageID: Tick] = [:]

    private var packets = Channel<Packet>()
    private var receipts = Channel<UInt64>()
    private var unacknowledged: [(number: UInt64, sent: Tick)] = []
    private var random: SeededRandom

    init(
        centre: Position = .origin, interestMetres: Int = 32, cellMetres: Int = 16,
        tickHertz: Int = 20, bytesPerTick: Int? = nil, faults: Faults = .none, seed: UInt64 = 1
    ) {
        told = Told(
            Subscription(
                interestMetres: interestMetres, verifies: true,
                rules: InterestRules(tickHertz: tickHertz), bytesPerTick: bytesPerTick,
                stagger: UInt32(truncatingIfNeeded: seed)))
        replica = Replica(cellMetres: cellMetres, tickHertz: tickHertz)
        self.centre = centre
        self.faults = faults
        random = SeededRandom(seed: seed)
    }

    var subscription: Subscription {
        _read { yield told.subscription }
        nonmutating _modify { yield &told.subscription }
    }

    /// One tick of the server's sending and the client's receiving.
    mutating func run(_ store: inout BlockStore, _ world: borrowing WorldState) {
        settle(now: world.tick)
        told.subscription.beginTick(
            centre: centre, store: store, world: world, plan: &told.plan)
        for _ in 0..<packetsPerTick {
            guard sendPacket(&store, world) else { break }
        }
        replica.advance(to: world.tick)
        drainEvents()
        for packet in packets.arrivals(now: world.tick, &random) { receive(packet, world.tick) }
    }

    private mutating func sendPacket(
        _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Bool {
        var packet = Packet(number: packetsSent + 1, tick: world.tick)
        var room = packetRoom
        _ = told.subscription.planPacket(
            room: room, store: &store, world: world, plan: &told.plan)
        for index in told.plan.blocks.indices {
            let block = told.plan.blocks[index]
            let body = store.bytes(block.range).array
            if body.count > room { complaints.append("a block does not fit its room") }
            room -= body.count + (body.count < 128 ? 2 : 3)
            packet.frames.append((block.frameType, body))
            note(block, body, world.tick)
        }
        guard !packet.frames.isEmpty else { return false }
        packetsSent += 1
        subscription.packetSent(number: packet.number)
        unacknowledged.append((packet.number, world.tick))
        if recordsPackets { sentPackets.append(packet) }
        packets.send(packet, now: world.tick, faults, &random)
        return true
    }

    private mutating func note(_ block: PlannedBlock, _ body: [UInt8], _ tick: Tick) {
        bytesSent += body.count
        blocksSent += 1
        guard block.frameType == .changeBlock || block.frameType == .keyframeBlock else { return }
        var reader = ByteReader(body.rawBytes)
        if let page = try? reader.getVarint() {
            blocksByPage[PageID(UInt32(page)), default: 0] += 1
            toldAt[PageID(UInt32(page))] = tick
        }
    }

    private mutating func receive(_ packet: Packet, _ now: Tick) {
        receipts.send(packet.number, now: now, faults, &random)
        guard replica.open(tick: packet.tick) else { return }
        for frame in packet.frames {
            do {
                let agrees = try replica.receive(
                    frame.type, frame.body.rawBytes, tick: packet.tick)
                if agrees == false { complaints.append("a digest differs at \(packet.tick)") }
            } catch {
                complaints.append("an honest block was refused: \(error)")
            }
        }
        drainEvents()
    }

    mutating func drainEvents() {
        while let event = replica.pollEvent() {
            if recordsEvents { events.append(event) }
            switch event {
            case .entered(let id):
                if !seen.insert(id).inserted { complaints.append("\(id) entered twice") }
            case .left(let id, _):
                if seen.remove(id) == nil { complaints.append("\(id) left without entering") }
            case .changed(let id):
                if !seen.contains(id) { complaints.append("\(id) changed unseen") }
            }
        }
    }

    /// Hands receipts to the subscription; what has none after some ticks is lost.
    private mutating func settle(now: Tick) {
        for number in receipts.arrivals(now: now, &random) {
            subscription.acknowledged(number: number)
            unacknowledged.removeAll { $0.number == number }
        }
        let patience = Int32(2 * (faults.delay + faults.jitter) + 3)
        while let oldest = unacknowledged.first, now.steps(since: oldest.sent) > patience {
            subscription.lost(number: oldest.number)
            unacknowledged.removeFirst()
        }
    }
}

extension Session {
    /// What is wrong with the client's picture, given that everything has had time to arrive.
    func differences(from world: borrowing WorldState) -> [String] {
        var found = complaints
        var expected: Set<EntityID> = []
        for page in subscription.followedPages {
            let record = world.hash.pages[page.index]
            for slot in 0..<Page.capacity where record.occupied >> UInt32(slot) & 1 == 1 {
                let row = world.hash.row(in: page, slot: slot)
                let id = world.table.ids[row]
                expected.insert(id)
                guard let mine = replica.entities.row(of: id) else {
                    found.append("\(id) is missing")
                    continue
                }
                if replica.entities.motion(row: mine) != world.table.motions[row] {
                    found.append("\(id) is elsewhere")
                }
                if replica.entities.kind(row: mine) != world.table.kinds[row] {
                    found.append("\(id) is of another kind")
                }
                found += fieldDifferences(of: id, mine, world)
            }
        }
        var visible: Set<EntityID> = []
        for row in replica.entities.rows where replica.entities.isVisible(row: row) {
            visible.insert(replica.entities.id(row: row))
        }
        for ghost in visible.subtracting(expected) { found.append("\(ghost) is a ghost") }
        if seen != visible { found.append("events do not balance") }
        if visible.count != replica.entities.visibleCount { found.append("miscounted") }
        return found
    }

    private func fieldDifferences(
        of id: EntityID, _ row: Int, _ world: borrowing WorldState
    ) -> [String] {
        var found: [String] = []
        for field in world.lattice[id]?.fields ?? [] where field.id != .placement {
            if replica.entities.field(field.id, row: row) != field.state {
                found.append("\(id) has another field \(field.id.raw)")
            }
        }
        return found
    }

    /// Everybody nearer than the interest whom the client does not follow.
    func overlooked(in world: borrowing WorldState) -> [EntityID] {
        let followed = Set(subscription.followedPages)
        var rows: [Int] = []
        world.appendRows(
            within: UInt32(subscription.interestMetres * 1_024), of: centre, to: &rows)
        return rows.filter { !followed.contains(world.table.pages[$0]) }.map { world.table.ids[$0] }
    }
}
