import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWire
import CairnWorld
import Testing

@Suite struct HostileServersHarmNobodyTests {
    private static let types: [FrameType] = [
        .keyframeBlock, .changeBlock, .propertyBlock, .pageDigest, .cellLeave, .tick,
    ]

    /// Blocks as a busy server sends them.
    private static func honestBlocks() -> [Packet] {
        var town = Town(seed: 1)
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<100 { town.createSomewhere() }
        var session = Session(interestMetres: 100)
        session.recordsPackets = true
        for _ in 0..<40 {
            town.walk()
            for _ in 0..<5 { town.editSomething() }
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
        }
        return session.sentPackets
    }

    @Test func noiseByTheHundredThousandIsRefusedOrHarmless() {
        var random = SeededRandom(seed: 1)
        var replica = Replica(cellMetres: 16, tickHertz: 20)
        var accepted = 0
        for step in 0..<200_000 {
            let tick = Tick(UInt32(step / 20))
            guard replica.open(tick: tick) else { continue }
            let noise = (0..<random.below(64)).map { _ in UInt8(random.below(256)) }
            let type = Self.types[Int(random.below(UInt32(Self.types.count)))]
            do {
                _ = try replica.receive(type, noise.rawBytes, tick: tick)
                accepted += 1
            } catch {}
            while replica.pollEvent() != nil {}
        }
        #expect(accepted > 100, "the noise never got past the first check")
        #expect(replica.entities.rows.count <= ReplicaLimits.entities)
    }

    @Test func honestBlocksWithFlippedBitsAreRefusedOrHarmless() {
        let packets = Self.honestBlocks()
        var random = SeededRandom(seed: 2)
        for round in 0..<60 {
            var replica = Replica(cellMetres: 16, tickHertz: 20)
            for packet in packets where replica.open(tick: packet.tick) {
                for frame in packet.frames {
                    var body = frame.body
                    if round > 0, random.below(3) == 0 {
                        body[Int(random.below(UInt32(body.count)))] ^= 1 << UInt8(random.below(8))
                    }
                    if round > 0, random.below(9) == 0 {
                        body.removeLast(Int(random.below(UInt32(body.count))))
                    }
                    _ = try? replica.receive(frame.type, body.rawBytes, tick: packet.tick)
                }
                while replica.pollEvent() != nil {}
            }
            #expect(replica.entities.visibleCount <= ReplicaLimits.entities)
        }
    }

    @Test func everyTruncationOfABlockIsRefusedOrHarmless() {
        let packets = Self.honestBlocks()
        var replica = Replica(cellMetres: 16, tickHertz: 20)
        for packet in packets.prefix(12) where replica.open(tick: packet.tick) {
            for frame in packet.frames {
                // A block cut short may well be another block, so each is shown to a copy.
                for length in 0..<frame.body.count {
                    var victim = replica
                    let body = Array(frame.body.prefix(length))
                    _ = try? victim.receive(frame.type, body.rawBytes, tick: packet.tick)
                    while victim.pollEvent() != nil {}
                }
                _ = try? replica.receive(frame.type, frame.body.rawBytes, tick: packet.tick)
            }
            while replica.pollEvent() != nil {}
        }
        #expect(replica.entities.visibleCount == 100)
    }

    /// A keyframe of up to 32 members that stand at the corner of their cell, by their numbers.
    private static func keyframe(
        _ page: PageID, cell: CellKey, _ next: () -> UInt32?
    ) throws -> [UInt8] {
        let grid = CellGrid(cellMetres: 16)
        var members: [Member] = []
        while members.count < 32, let number = next() {
            members.append(
                Member(
                    id: EntityID(replica: ReplicaID(raw: 1), number: number), kind: KindID(0),
                    motion: Motion(position: grid.corner(of: cell))))
        }
        let snapshot = PageSnapshot(tick: Tick(0), cell: cell, members)
        var coder = BlockCoder()
        return try encodeBytes(capacity: 1_200) { (writer) throws(CodecError) in
            try snapshot.encodeKeyframe(of: page, now: Tick(0), grid: grid, &coder, into: &writer)
        }
    }

    @Test func aFloodOfPagesAndEntitiesEndsAtTheLimits() throws {
        var replica = Replica(cellMetres: 16, tickHertz: 20)
        var number: UInt32 = 0
        for page in 0..<UInt32(6_000) {
            let body = try Self.keyframe(PageID(page), cell: CellKey(raw: 0)) {
                number += 1
                return number
            }
            _ = replica.open(tick: Tick(1))
            _ = try replica.receive(.keyframeBlock, body.rawBytes, tick: Tick(1))
            while replica.pollEvent() != nil {}
        }
        #expect(replica.entities.visibleCount == ReplicaLimits.entities)
        #expect(replica.counts.refusals > 0)
    }

    @Test func aReplicaThatNobodyPollsForgetsEventsAndCountsThem() throws {
        var replica = Replica(cellMetres: 16, tickHertz: 20)
        for tick in 0..<UInt32(200_000) {
            var isFirst = true
            let body = try Self.keyframe(PageID(0), cell: CellKey(raw: UInt64(tick % 2))) {
                defer { isFirst = false }
                return isFirst ? tick + 1 : nil
            }
            _ = replica.open(tick: Tick(tick))
            _ = try replica.receive(.keyframeBlock, body.rawBytes, tick: Tick(tick))
        }
        #expect(replica.counts.droppedEvents > 0)
    }
}
