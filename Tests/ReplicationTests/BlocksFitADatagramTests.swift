import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnWorld
import Testing

@Suite struct BlocksFitADatagramTests {
    /// Thirty-two strangers in one cell, everything about them as long as it can be.
    private static func worstPage(cellMetres: Int, _ random: inout SeededRandom) -> WorldState {
        var world = WorldState(cellMetres: cellMetres)
        for number in 0..<UInt32(Page.capacity) {
            addStranger(number, cellMetres, to: &world, &random)
        }
        return world
    }

    private static func addStranger(
        _ number: UInt32, _ cellMetres: Int, to world: inout WorldState,
        _ random: inout SeededRandom
    ) {
        let id = EntityID(replica: ReplicaID(raw: .max - number), number: .max - number)
        let motion = worstMotion(cellMetres, &random)
        world.apply(newborn(id, kind: UInt16(60_000 + number), at: motion))
        if let row = world.table.row(of: id) { world.move(row: row, to: motion) }
    }

    /// A motion in the cell at the origin that no short form fits.
    private static func worstMotion(_ cellMetres: Int, _ random: inout SeededRandom) -> Motion {
        let edge = UInt32(cellMetres * 1_024)
        func speed(_ random: inout SeededRandom) -> Int16 {
            (random.below(2) == 0 ? -1 : 1) * Int16(20_000 + random.below(12_000))
        }
        return Motion(
            position: Position(
                x: Int32(random.below(edge)), y: Int32(random.below(edge)),
                z: Int32(random.below(edge))),
            velocity: Velocity(x: speed(&random), y: speed(&random), z: speed(&random)),
            orientation: Orientation(bits: 0x1111_1111 ^ UInt32(random.below(1 << 20)) << 10),
            animation: UInt8(1 + random.below(255)))
    }

    @Test(arguments: [2, 16, 64, 256, 2_048])
    func aFullPageAtItsWorstIsOneBlock(cellMetres: Int) {
        var random = SeededRandom(seed: UInt64(cellMetres))
        for _ in 0..<20 {
            let world = Self.worstPage(cellMetres: cellMetres, &random)
            var store = BlockStore(tickHertz: 20)
            store.beginTick(world: world)
            let range = store.keyframeBlock(PageID(0), world: world)
            #expect(range.count <= BlockLimits.byteCount)
            #expect(range.count > 800, "not so bad a case after all")
        }
    }

    @Test(arguments: [2, 16, 256, 2_048])
    func everybodyMovingAtTheirWorstIsOneBlock(cellMetres: Int) {
        var random = SeededRandom(seed: UInt64(cellMetres))
        var world = Self.worstPage(cellMetres: cellMetres, &random)
        var store = BlockStore(tickHertz: 128)
        store.beginTick(world: world)
        let keyframe = world.tick
        world.beginTick(Tick(2_000_000))
        for row in world.table.rows {
            world.move(row: row, to: Self.worstMotion(cellMetres, &random))
        }
        // Between keyframes, so that the change is against one from long ago.
        while (Int64(world.tick.number) % 128) == 0 { world.beginTick(world.tick + 1) }
        store.beginTick(world: world)
        let change = store.changeBlock(PageID(0), since: keyframe, world: world)
        #expect((change?.range.count ?? .max) <= BlockLimits.byteCount)
        #expect((change?.range.count ?? 0) > 600, "not so bad a case after all")
    }

    @Test func aPageThatIsSwappedWholeIsToldAsAKeyframe() {
        var random = SeededRandom(seed: 9)
        var world = Self.worstPage(cellMetres: 16, &random)
        var store = BlockStore(tickHertz: 20)
        var session = Session(interestMetres: 8)
        store.beginTick(world: world)
        session.run(&store, world)
        world.beginTick(world.tick + 1)
        store.beginTick(world: world)
        session.run(&store, world)
        // All leave for a place far away, and others take their slots.
        world.beginTick(Tick(25))
        for row in world.table.rows {
            var motion = world.table.motions[row]
            motion.position.x += 500 * 1_024
            world.move(row: row, to: motion)
        }
        for number in 100..<UInt32(132) { Self.addStranger(number, 16, to: &world, &random) }
        store.beginTick(world: world)
        session.run(&store, world)
        #expect(store.counts.oversizeChanges > 0)
        for _ in 0..<30 {
            world.beginTick(world.tick + 1)
            store.beginTick(world: world)
            session.run(&store, world)
        }
        #expect(session.differences(from: world) == [])
        #expect(session.replica.entities.visibleCount == 32)
    }

    @Test(arguments: 0..<6)
    func crowdsThatChurnStayExactWithinTheLimit(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var world = Self.worstPage(cellMetres: 16, &random)
        var store = BlockStore(tickHertz: 20)
        var session = Session(interestMetres: 8, faults: .harsh, seed: UInt64(seed))
        for _ in 0..<200 {
            world.beginTick(world.tick + 1)
            for row in world.table.rows where random.below(3) == 0 {
                var motion = Self.worstMotion(16, &random)
                if random.below(2) == 0 { motion.position.x += 700 * 1_024 }
                world.move(row: row, to: motion)
            }
            store.beginTick(world: world)
            session.run(&store, world)
        }
        session.faults = .none
        for _ in 0..<30 {
            world.beginTick(world.tick + 1)
            store.beginTick(world: world)
            session.run(&store, world)
        }
        #expect(session.differences(from: world) == [])
        #expect(session.replica.counts.digestsAgreed > 20)
    }
}
