// When things go wrong, by the seed, and how they are put right again.

import CairnBasics
import CairnClient
import CairnServer
import CairnTransport

extension Simulation {
    /// Something that goes wrong at one moment.
    enum Fault {
        case crash(node: Int)
        case pause(node: Int, TimeSpan)
        case diskFailure(node: Int)
        case cut([BusWay], TimeSpan)
        case clog(BusWay, TimeSpan)
        case clockStep(node: Int, milliseconds: Int64)
        case dark(actor: Int, TimeSpan)
        case sleep(actor: Int, TimeSpan)
    }

    /// Chooses the moments and places of all faults of the bad time.
    mutating func planFaults() {
        var faults: [Fault] = []
        for _ in 0..<options.crashes { faults.append(.crash(node: anyNode())) }
        for _ in 0..<options.pauses { faults.append(.pause(node: anyNode(), span(upTo: 3_000))) }
        for _ in 0..<options.diskFailures { faults.append(.diskFailure(node: anyNode())) }
        for _ in 0..<options.partitions { faults.append(.cut(anySplit(), span(upTo: 8_000))) }
        for _ in 0..<options.clogs {
            faults.append(.clog(anyWays()[0], span(upTo: 4_000)))
        }
        for _ in 0..<options.darknesses {
            let actor = Int(random.below(UInt32(max(1, options.clients))))
            faults.append(.dark(actor: actor, span(upTo: 8_000)))
        }
        for _ in 0..<options.clocks.steps(&random) {
            let step = options.clocks.step(&random)
            faults.append(.clockStep(node: anyNode(), milliseconds: step))
        }
        let milliseconds = UInt32(clamping: options.faultyTime.nanoseconds / 1_000_000)
        schedule = faults.map { fault in
            (now + .milliseconds(Int64(random.below(milliseconds))), fault)
        }
        // A draw of its own, so that the other faults of a seed stay what they were.
        var sleepers = SeededRandom(seed: seed ^ 0x6c75_6c6c)
        for _ in 0..<options.sleeps {
            let longest = UInt32(clamping: options.longestSleep.nanoseconds / 1_000_000)
            let actor = Int(sleepers.below(UInt32(max(1, options.clients))))
            let span = TimeSpan.milliseconds(100 + Int64(sleepers.below(longest)))
            let at = now + .milliseconds(Int64(sleepers.below(milliseconds)))
            schedule.append((at, .sleep(actor: actor, span)))
        }
        schedule.sort { $0.at > $1.at }
        if options.actorsAct { checkAt = now + Self.checkPeriod }
    }

    mutating func inflict(_ fault: Fault) {
        switch fault {
        case .crash(let index):
            guard nodes[index].isUp else { return }
            crash(nodes[index], outage: options.longestOutage)
        case .pause(let index, let span):
            nodes[index].pausedUntil = max(nodes[index].pausedUntil, now + span)
        case .diskFailure(let index): nodes[index].disk.failsNext = true
        case .cut(let ways, let span): for way in ways { bus.cut(way, until: now + span) }
        case .clog(let way, let span): bus.clog(way, until: now + span)
        case .clockStep(let index, let milliseconds):
            nodes[index].clock.step(by: milliseconds, now: now)
        case .sleep(let index, let span):
            // Who sleeps through a join finds it ended, and that is as it should be.
            guard actors[index].client.isPresent else { return }
            actors[index].sleepsUntil = max(actors[index].sleepsUntil, now + span)
        case .dark(let index, let span):
            guard actors[index].rejoinsAt == nil else { return }
            actors[index].leave(until: now + span)
        }
    }

    /// Lends the first node's server out, for tests of what nodes do with each other.
    public mutating func withServer<Answer>(_ body: (inout WorldServer) -> Answer) -> Answer {
        body(&nodes[0].server)
    }

    /// Kills the first node and starts it again from its disk, for tests that choose the moment.
    public mutating func killAndRestart() {
        crash(nodes[0], outage: .zero)
        nodes[0].start(entropySeed: nodeSeed(), now: now)
        for actor in actors {
            actor.rejoin(ticket(for: actor.index, at: nodes[0]), now: now)
        }
    }

    /// kill -9, or power lost: what was not committed may be gone, and every client must join anew.
    mutating func crash(_ node: SimulatedNode, outage: TimeSpan) {
        let longest = UInt32(clamping: outage.nanoseconds / 1_000_000)
        let startsAt = now + .milliseconds(Int64(random.below(longest + 1)))
        node.crash(until: startsAt, random: &random)
        for actor in actors where actor.node == node.number && actor.rejoinsAt == nil {
            actor.takeEvents(now: now)
            if actor.rejoinsAt == nil { actor.leave(until: options.roams ? now : startsAt) }
        }
    }

    /// Makes the links between clients and nodes as good or bad as a test wants from now on.
    public mutating func setLinks(_ conditions: LinkConditions) {
        network.links.conditions = conditions
    }

    /// Nothing goes wrong any more. The clocks agree; they show the latest time that any of them
    /// ever has, as if everybody had waited for it: a stamp from the future is refused until then.
    mutating func heal() {
        schedule.removeAll()
        network.forger.share = .never
        network.links.conditions = LinkConditions(delay: .milliseconds(20))
        bus.heal()
        for actor in actors { actor.sleepsUntil = min(actor.sleepsUntil, now) }
        var latest = wall
        for node in nodes {
            node.pausedUntil = now
            node.disk.failsNext = false
            if node.startsAt != nil { node.startsAt = now }
            _ = node.clock.read(now)
            latest = max(latest, node.clock.highest)
        }
        for node in nodes { node.clock.heal(showing: latest, now: now) }
    }

    // MARK: Chance

    private mutating func anyNode() -> Int { Int(random.below(UInt32(nodes.count))) }

    private mutating func span(upTo milliseconds: UInt32) -> TimeSpan {
        .milliseconds(100 + Int64(random.below(milliseconds)))
    }

    private mutating func anyWays() -> [BusWay] {
        var ways: [BusWay] = []
        for from in nodes {
            for to in nodes where to.number != from.number {
                ways.append(BusWay(from: from.number, to: to.number))
            }
        }
        ways.shuffle(using: &random)
        return ways
    }

    /// One node from the rest, both ways or one way only; or just one way between two.
    private mutating func anySplit() -> [BusWay] {
        let ways = anyWays()
        let alone = ways[0].from
        switch random.below(4) {
        case 0: return [ways[0]]
        case 1: return ways.filter { $0.from == alone }
        case 2: return ways.filter { $0.to == alone }
        default: return ways.filter { $0.from == alone || $0.to == alone }
        }
    }
}

extension Simulation.ClockFaults {
    func clock(showing wall: UInt64, now: Instant, random: inout SeededRandom) -> SimulatedClock {
        guard case .none = self else {
            return SimulatedClock(
                showing: wall, skew: Int64(random.below(400)) - 200,
                drift: Int64(random.below(1_000)) - 500, now: now)
        }
        return SimulatedClock(showing: wall, now: now)
    }

    /// How often clocks are stepped in one run.
    func steps(_ random: inout SeededRandom) -> Int {
        switch self {
        case .none, .skewed: 0
        case .stepped, .wild: 1 + Int(random.below(4))
        }
    }

    /// Milliseconds forward, or back.
    func step(_ random: inout SeededRandom) -> Int64 {
        let second: UInt32 = 1_000
        let size =
            switch self {
            case .wild where random.chance(Ratio(1, in: 2)): random.below(12 * 3_600 * second)
            default: random.below(5 * second)
            }
        return random.chance(Ratio(1, in: 2)) ? Int64(size) : -Int64(size)
    }
}
