// The first opinion: what nodes and clients hold, compared with each other piece by piece. The second
// is the history checker's, which is asked here and lives in files of its own.

import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWire
import CairnWorld

extension Simulation {
    /// How often history is held against every node while it runs.
    static let checkPeriod = TimeSpan.milliseconds(2_500)

    /// What is wrong at the end of a run, in words; empty when all is well.
    public var faults: [String] {
        var faults = faultsSoFar
        faults += sealFaults
        for actor in actors { faults += self.faults(of: actor) }
        for intruder in intruders where intruder.isTooQuick(now: now) {
            faults.append("an intruder had \(intruder.accepted) intents accepted, too many")
        }
        for node in nodes {
            faults += node.invariants.faults
            if node.disk.tornRowsTakenForWhole > 0 {
                faults.append("node \(node.number) took a torn row for a whole one")
            }
            if node.server.lattice != nodes[0].server.lattice {
                faults.append("node \(node.number) holds another world than node 1")
            }
        }
        faults += bodyFaults
        guard isTold else { return faults }
        for node in nodes {
            let view = HistoryView(of: node.server)
            faults += checker.faults(in: view, after: history, now: now)
                .map { "at the end node \(node.number): \($0)" }
        }
        return faults
    }

    /// Over every seal of the run: all nodes, all boots, both directions, all key phases.
    private var sealFaults: [String] {
        var faults: [String] = []
        if ledger.repeatedNonces > 0 {
            faults.append("\(ledger.repeatedNonces) seals used a nonce that their key had used")
        }
        if ledger.repeatedKeys > 0 {
            faults.append("\(ledger.repeatedKeys) keys were used by two sealers or in two phases")
        }
        if ledger.longestKeyLife > options.keyLimits.lastPackets {
            faults.append("one key has sealed \(ledger.longestKeyLife) packets")
        }
        return faults
    }

    /// Whoever is in the world has one body, and nobody else has any.
    private var bodyFaults: [String] {
        guard intruders.isEmpty, options.actorsAct else { return [] }
        let bodies = Set(actors.filter { $0.client.isPresent }.map { $0.client.entity })
        var faults: [String] = []
        for node in nodes {
            let lattice = node.server.lattice
            let found = lattice.sortedIDs.filter { lattice[$0]?.life?.kind == SimulatedKind.avatar }
            for id in found where !bodies.contains(id) {
                faults.append("at the end node \(node.number): \(id) is nobody's body")
            }
            for id in bodies.subtracting(found).sorted() {
                faults.append("at the end node \(node.number): the body \(id) is missing")
            }
        }
        return faults
    }

    /// Whether the history knows everything that was asked for.
    private var isTold: Bool { options.actorsAct && intruders.isEmpty }

    private var checker: HistoryChecker {
        let clocksAgree = if case .none = options.clocks { true } else { false }
        return HistoryChecker(rules: SimulatedField.rules, clocksAgree: clocksAgree)
    }

    /// Holds what every node shows against what it has promised so far.
    mutating func checkHistory() {
        checkAt = now + Self.checkPeriod
        guard isTold else { return }
        for node in nodes where node.isUp {
            let view = HistoryView(of: node.server)
            let found = checker.faults(in: view, after: history, now: now, node: node.number)
            guard faultsSoFar.count < Self.faultLimit else { return }
            let seconds = (now - .zero).seconds
            faultsSoFar += found.map { "after \(seconds) s node \(node.number): \($0)" }
        }
    }

    /// More faults than this in one run say nothing new.
    private static let faultLimit = 20

    private func faults(of actor: SimulatedActor) -> [String] {
        let name = "actor \(actor.index)"
        let statistics = actor.client.statistics
        var faults = actor.endings.map { "\(name) lost a session: \($0)" }
        faults += actor.trespasses.faults.map { "\(name) \($0)" }
        let sent = network.sentDatagrams(to: actor.address)
        if actor.rejoinsAt == nil, actor.pastPackets + statistics.packets > sent {
            faults.append("\(name) took in more packets than the \(sent) that were sent to it")
        }
        guard actor.client.isPresent else {
            let reason = actor.client.ended.map { "\($0)" } ?? "still joining"
            faults.append(
                "\(name) is not in the world (\(reason)) after \(statistics.packets) packets "
                    + "and \(statistics.ticks) ticks")
            return faults
        }
        if actor.pastErrors + statistics.decodeErrors > 0 {
            faults.append("\(name) could not read something")
        }
        if actor.pastDivergences + statistics.divergences > 0 {
            faults.append("\(name) saw another world than the server's")
        }
        // Who came when everybody stood still already was told no page of the very tick.
        if statistics.digestsCompared == 0, statistics.ticks > 150, !actor.cameLate {
            faults.append(
                "\(name) compared no digest in \(statistics.ticks) ticks, "
                    + "\(statistics.packets) packets, \(actor.client.entityCount) entities")
        }
        if actor.client.outbox.count > 0 {
            faults.append("\(name) has \(actor.client.outbox.count) edits without a last answer")
        }
        return faults + differences(of: actor, name: name)
    }

    /// Everything that stands well inside a client's interest must be known to it as it is, and
    /// nothing else that does not exist.
    private func differences(of actor: SimulatedActor, name: String) -> [String] {
        var differences: [String] = []
        let node = nodes[Int(actor.node) - 1]
        let lattice = node.server.lattice
        let here = node.server.motion(of: actor.client.entity)?.position ?? .origin
        let description = node.server.description
        let metres = actor.interestMetres > 0 ? actor.interestMetres : description.interestMetres
        let radius = UInt64(metres) * 1_024
        let seen = Set(actor.client.entityIDs)
        for id in lattice.sortedIDs {
            guard let motion = node.server.motion(of: id) else { continue }
            guard motion.position.squaredDistance(to: here) < radius * radius else { continue }
            guard seen.contains(id) else {
                differences.append("\(name) does not see \(id)")
                continue
            }
            for field in lattice[id]?.fields ?? []
            where field.id != .placement && actor.client.field(field.id, of: id) != field.state {
                differences.append("\(name) knows another field \(field.id.raw) of \(id)")
            }
        }
        for id in seen.sorted() {
            guard lattice.contains(id) else {
                differences.append("\(name) sees the ghost \(id)")
                continue
            }
            // Who walks on, as characters do, may have walked out of sight this very moment.
            guard let motion = node.server.motion(of: id), motion.velocity == .zero
            else { continue }
            let gap = Self.gap(from: here, to: motion.position, cellMetres: description.cellMetres)
            // A page is left when it is a cell further than it is followed from; and the server may
            // still count from the cell beside the client's.
            if gap > metres + 2 * description.cellMetres {
                differences.append("\(name) still sees \(id), which is \(gap) m away")
            }
        }
        return differences
    }

    /// How many whole metres of cells lie between the cells of two places.
    private static func gap(from here: Position, to there: Position, cellMetres: Int) -> Int {
        func cells(_ one: Int32, _ other: Int32) -> Int {
            let edge = Double(cellMetres) * Double(Position.unitsPerMetre)
            let apart = (Double(one) / edge).rounded(.down) - (Double(other) / edge).rounded(.down)
            return max(0, Int(abs(apart)) - 1) * cellMetres
        }
        let gaps = [cells(here.x, there.x), cells(here.y, there.y), cells(here.z, there.z)]
        return Int(gaps.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot())
    }
}
