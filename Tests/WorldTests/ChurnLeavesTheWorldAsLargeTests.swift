// As in CRDTTests, entities come and go by the fifty every second, here through `WorldState.apply`: the
// table, the spatial hash and the property versions must be no larger afterwards either.
//
//     CAIRN_BENCH=1 swift test -c release --filter ChurnLeavesTheWorld

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Foundation
import Testing

@Suite struct ChurnLeavesTheWorldAsLargeTests {
    private static let liveCount = 10_000
    private static let tags = FieldID(1_000)

    /// What the world keeps memory for.
    private struct Size: Equatable {
        var rows: Int
        var versions: Int
        var pages: Int
        var lattice: LatticeCensus

        init(of world: borrowing WorldState) {
            rows = world.table.rows.count
            versions = world.table.fieldVersions.reduce(0) { $0 + $1.count }
            pages = world.hash.pages.count
            lattice = world.lattice.census
        }
    }

    private static var seconds: Int {
        #if DEBUG
            return 60
        #else
            let isWholeDay = ProcessInfo.processInfo.environment["CAIRN_BENCH"] != nil
            return isWholeDay ? 86_400 : 900
        #endif
    }

    @Test func afterwardsTheWorldIsAsLargeAsBefore() {
        var random = SeededRandom(seed: 1)
        var world = WorldState(cellMetres: 16)
        let replica = ReplicaID(node: 1, boot: 1)
        var author = Author(replica: replica, clock: HybridClock(replica: replica))
        var living: [EntityID] = []
        var wall: UInt64 = 1_700_000_000_000
        func create() -> EntityID {
            var (id, delta) = author.create(kind: KindID(1), owner: 0, wallMilliseconds: wall)
            let resting = Motion(position: Crowd.position(&random)).restingBytes
            delta.join(author.set(id, .placement, .bytes(resting), wallMilliseconds: wall))
            delta.join(author.set(id, .name, .text("crate"), wallMilliseconds: wall))
            world.apply(delta)
            world.apply(author.insert(id, Self.tags, .integer(1), in: world.lattice))
            return id
        }
        for _ in 0..<Self.liveCount { living.append(create()) }
        var before: Size?
        for second in 1...Self.seconds {
            wall += 1_000
            world.beginTick(Tick(UInt32(second) * 20))
            for _ in 0..<50 {
                let victim = Int(random.below(UInt32(living.count)))
                world.apply(author.delete(living[victim], in: world.lattice))
                living[victim] = create()
                let id = living[Int(random.below(UInt32(living.count)))]
                world.apply(author.remove(id, Self.tags, .integer(1), in: world.lattice))
                world.apply(author.insert(id, Self.tags, .integer(1), in: world.lattice))
            }
            if second == Self.seconds / 10 { before = Size(of: world) }
        }
        guard let before else { return }
        let after = Size(of: world)
        #expect(world.table.count == Self.liveCount && after.rows == Self.liveCount)
        #expect(after.versions == before.versions)
        #expect(after.pages <= before.pages + before.pages / 10)
        #expect(after.lattice.slots == before.lattice.slots)
        #expect(after.lattice.roomForRows <= before.lattice.roomForRows)
        #expect(after.lattice.ranges == 1)
        #expect(after.lattice.rangesInFields == Self.liveCount)
        print("\(Self.seconds) s of churn: \(before) became \(after)")
    }
}
