import CairnBasics
import CairnCRDT
import Testing

@testable import CairnPeers

/// What a crash may lose, and what it must not: nobody ever heard of what the disk had not.
@Suite struct RightsAndCrashesTests {
    @Test func nobodyHasHeardOfWhatACrashLost() {
        var cluster = Cluster(nodes: 3, seed: 1)
        cluster.run(for: .seconds(1))
        cluster.nodes[0].writes = false
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.nodes[0].set(id, .integer(7), now: cluster.now)
        cluster.run(for: .seconds(3))
        cluster.crash(0)
        // The new boot makes no id twice.
        let other = cluster.nodes[0].create(now: cluster.now)
        #expect(other != id)
        #expect(cluster.timeToAgree(atMost: .seconds(3)) != nil)
        for node in cluster.nodes {
            #expect(!node.lattice.contains(id) && node.lattice.contains(other))
        }
    }

    @Test func whatTheDiskHasComesBackFromThePeersWhenTheDiskIsOld() {
        var cluster = Cluster(nodes: 3, seed: 1)
        cluster.run(for: .seconds(1))
        let backup = cluster.nodes[0].disk
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.run(for: .seconds(1))
        cluster.nodes[0].disk = backup
        cluster.crash(0)
        #expect(!cluster.nodes[0].lattice.contains(id))
        #expect(cluster.timeToAgree(atMost: .seconds(3)) != nil)
        #expect(cluster.nodes[0].lattice.contains(id))
    }

    @Test func nobodyHearsOfAnEditBeforeTheDiskHasIt() {
        var cluster = Cluster(nodes: 2, seed: 2)
        let id = cluster.nodes[0].create(now: cluster.now)
        let grant = cluster.nodes[0].author.grant(
            id, TestNode.rights, 10, in: cluster.nodes[0].lattice)
        cluster.nodes[0].commit(grant)
        cluster.run(for: .seconds(1))
        cluster.nodes[0].writes = false
        let spending = cluster.nodes[0].author.spend(
            id, TestNode.rights, 4, in: cluster.nodes[0].lattice)
        cluster.nodes[0].commit(spending ?? Lattice())
        // Neither as a delta nor by comparing.
        cluster.nodes[0].set(id, .integer(1), now: cluster.now)
        cluster.run(for: .seconds(3))
        #expect(cluster.nodes[1].lattice[id]?.latest(TestNode.register) == nil)
        #expect(cluster.nodes[1].lattice[id]?[TestNode.rights]?.bounded?.aboveBound == 10)
        cluster.nodes[0].sync()
        cluster.run(for: .seconds(1))
        #expect(cluster.nodes[1].lattice[id]?.latest(TestNode.register) == .integer(1))
        #expect(cluster.nodes[1].lattice[id]?[TestNode.rights]?.bounded?.aboveBound == 6)
    }

    @Test func whoIsShortOfRightsGetsHalfOfThoseOfTheRichest() {
        var cluster = Cluster(nodes: 3, seed: 3)
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.nodes[0].commit(
            cluster.nodes[0].author.grant(
                id, TestNode.rights, 100, in: cluster.nodes[0].lattice))
        cluster.run(for: .seconds(1))
        let ask = RightsAsk(id: id, field: TestNode.rights, amount: 1_000)
        let node = cluster.nodes[2]
        let isAsked = cluster.nodes[2].group.askForRights(
            ask, lattice: node.lattice, now: cluster.now)
        #expect(isAsked)
        cluster.run(for: .seconds(1))
        let counter = cluster.nodes[2].lattice[id]?[TestNode.rights]?.bounded
        #expect(counter?.rights(of: node.author.replica) == 50)
        #expect(counter?.aboveBound == 100)
    }

    @Test(arguments: 1...12)
    func threeNodesWithCutsAndCrashesNeverOverdraw(seed: Int) throws {
        var cluster = Cluster(nodes: 3, seed: UInt64(seed), faults: .bad)
        let id = cluster.nodes[0].create(now: cluster.now)
        cluster.run(for: .seconds(4))
        var granted: UInt64 = 0
        for turn in 0..<600 {
            if turn % 100 == 40 { cluster.cutOff(UInt8(1 + (turn / 100 + seed) % 3)) }
            if turn % 100 == 90 { cluster.cuts = [] }
            if turn % 150 == 149 { cluster.crash((turn / 150 + seed) % 3) }
            for index in 0..<3 where cluster.random.below(4) == 0 {
                if index == 0, cluster.random.below(3) == 0 {
                    grant(7, to: id, by: index, in: &cluster)
                    granted += 7
                } else {
                    spend(UInt64(1 + cluster.random.below(4)), of: id, by: index, in: &cluster)
                }
            }
            cluster.step()
        }
        cluster.heal()
        let time = cluster.timeToAgree(atMost: .seconds(6))
        #expect(time != nil)
        let accounts = try accounts(of: id, in: cluster.nodes[0].lattice)
        let grants = accounts.reduce(0) { $0 + $1.granted }
        let spendings = accounts.reduce(0) { $0 + $1.spent }
        #expect(spendings <= grants, "overdrawn")
        #expect(grants <= granted)
        #expect(spendings > 20)
        #expect(accounts.filter { $0.spent > 0 }.count > 2, "rights went nowhere")
    }

    /// What every replica has granted and spent, read from the bytes: the value itself never reads
    /// below the bound.
    private func accounts(
        of id: EntityID, in lattice: Lattice
    ) throws -> [(granted: UInt64, spent: UInt64)] {
        let state = try #require(lattice[id]?[TestNode.rights])
        let bytes = try encodeBytes(capacity: 65_536) { (writer) throws(CodecError) in
            try state.encode(into: &writer)
        }
        var reader = ByteReader(bytes.rawBytes)
        var accounts: [(granted: UInt64, spent: UInt64)] = []
        _ = try reader.get(UInt8.self)
        for _ in 0..<(try reader.getVarint()) {
            _ = try reader.get(UInt32.self)
            accounts.append((try reader.getVarint(), try reader.getVarint()))
            for _ in 0..<(try reader.getVarint()) {
                _ = try reader.get(UInt32.self)
                _ = try reader.getVarint()
            }
        }
        return accounts
    }

    private func grant(
        _ amount: UInt64, to id: EntityID, by index: Int, in cluster: inout Cluster
    ) {
        let lattice = cluster.nodes[index].lattice
        cluster.nodes[index].commit(
            cluster.nodes[index].author.grant(id, TestNode.rights, amount, in: lattice))
    }

    /// Spends what there is, after taking over what earlier boots left; asks where that is too little.
    private func spend(
        _ amount: UInt64, of id: EntityID, by index: Int, in cluster: inout Cluster
    ) {
        guard cluster.nodes[index].lattice.contains(id) else { return }
        cluster.nodes[index].commit(
            cluster.nodes[index].author.inherit(
                id, TestNode.rights, in: cluster.nodes[index].lattice))
        let lattice = cluster.nodes[index].lattice
        if let delta = cluster.nodes[index].author.spend(id, TestNode.rights, amount, in: lattice) {
            cluster.nodes[index].commit(delta)
        } else {
            let ask = RightsAsk(id: id, field: TestNode.rights, amount: amount)
            cluster.nodes[index].group.askForRights(ask, lattice: lattice, now: cluster.now)
        }
    }
}
