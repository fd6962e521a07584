// A square full of people before a real server, and two of them behind a link that loses: a client as
// games have it, of which every byte is counted and every picture held against the server's own state
// of that tick; and a reader that takes packets apart to see what the bytes are for.
//
// All others are hand to hand with the server: they steer and acknowledge and look at nothing.

import CairnBasics
import CairnClient
import CairnGeometry
import CairnReplication
import CairnServer
import CairnStore
import CairnTransport
import CairnWire
import CairnWorld

final class Promenade {
    static let serverAddress = NetworkAddress(ipv4: 0x0a00_0001, port: 7777)
    static let firstAddress: UInt32 = 0x0a01_0000
    /// UDP and IPv4 headers.
    static let headerBytes = LinkRate.headerBytes
    static let tickMilliseconds: Int64 = 50

    /// What went over the link, with headers, lost datagrams too.
    private(set) var bytesDown = 0
    private(set) var bytesUp = 0
    private(set) var datagramsDown = 0
    private(set) var ticks = 0
    /// False until what is counted counts.
    var records = false
    private(set) var sight = Sight()

    private var server: WorldServer
    private var watcher: WorldClient
    private var watcherMind: Promenader
    let reader: PacketReader
    private var walkers: [PacketReader] = []
    private var links: LinkConditioner
    private var truth: [UInt32: [EntityID: Motion]] = [:]
    private var heardTick: Tick?
    private var formerCorrections: UInt64 = 0
    private static let start = Instant(nanoseconds: 1_000_000_000)
    private var now = Promenade.start
    private var batch = DatagramBatch(capacity: 256)
    private var replies = DatagramBatch(capacity: 256)
    private var sends = DatagramBatch(capacity: 64)

    static func address(_ index: Int) -> NetworkAddress {
        NetworkAddress(ipv4: firstAddress + UInt32(index), port: 5_000)
    }

    /// - Parameter people: the watcher and the reader among them.
    init(people: Int, halfMetres: Double, _ conditions: LinkConditions, seed: UInt64) {
        let now = Self.start
        let wall = Self.wallMilliseconds(now)
        var entropy = SeededEntropy(seed: [UInt8](repeating: 7, count: 32))
        let key = TokenKey(entropy: &entropy)
        server = WorldServer(
            Self.square(halfMetres: Int32(halfMetres)),
            configuration: ServerConfiguration(
                endpoint: ServerEndpointConfiguration(
                    tokenKeys: [key], serverID: 1, maximumConnections: people,
                    joinsPerSecond: 1_000_000),
                freshEntities: people),
            recovered: RecoveredWorld(), boot: 1,
            entropySeed: [UInt8](repeating: 3, count: 32), now: now, wallMilliseconds: wall)
        links = LinkConditioner(seed: seed, conditions: conditions)
        var readers: [PacketReader] = []
        var first: ConnectToken?
        for index in 0..<people {
            let token = ConnectToken.issue(
                for: ClientIdentity(
                    identity: UInt64(index + 1), role: .player, name: "walker \(index)"),
                serverID: 1, key: key, wallMilliseconds: wall, lifetimeMilliseconds: 60_000,
                entropy: &entropy)
            if index == 0 {
                first = token
                continue
            }
            readers.append(
                PacketReader(
                    token: token, entropySeed: entropy.bytes(32), reads: index == 1,
                    Promenader(seed: seed &* 1_000 &+ UInt64(index), halfMetres: halfMetres),
                    now: now))
        }
        guard let first else { preconditionFailure("nobody watches") }
        watcher = WorldClient(
            ClientConfiguration(token: first, server: Self.serverAddress),
            entropySeed: entropy.bytes(32), now: now)
        watcherMind = Promenader(seed: seed &* 1_000, halfMetres: halfMetres)
        reader = readers.removeFirst()
        walkers = readers
    }

    private static func wallMilliseconds(_ now: Instant) -> UInt64 {
        1_700_000_000_000 + UInt64(now.nanoseconds / 1_000_000)
    }

    var clientCount: Int { server.clientCount }
    var watcherSees: Int { watcher.entityCount }
    var lostDatagrams: UInt64 { links.lost }
    var statistics: ClientStatistics { watcher.statistics }
    /// How often the watcher's own body was elsewhere than it had foretold.
    var corrections: UInt64 { watcher.statistics.corrections - formerCorrections }

    /// Forgets what has been counted.
    func startCounting() {
        (bytesDown, bytesUp, datagramsDown, ticks) = (0, 0, 0, 0)
        sight = Sight()
        formerCorrections = watcher.statistics.corrections
        reader.tally = [:]
        records = true
    }

    func run(ticks count: Int) {
        for _ in 0..<count { tick() }
    }

    private func tick() {
        for _ in 0..<10 {
            now = now + .milliseconds(Self.tickMilliseconds / 10)
            deliverLinked()
            watch()
            reader.step(isTurn: false, now: now, into: &sends)
            sendUp(from: 1)
        }
        stepPeople()
        server.beginTick(now: now)
        remember()
        var more = true
        while more {
            more = server.pollTransmit(into: &batch, now: now)
            deliver(&batch)
        }
        while server.pollEvent() != nil {}
        for _ in server.pollJournal() {}
        ticks += 1
    }

    private func stepPeople() {
        for index in walkers.indices {
            walkers[index].place = server.motion(of: walkers[index].entity)?.position ?? .origin
            walkers[index].step(isTurn: true, now: now, into: &sends)
            sendUp(from: index + 2)
        }
        reader.place = server.motion(of: reader.entity)?.position ?? .origin
        reader.step(isTurn: true, now: now, into: &sends)
        sendUp(from: 1)
        let place = server.motion(of: watcher.entity)?.position ?? .origin
        let wish = watcherMind.step(from: place, now: now)
        watcher.steer(
            velocity: wish.velocity, orientation: wish.orientation,
            animation: wish.velocity == .zero ? 0 : 1)
    }

