import CairnBasics
import CairnServer
import CairnTransport
import CairnWire
import Simulator
import Testing

private func finished(_ seed: UInt64, crashes: Int) -> Simulation {
    let options = Simulation.Options(seed: seed, crashes: crashes)
    var simulation = Simulation(seed: seed, options: options)
    simulation.run()
    return simulation
}

@Suite struct SeededRunsTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func everyClientEndsWithTheServersWorldHoweverBadTheLinksWere(seed: UInt64) {
        let simulation = finished(seed, crashes: 0)
        let faults = simulation.faults
        #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(5))")
        #expect(simulation.actors.reduce(0) { $0 + $1.accepted } > 0, "nobody got anything done")
        // Two directions to every actor; the longest interval is 10.5 s of at least 18.
        let connections = 2 * simulation.actors.count
        #expect(simulation.ledger.keyCount >= 2 * connections, "keys hardly changed")
        #expect(simulation.ledger.seals > 1_000)
        #expect(simulation.actors.reduce(0) { $0 + $1.refused } > 0, "no refusal ever arrived")
        let characters = simulation.options.hasCharacters ? 2 : 0
        #expect(simulation.server.characterCount == characters, "the NPCs are missing")
        #expect(simulation.plans > 0 || characters == 0)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func theSameSeedTakesTheSamePathToTheLastByte(seed: UInt64) {
        let first = finished(seed, crashes: seed % 2 == 0 ? 2 : 0)
        let second = finished(seed, crashes: seed % 2 == 0 ? 2 : 0)
        #expect(first.trace == second.trace)
        #expect(first.deliveredDatagrams == second.deliveredDatagrams)
    }

    @Test(arguments: 21...40 as ClosedRange<UInt64>)
    func nothingDurableIsLostHoweverOftenTheServerIsKilled(seed: UInt64) {
        let simulation = finished(seed, crashes: 4)
        let faults = simulation.faults
        #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(5))")
        let accepted = simulation.actors.reduce(0) { $0 + $1.accepted }
        let durable = simulation.actors.reduce(0) { $0 + $1.durableCount }
        // In a seed or two the server is hardly ever up.
        #expect(durable > 0 || accepted == 0, "seed \(seed): nothing durable of \(accepted)")
    }

    /// Seed 2889: the server's answer to a hello got through only when the server was about to forget
    /// whom it had answered, and the client held on to nothing for ten seconds.
    @Test func aJoinWhoseAnswerComesLateIsNotForgotten() {
        var simulation = Simulation(seed: 2_889, options: Simulation.Options(seed: 2_889))
        simulation.run()
        #expect(simulation.faults.isEmpty, "\(simulation.faults.prefix(5))")
    }
}
