import ArgumentParser
import CairnBasics
import Glibc
import Simulator

/// Runs many seeds of the simulation and says which of them went wrong.
@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run whole worlds with bad links and dying servers, each from one seed.",
        discussion: """
            A seed is a world: one to three nodes, clients, agents, journals and networks, with \
            faults that the seed chooses. A failing seed prints what went wrong and the command that \
            repeats it.

            The last line says how much faster than real time the worlds ran, on one core. A small \
            world has one node and two to four clients; it should run 1,000 times as fast.

            scripts/simulate --mutants plants known bugs and sees each of them caught; see \
            scripts/simulate --mutants --help.
            """)

    @Option(help: "How many seeds to run.")
    var seeds = 100

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: "How many seeds to run at a time; more than there are cores is no use.")
    var jobs = 2

    @Flag(help: "Run every seed twice and compare the traces, byte for byte.")
    var twice = false

    @Flag(help: "Print a line for every seed, in order.")
    var trace = false

    @Flag(help: "Run only the seeds whose world is small.")
    var small = false

    @Flag(help: "Stop at the first seed that goes wrong.")
    var untilFailure = false

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds takes 1 or more.") }
        guard jobs > 0 else { throw ValidationError("--jobs takes 1 or more.") }
        guard from.addingReportingOverflow(UInt64(seeds)).overflow == false else {
            throw ValidationError("--from and --seeds go beyond 2^64.")
        }
    }

    func run() async throws {
        var campaign = Campaign()
        let start = ContinuousClock.now
        await forEachInOrder { run in
            campaign.take(run)
            report(run)
            return !untilFailure || run.faults.isEmpty
        }
        print(campaign.summary(elapsed: ContinuousClock.now - start))
        guard campaign.failures == 0 else { throw ExitCode(1) }
    }

    /// Runs seeds on several threads, which share nothing, and gives each run to `body` in the order
    /// of the seeds, until that has enough.
    private func forEachInOrder(_ body: (SeedRun) -> Bool) async {
        let twice = self.twice
        var waiting = (from..<from + UInt64(seeds)).lazy
            .filter { !small || Simulation.Options(seed: $0).isSmall }.makeIterator()
        var order: [UInt64] = []
        var finished: [UInt64: SeedRun] = [:]
        await withTaskGroup(of: SeedRun.self) { group in
            func startNext() {
                guard let seed = waiting.next() else { return }
                order.append(seed)
                group.addTask { SeedRun(seed, twice: twice) }
            }
            for _ in 0..<jobs { startNext() }
            var told = 0
            while let run = await group.next() {
                startNext()
                finished[run.seed] = run
                while told < order.count, let run = finished.removeValue(forKey: order[told]) {
                    told += 1
                    guard body(run) else { return }
                }
            }
        }
    }

    private func report(_ run: SeedRun) {
        if trace {
            print("seed \(run.seed) \(run.faults.isEmpty ? "ok" : "WRONG") trace \(run.digest)")
        }
        if !run.faults.isEmpty {
            let mix = Simulation.Options(seed: run.seed)
            print("seed \(run.seed): \(run.faults.count) faults (\(mix))")
            for fault in run.faults.prefix(8) { print("  \(fault)") }
            print("  again: scripts/simulate --seeds 1 --from \(run.seed) --trace")
        }
        // A seed that traps takes with it what was not written.
        fflush(nil)
    }
}
