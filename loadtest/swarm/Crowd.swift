// All members of one run on one loop: they join at a steady rate, act once a tick of the world, spread
// over the tick, and are counted every second.
//
// A large crowd's loop does not wait for datagrams, since a wake-up for each costs as much as the datagram:
// once a millisecond those whose turn it is take theirs and act, and attentive members get what has come.
// Latencies are then up to a millisecond too long.

import CairnBasics
import CairnClient
import CairnRuntime
import CairnWire
import CairnWorld
import Foundation
import Glibc

/// One run of the swarm.
final class Crowd {
    /// Members act in slices of about this length, so that they do not all send in the same moment.
    private static let slice = TimeSpan.milliseconds(5)
    private static let shortSlice = TimeSpan.milliseconds(1)
    /// So many members take their step together.
    private static let group = 16
    /// How long to wait for the last member to join.
    private static let joinPatience = TimeSpan.seconds(30)
    /// How often the loop of a large crowd looks.
    private static let lookPeriod = TimeSpan.milliseconds(1)

    let plan: CrowdPlan
    private let loop: Loop
    private let tokens: TokenSource
    private let commons: Commons
    private var bots: [Bot] = []
    private var lights: [LightBot] = []
    private var hostiles: [Hostile] = []
    private var members: [Member] = []
    private var joinedCount = 0
    private var batch = DatagramBatch(capacity: 32)
    /// What a group of members says, and where in it each one's ends.
    private var bag = DatagramBatch(capacity: Crowd.group * 4)
    private var bagEnds = [Int](repeating: 0, count: Crowd.group)
    private var timer: RepeatingTimer?
    private var signals: [SignalWatcher] = []
    private var failure: (any Error)?
    private var isOver = false
    private let start = MonotonicClock.now()
    private var slicesPerRound = 1
    private var lastSlice = -1
    private var tickHertz = 20
    private var lastJoinAt = MonotonicClock.now()
    private(set) var everyoneJoinedAt: Instant?
    private var nextSampleAt = MonotonicClock.now()
    private var recorder: Recorder
    private var progress = Progress()
    private let parent = getppid()

    init(_ plan: CrowdPlan, tokens: TokenSource) throws {
        self.plan = plan
        self.tokens = tokens
        loop = try Loop()
        commons = Commons(server: plan.server)
        recorder = Recorder(plan)
        members.reserveCapacity(plan.clients)
    }

    func run() throws -> SwarmReport {
        defer { loop.close() }
        try startTimer()
        signals = try [ProcessSignal.interrupt, .terminate].map { signal in
            try SignalWatcher(loop: loop, signal: signal) { [weak self] in self?.stop() }
        }
        for hostile in plan.hostiles { try sendIn(hostile) }
        if isLarge { lookAround() } else { loop.run() }
        progress.end()
        if let failure { throw failure }
        let report = finish()
        explainMissing()
        let now = MonotonicClock.now()
        for bot in bots { bot.leave(batch: &batch, now: now) }
        for light in lights { light.leave(batch: &batch, now: now) }
        return report
    }

    private var isLarge: Bool { plan.clients >= CrowdPlan.largeCrowd }

    private func lookAround() {
        while !isOver {
            loop.poll()
            let now = MonotonicClock.now().nanoseconds
            let period = Self.lookPeriod.nanoseconds
            usleep(UInt32((period - now % period) / 1_000 + 1))
        }
    }

    private func stop() {
        isOver = true
        loop.stop()
    }

    /// A round of all slices lasts a tick of the world.
    private func startTimer() throws {
        timer?.close()
        let period = TimeSpan.seconds(1) / Int64(tickHertz)
        let slice = isLarge ? Self.shortSlice : Self.slice
        slicesPerRound = max(1, Int(period.nanoseconds / slice.nanoseconds))
        lastSlice = -1
        timer = try RepeatingTimer(loop: loop, period: period / Int64(slicesPerRound)) {
            [weak self] firing in self?.step(firing)
        }
    }

    private func step(_ firing: TimerFiring) {
        let now = MonotonicClock.now()
        sendIn(now: now)
        // Firings that the loop was too busy for are made up for, or else the same slice might be
        // passed over in every round, and its members would fall silent.
        let missed = min(firing.number - lastSlice, slicesPerRound)
        for slice in firing.number - missed + 1..<firing.number + 1 {
            let number = slice % slicesPerRound
            let first = members.count * number / slicesPerRound
            let end = members.count * (number + 1) / slicesPerRound
            for start in stride(from: first, to: end, by: Self.group) {
                act(start..<min(start + Self.group, end), now: now)
            }
        }
        for hostile in hostiles { hostile.step(now: now, batch: &batch) }
        lastSlice = firing.number
        if now >= nextSampleAt { sample(now: now) }
        endWhenDue(now: now)
    }

    /// Lets some members take their step together: all fetch, all think, all send. So the kernel's code
    /// and this program's are in the cache once for all of them and not for each anew.
    private func act(_ group: Range<Int>, now: Instant) {
        for index in group {
            members[index].fetch(into: index - group.lowerBound)
        }
        for index in group {
            if members[index].path.isAttentive {
                members[index].step(now: now, batch: &batch)
            } else {
                members[index].step(now: now, batch: &bag)
            }
            bagEnds[index - group.lowerBound] = bag.count
        }
        var start = 0
        for index in group {
            let end = bagEnds[index - group.lowerBound]
            if end > start { members[index].post(bag, start..<end) }
            start = end
        }
        bag.removeAll()
    }

