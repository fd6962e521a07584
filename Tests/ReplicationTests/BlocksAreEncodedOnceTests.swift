import CairnBasics
import CairnGeometry
import CairnReplication
import Testing

@Suite struct BlocksAreEncodedOnceTests {
    private static func counts(clients: Int, faults: Faults) -> BlockCounts {
        var town = Town(seed: 5)
        var store = BlockStore(tickHertz: 20)
        for _ in 0..<80 { town.createSomewhere() }
        var sessions = (0..<clients).map { number in
            Session(interestMetres: 200, faults: faults, seed: UInt64(number))
        }
        for _ in 0..<60 {
            town.beginTick()
            town.walk()
            town.editSomething()
            store.beginTick(world: town.world)
            for index in sessions.indices { sessions[index].run(&store, town.world) }
        }
        return store.counts
    }

    @Test func fortyClientsCostTheEncoderNoMoreThanOne() {
        let one = Self.counts(clients: 1, faults: .none)
        let forty = Self.counts(clients: 40, faults: .none)
        #expect(one == forty)
        #expect(one.changeBlocks > 1_000)
    }

    @Test func onALossyNetworkItIsAFewTimesAsMuchAndNotFortyTimes() {
        let one = Self.counts(clients: 1, faults: .none)
        let forty = Self.counts(clients: 40, faults: .harsh)
        #expect(forty.changeBlocks <= 4 * one.changeBlocks)
    }
}
