// Every seed is another mix of faults: some links are merely slow, some lose a quarter of everything,
// and in some runs the server dies again and again. A fault that is always there hides what happens
// without it (Groce et al., "Swarm Testing", ISSTA 2012).

import CairnBasics
import CairnTransport

extension Simulation.Options {
    /// The mix of a seed.
    /// - Parameter crashes: how often the server is killed; nil lets the seed decide.
    public init(seed: UInt64, crashes: Int? = nil) {
        var random = SeededRandom(seed: seed ^ 0x6661_756c_7473)
        func sometimes(_ bound: UInt32) -> UInt32 {
            let value = random.below(bound)
            return random.chance(Ratio(1, in: 4)) ? 0 : value
        }
        self.init(
            faults: LinkConditions(
                loss: Ratio(sometimes(30), in: 100), duplication: Ratio(sometimes(25), in: 100),
                delay: .milliseconds(Int64(sometimes(80))),
                jitter: .milliseconds(Int64(sometimes(150)))))
        hasMadMinds = random.chance(Ratio(1, in: 4))
        if random.chance(Ratio(1, in: 4)) { thingsPerIdentity = 2 + Int(random.below(6)) }
        if random.chance(Ratio(1, in: 6)) {
            let habits = HostileHabit.allCases
            for _ in 0...random.below(2) {
                intruders.append(habits[Int(random.below(UInt32(habits.count)))])
            }
        }
        self.crashes = crashes ?? (random.chance(Ratio(1, in: 3)) ? 1 + Int(random.below(4)) : 0)
    }
}
