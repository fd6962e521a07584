import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

/// Nodes tell each other whole entities again. What has walked away from its placement stays where it
/// is, unless it was placed anew.
@Suite struct PlacementsToldAgainMoveNothingTests {
    @Test func aBodyIsNotSentBackToWhereItEntered() throws {
        let replica = ReplicaID(node: 1, boot: 1)
        var author = Author(replica: replica, clock: HybridClock(replica: replica))
        var world = WorldState(cellMetres: 8)
        let (id, created) = author.create(kind: KindID(1), owner: 1, wallMilliseconds: 5)
        world.apply(created)
        let start = Motion(position: Position(x: 100, y: 0, z: 0))
        world.apply(
            author.set(id, .placement, .bytes(start.restingBytes), wallMilliseconds: 6))
        #expect(world.motion(of: id) == start)
        let walked = Motion(position: Position(x: 90_000, y: 5, z: 0))
        world.move(row: try #require(world.table.row(of: id)), to: walked)
        var elsewhere = world.lattice
        elsewhere.join(author.set(id, .name, .text("Ada"), wallMilliseconds: 7))
        world.apply(elsewhere.extract([id]))
        #expect(world.lattice[id]?.latest(.name) == .text("Ada"))
        #expect(world.motion(of: id) == walked)
        let placed = Motion(position: Position(x: 7, y: 7, z: 7))
        world.apply(
            author.set(id, .placement, .bytes(placed.restingBytes), wallMilliseconds: 8))
        #expect(world.motion(of: id) == placed)
    }
}
