import CairnBasics
import CairnCRDT
import Testing

@Suite struct TheClockNeverRunsBackwardsTests {
    @Test(arguments: UInt64(0)..<20)
    func stampsAscendStrictlyThoughTheWallClockJumps(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var clock = HybridClock(replica: ReplicaID(raw: 1))
        var last = clock.now(wallMilliseconds: 0)
        for _ in 0..<2_000 {
            let stamp = clock.now(wallMilliseconds: UInt64(random.draw(50)))
            #expect(stamp > last)
            last = stamp
        }
    }

    @Test func aStampReadsTheWallClockWhenThatIsAhead() {
        var clock = HybridClock(replica: ReplicaID(raw: 1))
        #expect(clock.now(wallMilliseconds: 1_000).time.milliseconds == 1_000)
        #expect(clock.now(wallMilliseconds: 2_000).time == HybridTime(milliseconds: 2_000))
    }

    @Test func whatIsStampedAfterAnObservationIsLater() {
        var clock = HybridClock(replica: ReplicaID(raw: 1))
        let foreign = Stamp(
            time: HybridTime(milliseconds: 1_400), replica: ReplicaID(raw: 9))
        let isTaken = clock.observe(foreign, wallMilliseconds: 1_000)
        #expect(isTaken)
        #expect(clock.now(wallMilliseconds: 1_000) > foreign)
    }

    @Test func aStampMoreThanHalfASecondAheadIsRefusedAndLeavesTheClockAlone() {
        var clock = HybridClock(replica: ReplicaID(raw: 1))
        _ = clock.now(wallMilliseconds: 1_000)
        let before = clock.latest
        let replica = ReplicaID(raw: 9)
        let tooFar = Stamp(time: HybridTime(milliseconds: 1_501), replica: replica)
        let isTooFarTaken = clock.observe(tooFar, wallMilliseconds: 1_000)
        #expect(!isTooFarTaken)
        #expect(clock.latest == before)
        let never = Stamp(time: HybridTime(raw: .max), replica: replica)
        let isNeverTaken = clock.observe(never, wallMilliseconds: 1_000)
        #expect(!isNeverTaken)
        #expect(clock.latest == before)
        let farEnough = Stamp(time: HybridTime(milliseconds: 1_500), replica: replica)
        let isTaken = clock.observe(farEnough, wallMilliseconds: 1_000)
        #expect(isTaken)
    }

    @Test func aRestartedClockGoesOnAfterWhatWasRecovered() {
        let recovered = HybridTime(milliseconds: 5_000)
        var clock = HybridClock(replica: ReplicaID(raw: 1), notBefore: recovered)
        #expect(clock.now(wallMilliseconds: 4_000).time > recovered)
    }

    @Test func oneTimeAtTwoReplicasIsOrderedByReplica() {
        let time = HybridTime(milliseconds: 3)
        let small = Stamp(time: time, replica: ReplicaID(raw: 1))
        let large = Stamp(time: time, replica: ReplicaID(raw: 2))
        let later = Stamp(time: HybridTime(milliseconds: 4), replica: ReplicaID(raw: 0))
        #expect(small < large && large < later)
    }

    @Test func anAuthorRefusesADeltaFromTheFutureWhole() {
        var fast = Site(1)
        fast.wall += 501
        let id = fast.create()
        fast.set(id, .text("first for ever"))
        var honest = Site(2)
        for delta in fast.journal { honest.receive(delta) }
        #expect(honest.lattice.isEmpty)
    }
}