    /// What the watcher does between two ticks.
    private func watch() {
        while watcher.pollTransmit(into: &sends, now: now) { sendUp(from: 0) }
        while watcher.pollEvent() != nil {}
    }

    private func remember() {
        var here: [EntityID: Motion] = [:]
        for entity in walkers.map(\.entity) + [reader.entity, watcher.entity] {
            here[entity] = server.motion(of: entity)
        }
        truth[server.tick.number] = here
        truth[server.tick.number &- 100] = nil
    }

    /// Takes what is in `sends` to the link or to the server.
    private func sendUp(from index: Int) {
        for number in 0..<sends.count {
            var bytes = sends.datagram(number)
            if index == 0, records { bytesUp += bytes.count + Self.headerBytes }
            if index < 2 {
                links.send(
                    bytes, from: Self.address(index), to: Self.serverAddress, now: now)
            } else {
                arrive(&bytes, at: Self.serverAddress, from: Self.address(index))
            }
        }
        sends.removeAll()
    }

    private func deliverLinked() {
        while let datagram = links.poll(now: now) {
            var bytes = datagram.bytes
            arrive(&bytes, at: datagram.destination, from: datagram.source)
        }
    }

    private func deliver(_ batch: inout DatagramBatch) {
        for number in 0..<batch.count {
            var bytes = batch.datagram(number)
            let address = batch.address(number)
            let index = Int(UInt32(truncatingIfNeeded: address.low) &- Self.firstAddress)
            if index == 0, records {
                bytesDown += bytes.count + Self.headerBytes
                datagramsDown += 1
            }
            if index == 1, records { reader.countHeaders() }
            if index < 2 {
                links.send(bytes, from: Self.serverAddress, to: address, now: now)
            } else {
                arrive(&bytes, at: address, from: Self.serverAddress)
            }
        }
        batch.removeAll()
    }

    private func arrive(
        _ bytes: inout [UInt8], at destination: NetworkAddress, from source: NetworkAddress
    ) {
        var span = bytes.mutableSpan
        var datagram = span.mutableBytes
        if destination == Self.serverAddress {
            server.handle(
                &datagram, from: source, now: now,
                wallMilliseconds: Self.wallMilliseconds(now), replies: &replies)
            deliver(&replies)
            return
        }
        let index = Int(UInt32(truncatingIfNeeded: destination.low) &- Self.firstAddress)
        switch index {
        case 0:
            watcher.handle(&datagram, from: source, now: now)
            look()
        case 1: reader.receive(&datagram, records: records, now: now)
        default: walkers[index - 2].receive(&datagram, records: false, now: now)
        }
    }

    /// Holds what the watcher knows of everybody against the server's state of the tick that it was
    /// told of last.
    private func look() {
        guard records, let tick = watcher.tick, tick != heardTick else { return }
        heardTick = tick
        for entity in walkers.map(\.entity) + [reader.entity] {
            guard let told = watcher.newestTick(of: entity),
                let seen = watcher.newestMotion(of: entity),
                let real = truth[told.number]?[entity]
            else {
                sight.noteUnseen()
                continue
            }
            sight.add(seen, real, isFresh: told == tick)
        }
    }

    private static func square(halfMetres: Int32) -> WorldDescription {
        let metre = Position.unitsPerMetre
        let edge = halfMetres * metre
        let step = edge / 5
        var spawns: [Position] = []
        for place in Int32(0)..<64 {
            spawns.append(
                Position(x: (place % 8 - 4) * step, y: (place / 8 - 4) * step, z: 0))
        }
        return WorldDescription(
            name: "promenade", cellMetres: 16,
            bounds: Bounds(
                lowest: Position(x: -edge, y: -edge, z: 0),
                highest: Position(x: edge, y: edge, z: 10 * metre)),
            spawns: spawns, interestMetres: 48,
            kinds: [
                KindDescription(
                    id: KindID(1), name: "avatar", role: .avatar, maxSpeedMetresPerSecond: 2),
                KindDescription(id: KindID(2), name: "guide", role: .npc),
                KindDescription(id: KindID(3), name: "thing", role: .object),
            ])
    }
}

/// How far pictures were from the truth.
struct Sight {
    private(set) var count = 0
    /// Bodies that were not seen at all.
    private(set) var unseen = 0
    private(set) var worstMetres = 0.0
    private(set) var worstDegrees = 0.0
    private(set) var moving = 0
    /// Those of the newest tick.
    private(set) var fresh = 0

    mutating func noteUnseen() { unseen += 1 }

    mutating func add(_ seen: Motion, _ real: Motion, isFresh: Bool) {
        count += 1
        if isFresh { fresh += 1 }
        if real.velocity != .zero { moving += 1 }
        worstMetres = max(worstMetres, metres(seen.position, real.position))
        worstDegrees = max(worstDegrees, Self.degrees(seen.orientation, real.orientation))
    }

    private static func degrees(_ one: Orientation, _ other: Orientation) -> Double {
        let (a, b) = (one.quaternion, other.quaternion)
        let product = abs(a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w)
        let lengths =
            ((a.x * a.x + a.y * a.y + a.z * a.z + a.w * a.w)
            * (b.x * b.x + b.y * b.y + b.z * b.z + b.w * b.w)).squareRoot()
        return 2 * arcCosine(min(1, product / lengths)) * 180 / .pi
    }
}
