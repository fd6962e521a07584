import CairnBasics
import CairnServer
import CairnTransport
import Simulator
import Testing

/// The links of a seed: every seed has another mix of faults.
private func faults(_ seed: UInt64) -> LinkConditions {
    var random = SeededRandom(seed: seed ^ 0x6661_756c_7473)
    return LinkConditions(
        loss: Ratio(random.below(25), in: 100), duplication: Ratio(random.below(20), in: 100),
        delay: .milliseconds(Int64(random.below(80))),
        jitter: .milliseconds(Int64(random.below(120))))
}

private func finished(_ seed: UInt64, crashes: Int) -> Simulation {
    var options = Simulation.Options(faults: faults(seed))
    options.crashes = crashes
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
        #expect(simulation.actors.reduce(0) { $0 + $1.accepted } > 50, "nobody got anything done")
        #expect(simulation.actors.reduce(0) { $0 + $1.refused } > 0, "no refusal ever arrived")
        #expect(simulation.server.characterCount == 2, "the NPCs are missing")
        #expect(simulation.plans > 0)
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
        #expect(simulation.actors.reduce(0) { $0 + $1.durableCount } > 0)
    }
}
