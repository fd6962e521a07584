import CairnBasics
import CairnRuntime
import Simulator

/// What came of one seed.
struct SeedRun: Sendable {
    var seed: UInt64
    var faults: [String]
    var digest: UInt64
    /// How long the world lived, and how long that took, on one core.
    var simulated: TimeSpan
    var taken: TimeSpan
    var isSmall: Bool

    /// Runs a seed from beginning to end.
    /// - Parameter twice: once more, to see that it takes the same path.
    init(_ seed: UInt64, twice: Bool) {
        let start = threadCPUTime()
        self.seed = seed
        (faults, digest, simulated, isSmall) = Self.finish(seed)
        taken = threadCPUTime() - start
        if twice, Self.finish(seed).digest != digest { faults.append("two runs took two paths") }
    }

    private static func finish(
        _ seed: UInt64
    ) -> (faults: [String], digest: UInt64, length: TimeSpan, isSmall: Bool) {
        let options = Simulation.Options(seed: seed)
        var simulation = Simulation(seed: seed, options: options)
        let start = simulation.now
        simulation.run()
        return (
            simulation.faults, simulation.trace.value, simulation.now - start, options.isSmall
        )
    }
}

/// What came of all of them.
struct Campaign {
    private(set) var failures = 0
    private var seeds = 0
    private var total = Pace()
    private var small = Pace()

    private struct Pace {
        var simulated = 0.0
        var taken = 0.0
        /// How many times as fast as real time one core was.
        var factor: Int { taken > 0 ? Int(simulated / taken) : 0 }
    }

    mutating func take(_ run: SeedRun) {
        seeds += 1
        if !run.faults.isEmpty { failures += 1 }
        total.simulated += run.simulated.seconds
        total.taken += run.taken.seconds
        guard run.isSmall else { return }
        small.simulated += run.simulated.seconds
        small.taken += run.taken.seconds
    }

    /// The last line of a campaign.
    func summary(elapsed: Duration) -> String {
        let seconds = max(1, elapsed.components.seconds)
        return "\(seeds - failures) of \(seeds) seeds ended well in \(seconds) s, "
            + "\(Int(total.simulated)) s of simulated time; on one core \(total.factor) times as fast "
            + "as real time, small worlds \(small.factor) times"
    }
}
