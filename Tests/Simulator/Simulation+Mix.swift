// Every seed is another mix of faults: some links are merely slow, some lose a quarter of everything,
// in some runs servers die again and again, in some clocks leap. A fault that is always there hides
// what happens without it (Groce et al., "Swarm Testing", ISSTA 2012), so every class of fault is
// off in most seeds.

import CairnBasics
import CairnTransport

extension Simulation {
    /// How wrong the nodes' wall clocks are.
    public enum ClockFaults: Sendable {
        case none
        /// Each is up to a fifth of a second off and drifts by half a millisecond a second.
        case skewed
        /// And is stepped by seconds now and then, either way.
        case stepped
        /// By hours, either way.
        case wild
    }

    public struct Options: Sendable {
        public var nodes = 1
        public var clients = 8
        /// The links between clients and nodes, and the bus between nodes, while faults are on.
        public var faults: LinkConditions
        public var bus = LinkConditions(delay: .milliseconds(2))
        /// How long the links are bad, and how long they are good after that.
        public var faultyTime = TimeSpan.seconds(12)
        public var calmTime = TimeSpan.seconds(6)
        /// False for actors that join, steer nothing and wait for a test to tell them what to do.
        public var actorsAct = true
        /// How often, in the bad time, a node is killed and starts again from its disk; how long it
        /// stays away at most; and how often one stands still for a while.
        public var crashes = 0
        public var longestOutage = TimeSpan.zero
        public var pauses = 0
        /// Whether a crash may leave some of what was being written, and how often a sync fails.
        public var tearsWrites = false
        public var diskFailures = 0
        /// How often nodes are cut off from one another, and how often the bus clogs.
        public var partitions = 0
        public var clogs = 0
        public var clocks = ClockFaults.none
        /// Whether clients take up their sessions again, and how often one is cut off for a while.
        public var returns = false
        /// How long a node keeps a client that is silent, and a client a node.
        public var idleTimeout = TimeSpan.seconds(10)
        /// Packets that a node takes from one client; so many that what stands behind this budget is
        /// tried as well.
        public var packetsPerSecond = 1_000_000
        public var darknesses = 0
        /// How often the process of a client is stopped, and for how long at most.
        public var sleeps = 0
        public var longestSleep = TimeSpan.seconds(8)
        /// Clients of a node that died may go on at another one.
        public var roams = false
        /// How many things one identity may have in the world.
        public var thingsPerIdentity = 1_024
        /// How many bytes they may take together, and what one client may cause.
        public var bytesPerIdentity = 1 << 20
        public var budgetPerSecond = 32_768
        public var budgetBurst = 131_072
        /// How far back nodes believe clients about what was on their screens.
        public var rewindLimit = TimeSpan.milliseconds(250)
        /// Checkpoint after so many records; nil for the server's own rule.
        public var checkpointAfterRecords: Int?
        public var hasCharacters = true
        /// Whether the characters' minds ask for what no character may do.
        public var hasMadMinds = false
        /// When both ends of every connection change their keys, and where their numbers begin.
        public var keyLimits = KeyLimits()
        /// How many datagrams somebody on the path sends altered copies of.
        public var forgeries = Ratio.never
        /// Whether every machine is one that was restored from a snapshot, so that all nodes and all
        /// their starts draw the same secrets, and clients use their tokens and secrets again.
        public var repeatsEntropy = false
        /// Clients that mean harm, while faults are on.
        public var intruders: [HostileHabit] = []

        public init(faults: LinkConditions) { self.faults = faults }

        /// One node and no more than four clients: what the bar for speed is about.
        public var isSmall: Bool { nodes == 1 && clients <= 4 && intruders.isEmpty }
    }
}

extension Simulation.Options {
    /// The mix of a seed.
    /// - Parameter crashes: how often a server is killed; nil lets the seed decide.
    public init(seed: UInt64, crashes: Int? = nil) {
        var random = SeededRandom(seed: seed ^ 0x6661_756c_7473)
        self.init(faults: random.link(loss: 30, duplication: 25, delay: 80, jitter: 150))
        bus = random.link(loss: 30, duplication: 50, delay: 40, jitter: 200)
        nodes = random.nodeCount()
        clients = 2 + Int(random.below(7))
        faultyTime = .seconds(6 + Int64(random.below(9)))
        hasCharacters = random.chance(Ratio(1, in: 3))
        tearsWrites = random.chance(Ratio(1, in: 2))
        roams = random.chance(Ratio(1, in: 2))
        self.crashes = crashes ?? random.count(upTo: 4, inOneOf: 3)
        longestOutage = .milliseconds(Int64(random.sometimes(4_000)))
        pauses = random.count(upTo: 3, inOneOf: 5)
        diskFailures = random.count(upTo: 1, inOneOf: 8)
        if random.chance(Ratio(1, in: 3)) {
            checkpointAfterRecords = 1 + Int(random.below(60))
        }
        hasMadMinds = hasCharacters && random.chance(Ratio(1, in: 3))
        if random.chance(Ratio(1, in: 4)) { thingsPerIdentity = 2 + Int(random.below(6)) }
        if random.chance(Ratio(1, in: 8)) {
            for _ in 0...random.below(2) {
                intruders += [random.element(of: HostileHabit.allCases[...])].compactMap(\.self)
            }
        }
        returns = random.chance(Ratio(1, in: 2))
        darknesses = random.count(upTo: 4, inOneOf: 4)
        // Whoever was cut off leaves a body behind, until the node has missed it for ten seconds; a
        // hundred edits that were made meanwhile take some seconds to pass the door.
        if darknesses > 0 || returns { calmTime = .seconds(12) }
        clocks =
            switch random.below(8) {
            case 0, 1: .skewed
            case 2: .stepped
            case 3: .wild
            default: .none
            }
        // A draw of its own, so that the other faults of a seed stay what they were.
        var sleepers = SeededRandom(seed: seed ^ 0x736c_6565_7073)
        sleeps = sleepers.count(upTo: 3, inOneOf: 4)
        if sleepers.chance(Ratio(1, in: 2)) { packetsPerSecond = 2_000 }
        chooseKeys(seed: seed)
        guard nodes > 1 else { return }
        partitions = random.count(upTo: 3, inOneOf: 2)
        clogs = random.count(upTo: 3, inOneOf: 4)
    }
}

