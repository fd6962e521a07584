import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnWorld
import Testing

@Suite struct PropertiesArriveWholeTests {
    @Test(arguments: [Faults.none, .harsh])
    func aBoardOfManyKilobytesArrivesInParts(faults: Faults) {
        var town = Town(seed: 1)
        var store = BlockStore(tickHertz: 20)
        let id = town.create(at: Motion(position: .origin))
        for note in 0..<120 {
            town.pin(id, key: "note \(note)", String(repeating: "x", count: 400))
        }
        var session = Session(faults: faults)
        for step in 0..<200 {
            if step < 100 {
                town.pin(id, key: "note \(step % 130)", "changed \(step)")
                town.world.apply(
                    town.author.removeKey(
                        id, Town.notes, "note \(step / 2 + 50)", in: town.world.lattice))
            } else {
                session.faults = .none
            }
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
        }
        #expect(session.differences(from: town.world) == [])
        #expect(store.counts.oversizeProperties == 0)
    }

    @Test func propertiesComeAlongWhenAnEntityCrosses() {
        var town = Town(seed: 2)
        var store = BlockStore(tickHertz: 20)
        let id = town.create(at: Motion(position: Position(x: 100 * 1_024, y: 0, z: 0)))
        town.rename(id, "wanderer")
        var session = Session(interestMetres: 32)
        for metres in stride(from: Int32(100), to: -100, by: -2) {
            if let row = town.world.table.row(of: id) {
                town.world.move(
                    row: row, to: Motion(position: Position(x: metres * 1_024, y: 0, z: 0)))
            }
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
            let behind = session.differences(from: town.world).filter { $0.contains("field") }
            if abs(metres) < 30 { #expect(behind == []) }
        }
    }

    @Test func aCounterThatAHundredBootsWroteToArrives() {
        var town = Town(seed: 3)
        var store = BlockStore(tickHertz: 20)
        let id = town.create(at: Motion(position: .origin))
        for boot in 2..<UInt32(102) {
            let replica = ReplicaID(node: 1, boot: boot)
            var author = Author(replica: replica, clock: HybridClock(replica: replica))
            town.world.apply(author.add(id, Town.score, .max / 3, in: town.world.lattice))
        }
        var session = Session()
        for _ in 0..<10 {
            store.beginTick(world: town.world)
            session.run(&store, town.world)
            town.beginTick()
        }
        #expect(session.differences(from: town.world) == [])
        #expect(store.counts.oversizeProperties == 0)
    }

    @Test(arguments: 0..<4)
    func theJoinOfAllPartsOfAFieldIsTheField(seed: Int) {
        var town = Town(seed: UInt64(seed))
        let id = town.create(at: Motion(position: .origin))
        for _ in 0..<400 {
            let key = "k\(town.random.below(60))"
            if town.random.below(3) == 0 {
                town.world.apply(
                    town.author.removeKey(id, Town.notes, key, in: town.world.lattice))
            } else {
                town.pin(id, key: key, String(repeating: "y", count: Int(town.random.below(80))))
            }
        }
        guard let whole = town.world.lattice[id]?[Town.notes] else {
            Issue.record("nothing was pinned")
            return
        }
        var parts = whole.parts(ofAtMost: 200)
        #expect(parts.count > 5)
        for part in parts {
            let bytes = try? encodeBytes(capacity: 200) { (writer) throws(CodecError) in
                try part.encode(into: &writer)
            }
            #expect(bytes != nil)
        }
        parts.shuffle(using: &town.random)
        var joined = parts[0]
        for part in parts + parts { _ = joined.join(part) }
        #expect(joined == whole)
    }
}