    /// Lets in as many members as the rate allows by now.
    private func sendIn(now: Instant) {
        guard members.count < plan.clients, failure == nil else { return }
        let allowed = Int((now - start).seconds * Double(plan.joinsPerSecond)) + 1
        do {
            while members.count < min(plan.clients, allowed) {
                try sendInOne(now: now)
                lastJoinAt = now
            }
        } catch {
            failure = error
            stop()
        }
    }

    private func sendInOne(now: Instant) throws {
        let index = members.count
        let path = plan.path(of: index)
        let member: Member
        if plan.decodes(index) {
            let every = plan.phoneEvery
            let isPhone = every > 0 && bots.count % every == every - 1
            let bot = Bot(
                isPhone: isPhone, acts: plan.acts,
                token: tokens.issue(index: index, role: isPhone ? .device : .player),
                path: path, movement: plan.movement, commons: commons, loop: loop, now: now)
            bots.append(bot)
            member = bot
        } else {
            let light = LightBot(
                token: tokens.issue(index: index, role: .player), path: path,
                walk: Walk(seed: mix64(path.seed), movement: plan.movement),
                commons: commons, loop: loop, now: now)
            lights.append(light)
            member = light
        }
        try member.open(now: now)
        members.append(member)
        member.step(now: now, batch: &batch)
        member.transmit(&batch, now: now)
    }

    private func sendIn(_ share: CrowdPlan.HostileShare) throws {
        let now = MonotonicClock.now()
        for _ in 0..<share.count {
            let index = plan.clients + hostiles.count
            var path = plan.path(of: index)
            (path.conditions, path.flapping) = (nil, nil)
            let hostile = Hostile(share.habit, rate: share.rate, path: path, loop: loop) {
                [tokens] in tokens.issue(index: index, role: .player)
            }
            try hostile.open(now: now)
            hostiles.append(hostile)
        }
    }

    private func endWhenDue(now: Instant) {
        if plan.followsParent && getppid() != parent { return stop() }
        if let everyoneJoinedAt, now - everyoneJoinedAt >= .seconds(Int64(plan.seconds)) { stop() }
    }

    /// Once a second: who is in, what has come, what it cost.
    private func sample(now: Instant) {
        let isJoining = everyoneJoinedAt == nil
        nextSampleAt = now + (isJoining ? .milliseconds(100) : .seconds(1))
        let census = Census(bots, lights)
        joinedCount = census.present
        adoptHertz()
        if isJoining, members.count == plan.clients {
            let isLate = now - lastJoinAt > Self.joinPatience
            if isLate || census.joinedOrEnded == plan.clients { everyoneJoinedAt = now }
        }
        if let everyoneJoinedAt {
            recorder.sample(reading(), ages: commons.takeAges(), since: everyoneJoinedAt)
        }
        let elapsed = Int((now - (everyoneJoinedAt ?? start)).seconds)
        let phase = isJoining ? "joining" : "\(elapsed) of \(plan.seconds) s"
        progress.show(
            "\(phase): \(joinedCount) of \(plan.clients) bots in, "
                + "\(census.divergences) divergences\(recorder.summary)", now: now)
    }

    /// The world's own rate, once somebody has been told of it.
    private func adoptHertz() {
        guard let hertz = commons.description?.tickHertz, hertz != tickHertz else { return }
        tickHertz = hertz
        do { try startTimer() } catch {
            failure = error
            stop()
        }
    }

    private func reading() -> Reading {
        for light in lights { light.settle() }
        return Reading(commons: commons, bots: bots)
    }

    private func finish() -> SwarmReport {
        var report = SwarmReport(plan: plan, hertz: tickHertz)
        let census = Census(bots, lights)
        report.connected = census.present
        for bot in bots { report.add(bot) }
        for light in lights { report.add(light) }
        for hostile in hostiles { report.add(hostile) }
        if let everyoneJoinedAt {
            recorder.sample(reading(), ages: commons.takeAges(), since: everyoneJoinedAt)
        }
        report.settle(recorder, commons: commons)
        return report
    }

    /// Says why members are not in the world, for whoever wonders about the figures.
    private func explainMissing() {
        let reasons =
            bots.filter { !$0.hasJoined }.map(\.endReason)
            + lights.filter { !$0.hasJoined }.map(\.endReason)
        guard !reasons.isEmpty else { return }
        let reason = reasons.compactMap { $0 }.first.map { "\($0)" } ?? "no answer yet"
        note("\(reasons.count) bots are not in; the first because: \(reason)")
    }
}

/// Who is where at one moment.
private struct Census {
    var present = 0
    var joinedOrEnded = 0
    var divergences: UInt64 = 0

    init(_ bots: [Bot], _ lights: [LightBot]) {
        for bot in bots {
            if bot.hasJoined { present += 1 }
            if bot.hasJoined || bot.hasEnded { joinedOrEnded += 1 }
            divergences += bot.statistics.divergences
        }
        for light in lights {
            if light.hasJoined { present += 1 }
            if light.hasJoined || light.hasEnded { joinedOrEnded += 1 }
        }
    }
}