extension Simulation.Options {
    /// Keys change many times in every run; numbers begin where something wraps around in some.
    private mutating func chooseKeys(seed: UInt64) {
        var random = SeededRandom(seed: seed ^ 0x6b65_7973)
        let packets = 20 + UInt64(random.below(200))
        let first: UInt64 =
            switch random.below(6) {
            case 0: 1 << 32 - 1 - UInt64(random.below(400))
            case 1: 1 << 23 - 1 - UInt64(random.below(400))
            case 2: random.next() >> 1
            default: 0
            }
        keyLimits = KeyLimits(
            packets: packets, interval: .milliseconds(500 + Int64(random.below(10_000))),
            lastPackets: packets + 2_048, firstNumber: first)
        if random.chance(Ratio(1, in: 3)) { forgeries = Ratio(1 + random.below(20), in: 100) }
        repeatsEntropy = random.chance(Ratio(1, in: 3))
    }
}

extension SeededRandom {
    /// A number below the bound; 0 in one of four.
    fileprivate mutating func sometimes(_ bound: UInt32) -> UInt32 {
        let value = below(bound)
        return chance(Ratio(1, in: 4)) ? 0 : value
    }

    fileprivate mutating func count(upTo limit: UInt32, inOneOf share: UInt32) -> Int {
        let count = 1 + Int(below(limit))
        return chance(Ratio(1, in: share)) ? count : 0
    }

    /// Most worlds have one node, because they are cheap and most of what can go wrong is in one.
    fileprivate mutating func nodeCount() -> Int {
        switch below(8) {
        case 0, 1: 2
        case 2: 3
        default: 1
        }
    }

    /// Percent lost and repeated, milliseconds of delay and jitter, each less than given.
    fileprivate mutating func link(
        loss: UInt32, duplication: UInt32, delay: UInt32, jitter: UInt32
    ) -> LinkConditions {
        LinkConditions(
            loss: Ratio(sometimes(loss), in: 100),
            duplication: Ratio(sometimes(duplication), in: 100),
            delay: .milliseconds(Int64(sometimes(delay))),
            jitter: .milliseconds(Int64(sometimes(jitter))))
    }
}

extension Simulation.Options: CustomStringConvertible {
    /// The mix in a line, with the faults that are on.
    public var description: String {
        func link(_ name: String, _ link: LinkConditions) -> String {
            "\(name) \(link.loss.numerator) % lost, \(link.duplication.numerator) % twice, "
                + "\(Int(link.delay.milliseconds)) + \(Int(link.jitter.milliseconds)) ms"
        }
        var parts = ["\(nodes) nodes, \(clients) clients", link("links", faults)]
        if nodes > 1 { parts.append(link("bus", bus)) }
        let counts = [
            (crashes, "crashes"), (pauses, "pauses"), (diskFailures, "failing syncs"),
            (partitions, "partitions"), (clogs, "clogs"),
            (darknesses, "clients cut off"), (sleeps, "clients asleep"),
        ]
        for (count, name) in counts where count > 0 { parts.append("\(count) \(name)") }
        if case .none = clocks {} else { parts.append("\(clocks) clocks") }
        if tearsWrites { parts.append("torn writes") }
        if roams { parts.append("roaming") }
        if returns { parts.append("returning") }
        if hasMadMinds { parts.append("mad minds") }
        if forgeries.numerator > 0 { parts.append("\(forgeries.numerator) % forged") }
        if keyLimits.firstNumber > 0 { parts.append("numbers from \(keyLimits.firstNumber)") }
        if repeatsEntropy { parts.append("entropy repeats") }
        if !intruders.isEmpty { parts.append("intruders: \(intruders)") }
        if let checkpointAfterRecords { parts.append("checkpoints of \(checkpointAfterRecords)") }
        return parts.joined(separator: "; ")
    }
}
