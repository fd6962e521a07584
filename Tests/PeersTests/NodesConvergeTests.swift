import CairnBasics
import CairnCRDT
import Testing

@testable import CairnPeers

/// Whatever the bus does, nodes that can hear each other again hold the same, to the last byte.
@Suite struct NodesConvergeTests {
    @Test(arguments: 1...24)
    func afterABadBusAndCutsAllNodesHoldTheSame(seed: Int) {
        var cluster = Cluster(nodes: 2 + seed % 3, seed: UInt64(seed), faults: .bad)
        for _ in 0..<3 {
            cluster.live(for: .seconds(2))
            cluster.cutOff(UInt8(1 + seed % cluster.nodes.count))
            cluster.live(for: .seconds(3))
            cluster.cuts = []
        }
        #expect(!cluster.isAlike, "nothing was ever amiss")
        cluster.heal()
        let time = cluster.timeToAgree(atMost: .seconds(5))
        #expect(time != nil)
        #expect(cluster.nodes[0].entities.count > 3)
    }

    @Test func aGoodBusCarriesATickInATickAndSendsNoStates() {
        var cluster = Cluster(nodes: 3, seed: 5, faults: Cluster.Faults(delay: 0))
        for _ in 0..<200 {
            for index in 0..<3 { cluster.nodes[index].edit(&cluster.random, now: cluster.now) }
            // Counters wait for the disk.
            for index in 0..<3 { cluster.nodes[index].sync() }
            cluster.step()
            for index in 0..<3 { cluster.nodes[index].sync() }
            cluster.step()
            cluster.step()
            #expect(cluster.isAlike)
        }
        #expect(cluster.nodes.allSatisfy { $0.group.counters.overrun == 0 })
        #expect(cluster.nodes.allSatisfy { $0.group.counters.resent == 0 })
    }

    /// Deltas alone are enough for what was lost in passing, comparison alone for everything.
    @Test(arguments: [[3, 4, 5, 6], [1], [1, 2]] as [Set<UInt8>])
    func eitherWayAloneIsEnough(lostKinds: Set<UInt8>) {
        var cluster = Cluster(nodes: 3, seed: 9, faults: .bad)
        cluster.faults.lostKinds = lostKinds
        cluster.live(for: .seconds(4))
        cluster.faults = .none
        cluster.faults.lostKinds = lostKinds
        let time = cluster.timeToAgree(atMost: .seconds(12))
        #expect(time != nil)
    }

    @Test func aDeletionThatNobodyHeardOfIsLearnedByComparing() {
        var cluster = Cluster(nodes: 2, seed: 3)
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.run(for: .seconds(1))
        #expect(cluster.nodes[1].lattice.contains(id))
        cluster.faults.lostKinds = [1]
        cluster.nodes[0].commit(cluster.nodes[0].author.delete(id, in: cluster.nodes[0].lattice))
        // Created and deleted while nobody heard: the other must not wait for it for ever.
        let unheard = cluster.nodes[0].create(now: cluster.now)
        cluster.nodes[0].commit(
            cluster.nodes[0].author.delete(unheard, in: cluster.nodes[0].lattice))
        let time = cluster.timeToAgree(atMost: .seconds(3))
        #expect(time != nil)
        #expect(cluster.nodes[1].lattice.isDeleted(id))
        #expect(cluster.nodes[1].lattice.isDeleted(unheard))
    }

    @Test func anEmptyNodeGetsAWorldThatFitsNoMessage() {
        var cluster = Cluster(nodes: 2, seed: 4)
        cluster.cutOff(2)
        for _ in 0..<6_000 {
            let id = cluster.nodes[0].create(now: cluster.now)
            cluster.nodes[0].set(id, .text(String(repeating: "x", count: 60)), now: cluster.now)
        }
        let big = cluster.nodes[0].entities[0]
        for key in 0..<120 {
            let value = Scalar.text(String(repeating: "y", count: 1_000))
            let node = cluster.nodes[0]
            var author = node.author
            let delta = author.put(
                big, TestNode.map, key: "\(key)", value, in: node.lattice,
                wallMilliseconds: node.wall(cluster.now))
            cluster.nodes[0].author = author
            cluster.nodes[0].commit(delta)
        }
        cluster.run(for: .seconds(1))
        // A new boot has no deltas of the last one to send.
        cluster.nodes[0].sync()
        cluster.crash(0)
        cluster.heal()
        let time = cluster.timeToAgree(atMost: .seconds(10))
        #expect(time != nil)
        #expect(cluster.nodes[1].entities.count == 6_000)
    }

    @Test func aNodeThatIsFarBehindComparesInsteadOfWaiting() {
        var cluster = Cluster(nodes: 3, seed: 6)
        cluster.cutOff(3)
        while cluster.nodes[0].group.recent.lastSequence < UInt64(PeerLimits.recentDeltas) + 200 {
            cluster.nodes[0].edit(&cluster.random, now: cluster.now)
            cluster.step()
        }
        #expect(cluster.nodes[0].group.counters.overrun > 0)
        cluster.heal()
        let time = cluster.timeToAgree(atMost: .seconds(5))
        #expect(time != nil)
    }
}
