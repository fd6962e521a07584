// All bots of one run on one loop: they join at a steady rate, act at the world's tick rate spread
// over the tick, and are counted at the end.

import CairnBasics
import CairnClient
import CairnClientRuntime
import CairnRuntime
import CairnWire
import CairnWorld
import Foundation
import Glibc

/// One run of the swarm.
final class Crowd {
    struct Plan {
        var server: NetworkAddress
        var clients: Int
        var seconds: Int
        var joinsPerSecond: Int
        var phoneEvery: Int
        var seed: UInt64
        var followsParent: Bool
    }

    /// Bots are updated in this many slices, so that they do not all send in the same moment.
    private static let slicePeriod = TimeSpan.milliseconds(5)
    private static let slicesPerRound = 10
    /// How long to wait for the last bot to join.
    private static let joinPatience = TimeSpan.seconds(30)

    private let plan: Plan
    private let loop: Loop
    private var tokens: TokenSource
    private var bots: [Bot] = []
    private var timers: [RepeatingTimer] = []
    private var signals: [SignalWatcher] = []
    private var failure: (any Error)?
    private let start = MonotonicClock.now()
    private var lastSlice = -1
    private var lastJoinAt = MonotonicClock.now()
    private var everyoneJoinedAt: Instant?
    private var baseline = SwarmReport()
    private let parent = getppid()

    init(_ plan: Plan, tokens: TokenSource) throws {
        self.plan = plan
        self.tokens = tokens
        loop = try Loop()
        bots.reserveCapacity(plan.clients)
    }

    func run() throws -> SwarmReport {
        defer { loop.close() }
        timers = [
            try RepeatingTimer(loop: loop, period: Self.slicePeriod) { [weak self] firing in
                self?.slice(firing)
            },
            try RepeatingTimer(loop: loop, period: .seconds(2)) { [weak self] _ in
                self?.showProgress()
            },
        ]
        signals = try [ProcessSignal.interrupt, .terminate].map { signal in
            try SignalWatcher(loop: loop, signal: signal) { [weak self] in self?.loop.stop() }
        }
        loop.run()
        if let failure { throw failure }
        let report = report()
        explainMissing()
        for bot in bots { bot.leave() }
        return report
    }

    private func slice(_ firing: TimerFiring) {
        let now = MonotonicClock.now()
        sendIn(now: now)
        // Firings that the loop was too busy for are made up for, or else the same slice might be
        // passed over in every round, and its bots would fall silent.
        let missed = min(firing.number - lastSlice, Self.slicesPerRound)
        for slice in firing.number - missed + 1..<firing.number + 1 {
            let first = slice % Self.slicesPerRound
            for index in stride(from: first, to: bots.count, by: Self.slicesPerRound) {
                bots[index].update(now: now)
            }
        }
        lastSlice = firing.number
        endWhenDue(now: now)
    }

    /// Lets in as many bots as the rate allows by now.
    private func sendIn(now: Instant) {
        let allowed = Int((now - start).seconds * Double(plan.joinsPerSecond)) + 1
        while bots.count < min(plan.clients, allowed) {
            let index = bots.count
            let isPhone = plan.phoneEvery > 0 && index % plan.phoneEvery == plan.phoneEvery - 1
            do {
                let token = tokens.issue(index: index, role: isPhone ? .device : .player)
                bots.append(
                    try Bot(
                        index: index, isPhone: isPhone, token: token, server: plan.server,
                        seed: mix64(plan.seed &+ UInt64(index)), loop: loop))
            } catch {
                failure = error
                loop.stop()
                return
            }
            lastJoinAt = now
        }
    }

    private func endWhenDue(now: Instant) {
        if plan.followsParent && getppid() != parent { return loop.stop() }
        if everyoneJoinedAt == nil, bots.count == plan.clients {
            let isLate = now - lastJoinAt > Self.joinPatience
            if isLate || bots.allSatisfy({ $0.hasJoined || $0.hasEnded }) {
                everyoneJoinedAt = now
                baseline = report()
            }
        }
        if let everyoneJoinedAt, now - everyoneJoinedAt >= .seconds(Int64(plan.seconds)) {
            loop.stop()
        }
    }

    private func showProgress() {
        let joined = bots.count(where: \.hasJoined)
        let elapsed = Int((MonotonicClock.now() - (everyoneJoinedAt ?? start)).seconds)
        let phase =
            everyoneJoinedAt == nil ? "joining" : "\(elapsed) of \(plan.seconds) s"
        let divergences = bots.reduce(0) { $0 + $1.statistics.divergences }
        FileHandle.standardError.write(
            Data(
                "\(phase): \(joined) of \(plan.clients) bots in, \(divergences) divergences\n"
                    .utf8))
    }

    /// Says why bots are not in the world, for whoever wonders about the figures.
    private func explainMissing() {
        let missing = bots.filter { !$0.hasJoined }
        guard let first = missing.first(where: { $0.endReason != nil }) ?? missing.first else {
            return
        }
        let reason = first.endReason.map { "\($0)" } ?? "no answer yet"
        FileHandle.standardError.write(
            Data("\(missing.count) bots are not in; the first because: \(reason)\n".utf8))
    }

    private func report() -> SwarmReport {
        var report = SwarmReport()
        report.clients = plan.clients
        for bot in bots { report.add(bot) }
        report.settle(
            since: baseline,
            seconds: (MonotonicClock.now() - (everyoneJoinedAt ?? start)).seconds)
        return report
    }
}
