import CairnAgents
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnPeers
import CairnServer
@_spi(Committing) import CairnStore
import CairnTransport
import CairnWire
import CairnWorld
import Testing

/// Bodies and things of one world on several whole servers: people see each other walk, nobody's body
/// stands for ever, and nothing of the world file stands twice.
@Suite struct NodesShareBodiesTests {
    @Test func onlyTheFounderPlacesTheWorldFilesObjectsAndEveryNodeHasThem() {
        let cluster = Servers(3)
        #expect(cluster[1].entityCount == 1)
        #expect(cluster[2].entityCount == 0)
        cluster.run(for: .seconds(2))
        #expect(cluster.isAlike)
        #expect(cluster[3].entityCount == 1)
    }

    @Test func aFounderThatLostItsDiskLeavesNoTwins() {
        let cluster = Servers(2)
        cluster.run(for: .seconds(2))
        let kiosk = cluster[2].lattice.sortedIDs
        cluster.restart(1, boot: 2)
        #expect(cluster[1].lattice.sortedIDs != kiosk)
        cluster.run(for: .seconds(3))
        #expect(cluster[1].lattice.sortedIDs == kiosk)
        #expect(cluster.isAlike)
    }

    @Test func aBodyWalksOnAllNodes() {
        let cluster = Servers(2)
        let body = cluster.addCharacter()
        cluster.run(for: .seconds(1))
        cluster.steer(body, for: .seconds(2))
        let here = cluster[1].motion(of: body)
        #expect(here.map { $0.position.x > 1_024 } == true)
        cluster.run(for: .seconds(2))
        #expect(cluster[2].motion(of: body) == cluster[1].motion(of: body))
        #expect(cluster[2].counters.peers.motionsTaken > 20)
    }

    @Test func bodiesOfASilentNodeGoAfterAMinuteAndComeBackWithIt() {
        let cluster = Servers(3)
        let body = cluster.addCharacter()
        cluster.run(for: .seconds(2))
        #expect(cluster[3].motion(of: body) != nil)
        cluster.cut = [1]
        cluster.run(for: .seconds(50))
        #expect(cluster[2].motion(of: body) != nil)
        cluster.run(for: .seconds(15))
        #expect(cluster[2].motion(of: body) == nil)
        #expect(cluster[3].motion(of: body) == nil)
        #expect(cluster[2].counters.bodiesSwept == 1)
        #expect(cluster[3].counters.bodiesSwept == 0)
        // Node 1 was only cut off: it hears of it, and its character starts anew.
        #expect(cluster[1].motion(of: body) != nil)
        cluster.cut = []
        cluster.run(for: .seconds(3))
        #expect(cluster[1].motion(of: body) == nil)
        #expect(cluster[1].counters.bodiesLost == 1)
        #expect(cluster[1].characterCount == 0)
        let next = cluster.addCharacter()
        #expect(next != body)
        cluster.run(for: .seconds(2))
        #expect(cluster[2].motion(of: next) != nil)
        #expect(cluster.isAlike)
    }

    @Test func fewerThanHalfOfTheNodesWaitTenMinutes() {
        let cluster = Servers(2)
        let body = cluster.addCharacter()
        cluster.run(for: .seconds(2))
        cluster.cut = [1]
        cluster.run(for: .seconds(580))
        #expect(cluster[2].motion(of: body) != nil)
        cluster.run(for: .seconds(40))
        #expect(cluster[2].motion(of: body) == nil)
    }

    @Test func aRestartTakesOnlyTheBodiesOfItsOwnNode() {
        let cluster = Servers(2)
        let body = cluster.addCharacter()
        cluster.run(for: .seconds(2))
        cluster.restart(2, boot: 2)
        cluster.run(for: .seconds(2))
        #expect(cluster[1].motion(of: body) != nil)
        #expect(cluster[2].motion(of: body) != nil)
        cluster.restart(1, boot: 2)
        cluster.run(for: .seconds(3))
        #expect(cluster[1].motion(of: body) == nil)
        #expect(cluster[2].motion(of: body) == nil)
    }
}

