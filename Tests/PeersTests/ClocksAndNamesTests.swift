import CairnBasics
import CairnCRDT
import Testing

@testable import CairnPeers

/// What a node will not join, because its clock or its own hand says otherwise.
@Suite struct ClocksAndNamesTests {
    @Test func aDeltaFromTheFutureIsRefusedAndWelcomeOnceTheClockHasCaughtUp() {
        var cluster = Cluster(nodes: 2, seed: 1)
        cluster.nodes[0].skew = 2_000
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.run(for: .milliseconds(1_300))
        #expect(!cluster.nodes[1].lattice.contains(id))
        #expect(cluster.nodes[1].group.counters.refusedFuture > 0)
        #expect(cluster.nodes[0].group.links[0].acknowledged.through == 0)
        cluster.run(for: .seconds(4))
        #expect(cluster.nodes[1].lattice.contains(id))
        #expect(cluster.nodes[0].group.links[0].acknowledged.through == 1)
    }

    @Test func aLeadOfHalfASecondIsTakenAndWhatIsStampedNextIsLater() {
        var cluster = Cluster(nodes: 2, seed: 2, faults: Cluster.Faults(delay: 0))
        cluster.nodes[0].skew = 550
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.nodes[0].set(id, .integer(1), now: cluster.now)
        cluster.run(for: .milliseconds(300))
        #expect(cluster.nodes[1].lattice.contains(id))
        cluster.nodes[1].set(id, .integer(2), now: cluster.now)
        cluster.run(for: .milliseconds(300))
        #expect(cluster.nodes[0].lattice[id]?.latest(TestNode.register) == .integer(2))
        #expect(cluster.isAlike)
    }

    @Test func aTimeBeforeAnyClockIsRefused() {
        var cluster = Cluster(nodes: 2, seed: 3)
        // An attacker: no author of Cairn stamps so early, whatever its wall clock says.
        let replica = ReplicaID(node: 2, boot: 1)
        var forger = Author(replica: replica, clock: HybridClock(replica: replica))
        let (id, delta) = forger.create(kind: KindID(1), owner: 0, wallMilliseconds: 1_000)
        cluster.nodes[1].commit(delta)
        cluster.run(for: .seconds(2))
        #expect(!cluster.nodes[0].lattice.contains(id))
        #expect(cluster.nodes[0].group.counters.refusedPast > 0)
    }

    @Test func aNodeWhoseClockSaysNineteenSeventyIsStillHeard() {
        var cluster = Cluster(nodes: 2, seed: 4)
        cluster.nodes[0].skew = -1_700_000_000_000
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.run(for: .seconds(1))
        #expect(cluster.nodes[1].lattice.contains(id))
    }

    /// One bad entity does not keep the good ones from being mended.
    @Test func ofARepairOnlyWhatIsBadIsRefused() {
        var cluster = Cluster(nodes: 2, seed: 5)
        cluster.faults.lostKinds = [1]
        let good = (0..<20).map { _ in cluster.nodes[0].create(now: cluster.now) }
        cluster.nodes[0].skew = 3_600_000
        cluster.nodes[0].set(good[7], .integer(1), now: cluster.now)
        cluster.run(for: .seconds(3))
        let known = Set(cluster.nodes[1].entities)
        #expect(known == Set(good).subtracting([good[7]]))
        #expect(cluster.nodes[1].group.counters.refusedFuture > 0)
    }

    @Test(arguments: 0..<8)
    func whatIsWrittenInANodesOwnNameIsRefusedAndCounted(kind: Int) {
        var cluster = Cluster(nodes: 2, seed: 6)
        let id = cluster.nodes[0].create(now: cluster.now)
        for (field, element) in [(TestNode.set, 1), (TestNode.set, 2)] {
            let node = cluster.nodes[0]
            var author = node.author
            let delta = author.insert(id, field, .integer(Int64(element)), in: node.lattice)
            cluster.nodes[0].author = author
            cluster.nodes[0].commit(delta)
        }
        cluster.run(for: .seconds(1))
        #expect(cluster.isAlike)
        let before = cluster.nodes[0].lattice.digest
        // A copy of the first node's data runs somewhere, under the same boot.
        var copy = cluster.nodes[0]
        let wall = copy.wall(cluster.now)
        let delta: Lattice =
            switch kind {
            case 0: copy.author.create(kind: KindID(1), owner: 0, wallMilliseconds: wall).1
            case 1:
                copy.author.set(
                    id, TestNode.register, .integer(9), wallMilliseconds: wall)
            case 2: copy.author.add(id, TestNode.counter, 5, in: copy.lattice)
            case 3: copy.author.insert(id, TestNode.set, .integer(3), in: copy.lattice)
            case 4:
                copy.author.put(
                    id, TestNode.map, key: "k", .integer(3), in: copy.lattice,
                    wallMilliseconds: wall)
            case 5: copy.author.grant(id, TestNode.rights, 5, in: copy.lattice)
            case 6:
                copy.author.attach(
                    id, FieldID(9), to: nil, in: copy.lattice, wallMilliseconds: wall)
                    ?? Lattice()
            default: copy.author.write(id, FieldID(8), .integer(1), in: copy.lattice)
            }
        #expect(!delta.isEmpty)
        cluster.nodes[1].commit(delta)
        cluster.run(for: .seconds(2))
        #expect(cluster.nodes[0].lattice.digest == before)
        #expect(cluster.nodes[0].group.counters.refusedOwn > 0)
        #expect(cluster.nodes[0].group.counters.refusedFuture == 0)
    }

    @Test func whatANodeHasWrittenItselfMayComeBackToIt() {
        var cluster = Cluster(nodes: 3, seed: 7, faults: .bad)
        cluster.live(for: .seconds(20))
        cluster.heal()
        let time = cluster.timeToAgree(atMost: .seconds(5))
        #expect(time != nil)
        #expect(cluster.nodes.allSatisfy { $0.group.counters.refusedOwn == 0 })
    }
}
