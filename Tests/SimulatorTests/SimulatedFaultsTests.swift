import CairnBasics
import CairnStore
import CairnTransport
import Testing

@testable import Simulator

/// The faults themselves: a fault that never comes, or comes when it should not, tests nothing.
@Suite struct SimulatedFaultsTests {
    private func record(_ sequence: UInt64) -> JournalRecord {
        JournalRecord(
            sequence: sequence, tick: Tick(UInt32(sequence)),
            delta: (0..<900).map { UInt8(truncatingIfNeeded: $0 &* Int(sequence)) })
    }

    @Test func whatWasCommittedSurvivesACrashAndWhatWasOrderedInAnyPart() throws {
        var random = SeededRandom(seed: 1)
        var survivors: [Int: Int] = [:]
        var torn = 0
        for _ in 0..<400 {
            let disk = SimulatedDisk()
            _ = try disk.commit([record(1), record(2)])
            let orders = [JournalOrder.commit([record(3), record(4)]), .commit([record(5)])]
            disk.crash(writing: orders, tears: true, random: &random)
            let kept = try disk.load().records
            #expect(kept == (1...kept.count).map { record(UInt64($0)) })
            survivors[kept.count, default: 0] += 1
            torn += disk.tornRows
            #expect(disk.tornRowsTakenForWhole == 0)
            // And it goes on where it was left.
            _ = try disk.commit([record(UInt64(kept.count + 1))])
        }
        #expect(Set(survivors.keys) == [2, 3, 4, 5])
        #expect(torn > 100)
    }

    @Test func aSyncThatFailsPromisesNothing() throws {
        let disk = SimulatedDisk()
        disk.failsNext = true
        #expect(throws: StoreError.self) { try disk.commit([record(1)]) }
        #expect(try disk.load().records.isEmpty)
    }

    @Test func aClockIsOffRunsFastIsSteppedAndIsHealed() {
        let start = Instant(nanoseconds: 5_000_000_000)
        var clock = SimulatedClock(showing: 1_000_000, skew: -200, drift: 500, now: start)
        #expect(clock.read(start) == 999_800)
        #expect(clock.read(start + .seconds(1_000)) == 999_800 + 1_000_500)
        clock.step(by: -3_600_000, now: start + .seconds(1_000))
        #expect(clock.read(start + .seconds(1_000)) == 0, "no time before 1970")
        #expect(clock.highest == 2_000_300)
        clock.heal(showing: 7_000_000, now: start + .seconds(2_000))
        #expect(clock.read(start + .seconds(2_060)) == 7_060_000)
    }

    @Test func aCutEndsAndACloggedWayBringsEverythingAtOnce() {
        var bus = SimulatedBus(seed: 1, conditions: LinkConditions(delay: .milliseconds(1)))
        let way = BusWay(from: 1, to: 2)
        let back = BusWay(from: 2, to: 1)
        let start = Instant.zero
        bus.cut(way, until: start + .seconds(1))
        bus.send([1], way, now: start)
        bus.send([2], back, now: start)
        #expect(bus.cutOff == 1)
        let first = bus.poll(now: start + .milliseconds(5))
        #expect(first?.bytes == [2] && first?.way == back)
        bus.clog(way, until: start + .seconds(4))
        bus.send([3], way, now: start + .seconds(2))
        bus.send([4], way, now: start + .seconds(3))
        #expect(bus.poll(now: start + .milliseconds(3_999)) == nil)
        #expect(bus.poll(now: start + .milliseconds(4_002))?.bytes == [3])
        #expect(bus.poll(now: start + .milliseconds(4_002))?.bytes == [4])
    }

    @Test func everyFaultIsOnInSomeSeedsAndOffInOthers() {
        let mixes = (1...400 as ClosedRange<UInt64>).map { Simulation.Options(seed: $0) }
        let faults: [(String, (Simulation.Options) -> Bool)] = [
            ("loss", { $0.faults.loss.numerator > 0 }), ("crashes", { $0.crashes > 0 }),
            ("pauses", { $0.pauses > 0 }), ("torn writes", { $0.tearsWrites }),
            ("failing disks", { $0.diskFailures > 0 }), ("roaming", { $0.roams }),
            ("checkpoints", { $0.checkpointAfterRecords != nil }),
            ("outages", { $0.longestOutage > .zero }),
            ("wrong clocks", { if case .none = $0.clocks { false } else { true } }),
            ("more nodes", { $0.nodes > 1 }), ("partitions", { $0.partitions > 0 }),
            ("clogs", { $0.clogs > 0 }), ("forgeries", { $0.forgeries.numerator > 0 }),
            ("repeated entropy", { $0.repeatsEntropy }),
            ("numbers that wrap", { $0.keyLimits.firstNumber >> 16 == 0xffff }),
            ("large numbers", { $0.keyLimits.firstNumber > 0 }),
        ]
        for (name, isOn) in faults {
            let count = mixes.count(where: isOn)
            #expect(count > 10 && count < 390, "\(name) in \(count) of 400 seeds")
        }
    }

    /// Clients threw away what such a server sent when it woke, and told it that it had arrived.
    @Test func aServerThatStoodStillForLongIsHeardAgain() {
        var options = Simulation.Options(faults: LinkConditions(delay: .milliseconds(5)))
        options.clients = 3
        options.faultyTime = .seconds(20)
        options.hasCharacters = false
        var world = Simulation(seed: 3, options: options)
        world.run(for: .seconds(5))
        world.inflict(.pause(node: 0, .milliseconds(6_500)))
        world.run(for: .seconds(12))
        world.heal()
        for actor in world.actors { actor.calm() }
        world.run(for: .seconds(2))
        #expect(world.faults.isEmpty, "\(world.faults.prefix(3))")
    }

    @Test func crashesOutagesAndFailingDisksHappenAndTheWorldGoesOn() {
        var options = Simulation.Options(faults: LinkConditions(delay: .milliseconds(5)))
        options.crashes = 3
        options.longestOutage = .seconds(2)
        options.diskFailures = 1
        options.tearsWrites = true
        options.checkpointAfterRecords = 20
        var world = Simulation(seed: 5, options: options)
        world.run()
        #expect(world.faults.isEmpty, "\(world.faults.prefix(3))")
        #expect(world.nodes[0].disk.boots >= 4)
        #expect(world.nodes[0].disk.checkpoints > 1)
    }
}
