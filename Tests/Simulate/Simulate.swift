import ArgumentParser
import CairnBasics
import CairnClient
import CairnServer
import Glibc
import Simulator

/// Runs many seeds of the simulation and says which of them went wrong.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run whole worlds with bad links and dying servers, each from one seed.",
        discussion: """
            A seed is a world: server, clients, agents, journal and network in one thread, with faults \
            that the seed chooses. A failing seed prints what went wrong and the command that \
            repeats it.

            scripts/simulate --mutants plants known bugs and sees each of them caught; see \
            scripts/simulate --mutants --help.
            """)

    @Option(help: "How many seeds to run.")
    var seeds = 100

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Flag(help: "Run every seed twice and compare the traces, byte for byte.")
    var twice = false

    @Flag(help: "Print a line for every seed.")
    var trace = false

    @Flag(help: "Stop at the first seed that goes wrong.")
    var untilFailure = false

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds takes 1 or more.") }
    }

    func run() throws {
        var (ran, failures) = (0, 0)
        var simulated = TimeSpan.zero
        for seed in from..<from + UInt64(seeds) {
            let (faults, digest, length) = finished(seed)
            simulated = simulated + length
            ran += 1
            var wrong = faults
            if twice, finished(seed).digest != digest { wrong.append("two runs took two paths") }
            if trace { print("seed \(seed) \(wrong.isEmpty ? "ok" : "WRONG") trace \(digest)") }
            // A seed that traps takes with it what was not written.
            fflush(nil)
            guard !wrong.isEmpty else { continue }
            failures += 1
            print("seed \(seed): \(wrong.count) faults")
            for fault in wrong.prefix(8) { print("  \(fault)") }
            print("  again: scripts/simulate --seeds 1 --from \(seed) --trace")
            if untilFailure { break }
        }
        print(
            "\(ran - failures) of \(ran) seeds ended well, "
                + "\(Int(simulated.seconds)) s of simulated time")
        guard failures == 0 else { throw ExitCode(1) }
    }

    private func finished(
        _ seed: UInt64
    ) -> (faults: [String], digest: UInt64, length: TimeSpan) {
        var simulation = Simulation(seed: seed, options: Simulation.Options(seed: seed))
        let start = simulation.now
        simulation.run()
        return (simulation.faults, simulation.trace.value, simulation.now - start)
    }
}
