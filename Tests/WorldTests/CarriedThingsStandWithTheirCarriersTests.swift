import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

@Suite struct CarriedThingsStandWithTheirCarriersTests {
    private struct Stage: ~Copyable {
        var world = WorldState(cellMetres: 16, bodyKinds: [KindID(1)])
        var author: Author
        var body = EntityID.none
        var thing = EntityID.none
        let shelf = Position(x: 9_000, y: -700, z: 40)

        init() {
            let replica = ReplicaID(node: 1, boot: 1)
            author = Author(replica: replica, clock: HybridClock(replica: replica))
            body = make(KindID(1), at: .origin)
            thing = make(KindID(2), at: shelf)
        }

        mutating func make(_ kind: KindID, at position: Position) -> EntityID {
            var (id, delta) = author.create(kind: kind, owner: 7, wallMilliseconds: 1)
            let motion = Motion(position: position)
            delta.join(author.set(id, .placement, .bytes(motion.restingBytes), wallMilliseconds: 1))
            world.apply(delta)
            return id
        }

        mutating func hand(to body: EntityID) {
            world.apply(author.set(thing, .holder, .entity(body), wallMilliseconds: 1))
        }

        mutating func walk(to position: Position) {
            world.move(row: world.table.row(of: body)!, to: Motion(position: position))
            world.moveCarried()
        }
    }

    @Test func aThingMovesWithItsCarrierAndGoesBackWhenItIsLetGo() {
        var stage = Stage()
        let place = Position(x: 50_000, y: 1, z: 2)
        stage.hand(to: stage.body)
        stage.walk(to: place)
        #expect(stage.world.motion(of: stage.thing)?.position == place)
        #expect(stage.world.holder(of: stage.thing) == stage.body)
        #expect(stage.world.things(carriedBy: stage.body) == [stage.thing])
        // Let go without a place, as a node does whose last run was cut short.
        stage.hand(to: .none)
        #expect(stage.world.motion(of: stage.thing)?.position == stage.shelf)
        stage.walk(to: .origin)
        #expect(stage.world.motion(of: stage.thing)?.position == stage.shelf)
    }

    @Test func aThingWhoseCarrierIsGoneStandsWhereItWasPutDownLast() {
        var stage = Stage()
        stage.hand(to: stage.body)
        stage.walk(to: Position(x: 50_000, y: 1, z: 2))
        stage.world.apply(stage.author.delete(stage.body, in: stage.world.lattice))
        stage.world.moveCarried()
        #expect(stage.world.holder(of: stage.thing) == nil)
        #expect(stage.world.motion(of: stage.thing)?.position == stage.shelf)
    }

    @Test func holdingsAreThoseOfTheOwnersThings() {
        var stage = Stage()
        #expect(stage.world.holding(of: 7).things == 1, "bodies count for nobody")
        let bytes = stage.world.holding(of: 7).bytes
        stage.world.apply(
            stage.author.set(stage.thing, .name, .text("a lantern"), wallMilliseconds: 2))
        #expect(stage.world.holding(of: 7).bytes > bytes)
        stage.world.apply(stage.author.set(stage.thing, .owner, .integer(8), wallMilliseconds: 3))
        #expect(stage.world.holding(of: 7) == Holding())
        #expect(stage.world.holding(of: 8).things == 1)
        // What makes no sense, as a peer might send it, reads as nothing.
        stage.world.apply(stage.author.set(stage.thing, .owner, .text("me"), wallMilliseconds: 4))
        stage.world.apply(stage.author.set(stage.thing, .holder, .text("me"), wallMilliseconds: 4))
        #expect(stage.world.holding(of: 7).things == 1)
        #expect(stage.world.holder(of: stage.thing) == nil)
    }
}
