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
                for length in 0...frame.body.count {
                    let body = Array(frame.body.prefix(length))
                    _ = try? replica.receive(frame.type, body.rawBytes, tick: packet.tick)
                }
            }
            while replica.pollEvent() != nil {}
        }
        #expect(replica.entities.visibleCount == 100)
    }

    @Test func aFloodOfPagesAndEntitiesEndsAtTheLimits() throws {
        var replica = Replica(cellMetres: 16, tickHertz: 20)
        var number: UInt32 = 0
        for page in 0..<UInt64(6_000) {
            let body = try encodeBytes(capacity: 1_200) { (writer) throws(CodecError) in
                try writer.putVarint(page)
                try writer.putVarint(0)
                try writer.put(UInt64(0))
                try writer.putVarint(0xffff_ffff)
                try writer.put(UInt32(1))
                for _ in 0..<32 {
                    number += 1
                    try writer.put(UInt8(0))
                    try writer.putVarint(UInt64(number))
                    for _ in 0..<6 { try writer.put(UInt8(0)) }
                }
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
            let body = try encodeBytes(capacity: 64) { (writer) throws(CodecError) in
                try writer.putVarint(0)
                try writer.putVarint(0)
                try writer.put(UInt64(tick % 2))
                try writer.putVarint(1)
                try writer.put(UInt32(1))
                try writer.put(UInt8(0))
                try writer.putVarint(UInt64(tick) + 1)
                for _ in 0..<6 { try writer.put(UInt8(0)) }
            }
            _ = replica.open(tick: Tick(tick))
            _ = try replica.receive(.keyframeBlock, body.rawBytes, tick: Tick(tick))
        }
        #expect(replica.counts.droppedEvents > 0)
    }
}