/// Whole servers without clients, and a bus that is perfect but for nodes that are cut off. Disks
/// are empty after a restart.
private final class Servers {
    final class Node {
        var server: WorldServer
        init(_ server: consuming WorldServer) { self.server = server }
    }

    private let count: UInt8
    private var nodes: [Node] = []
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var batch = DatagramBatch(capacity: 64)
    /// Nodes that nobody hears and that hear nobody.
    var cut: Set<UInt8> = []

    init(_ count: UInt8) {
        self.count = count
        for number in 1...count { nodes.append(Node(server(number, boot: 1))) }
    }

    subscript(number: UInt8) -> WorldServer { _read { yield nodes[Int(number) - 1].server } }

    var isAlike: Bool { Set(nodes.map { $0.server.lattice.digest }).count == 1 }

    func restart(_ number: UInt8, boot: UInt32) {
        nodes[Int(number) - 1].server = server(number, boot: boot)
    }

    /// The founder's character comes into the world.
    func addCharacter() -> EntityID {
        var output = AgentOutput()
        output.spawns = [Spawn(persona: 0, position: .origin)]
        nodes[0].server.handle(output, now: now, wallMilliseconds: wall)
        return nodes[0].server.lattice.sortedIDs.last ?? .none
    }

    func steer(_ body: EntityID, for span: TimeSpan) {
        let end = now + span
        while now < end {
            var output = AgentOutput()
            output.intents = [
                .steer(body, Velocity(x: 256, y: 0, z: 0), facing: .identity, animation: 1)
            ]
            nodes[0].server.handle(output, now: now, wallMilliseconds: wall)
            step()
        }
    }

    func run(for span: TimeSpan) {
        let end = now + span
        while now < end { step() }
    }

    private func step() {
        now = now + .milliseconds(50)
        for number in 1...count {
            let node = nodes[Int(number) - 1]
            node.server.beginTick(now: now)
            while node.server.pollTransmit(into: &batch, now: now) { batch.removeAll() }
            write(&node.server)
            while let datagram = node.server.pollPeer() {
                guard !cut.contains(number), !cut.contains(datagram.to) else { continue }
                nodes[Int(datagram.to) - 1].server.handlePeer(
                    datagram.bytes.rawBytes, from: number, now: now, wallMilliseconds: wall)
            }
        }
    }

    /// The disk has everything at once.
    private func write(_ server: inout WorldServer) {
        var writer = JournalWriter(store: NoDisk())
        for order in server.pollJournal() {
            for report in writer.perform([order]) { server.handle(report) }
        }
    }

    private var wall: UInt64 { 1_700_000_000_000 + UInt64(now.nanoseconds / 1_000_000) }

    private func server(_ number: UInt8, boot: UInt32) -> WorldServer {
        var entropy = SeededEntropy(seed: [UInt8](repeating: number, count: 32))
        let metre = Position.unitsPerMetre
        let description = WorldDescription(
            name: "shared",
            bounds: Bounds(
                lowest: Position(x: -40 * metre, y: -40 * metre, z: 0),
                highest: Position(x: 40 * metre, y: 40 * metre, z: 10 * metre)),
            kinds: [
                KindDescription(
                    id: KindID(1), name: "character", role: .npc, maxSpeedMetresPerSecond: 2),
                KindDescription(id: KindID(2), name: "thing", role: .object),
            ],
            personas: [
                PersonaDescription(
                    name: "Ada", greeting: "Hello.", lines: [], role: .greeter, kind: KindID(1))
            ],
            objects: [ObjectDescription(name: "kiosk", kind: KindID(2), position: .origin)])
        let endpoint = ServerEndpointConfiguration(
            tokenKeys: [TokenKey(entropy: &entropy)], serverID: UInt64(number),
            maximumConnections: 4)
        return WorldServer(
            description,
            configuration: ServerConfiguration(
                endpoint: endpoint, node: number, peers: (1...count).filter { $0 != number }),
            recovered: RecoveredWorld(), boot: boot,
            entropySeed: [UInt8](repeating: number, count: 32), now: now, wallMilliseconds: wall)
    }
}
