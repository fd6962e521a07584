import CairnBasics
import CairnCRDT
import Testing

@testable import CairnPeers

/// Whatever a peer does, or however long it stays away, what is kept for it ends somewhere.
@Suite struct EverythingHasACapTests {
    private let now = Instant.zero

    private func message(_ message: PeerMessage, boot: UInt32 = 1) -> [UInt8] {
        message.encoded(PeerHeader(from: 2, to: 1, fromBoot: boot, toBoot: 1, world: 7)) ?? []
    }

    @Test func deltasForASilentPeerAreCappedInNumber() {
        var cluster = Cluster(nodes: 2, seed: 1)
        cluster.cutOff(2)
        let id = cluster.nodes[0].create(now: cluster.now)
        for turn in 0..<PeerLimits.recentDeltas + 300 {
            cluster.nodes[0].set(id, .integer(Int64(turn)), now: cluster.now)
            cluster.step()
        }
        #expect(cluster.nodes[0].group.recent.deltas.count == PeerLimits.recentDeltas)
        #expect(cluster.nodes[0].group.counters.overrun > 0)
    }

    @Test func deltasForASilentPeerAreCappedInBytes() {
        var cluster = Cluster(nodes: 2, seed: 2)
        cluster.cutOff(2)
        let id = cluster.nodes[0].create(now: cluster.now)
        for turn in 0..<200 {
            for key in 0..<12 {
                let text = Scalar.text("\(turn)" + String(repeating: "x", count: 3_900))
                let delta = cluster.nodes[0].author.put(
                    id, TestNode.map, key: "\(key)", text, in: cluster.nodes[0].lattice,
                    wallMilliseconds: cluster.nodes[0].wall(cluster.now))
                cluster.nodes[0].commit(delta)
            }
            cluster.step()
        }
        #expect(cluster.nodes[0].group.recent.byteCount <= PeerLimits.recentBytes)
        #expect(cluster.nodes[0].group.recent.byteCount > PeerLimits.recentBytes / 2)
    }

    @Test func datagramsThatNobodyFetchesAreCapped() {
        var group = TestNode(1, others: [2], now: now).group
        let body = [UInt8](repeating: 0, count: 60_000)
        for tick in 0..<200 { group.sendMotions(tick: UInt64(tick), body: body) }
        #expect(group.links[0].outboxBytes <= PeerLimits.outboxBytes)
        #expect(group.counters.dropped > 100)
    }

    @Test func noMessageIsLongerThanTheBusTakes() {
        var cluster = Cluster(nodes: 2, seed: 3)
        for _ in 0..<3_000 {
            let id = cluster.nodes[0].create(now: cluster.now)
            cluster.nodes[0].set(
                id, .text(String(repeating: "x", count: 100)), now: cluster.now)
        }
        cluster.nodes[0].tick(now: cluster.now)
        cluster.nodes[0].sync()
        cluster.nodes[0].tick(now: cluster.now)
        var count = 0
        while let datagram = cluster.nodes[0].group.poll() {
            #expect(datagram.bytes.count <= PeerLimits.messageByteCount)
            count += 1
        }
        #expect(count > 6)
        let long = [UInt8](repeating: 0, count: PeerLimits.messageByteCount + 1)
        cluster.nodes[0].receive(long, from: 2, now: cluster.now)
        #expect(cluster.nodes[0].group.counters.refusedBytes == 1)
    }

    @Test func sequencesFarAheadAreNotKept() {
        var node = TestNode(1, others: [2], now: now)
        node.receive(
            message(.delta(sequence: 1 << 40, base: 1, Lattice())), from: 2, now: now)
        #expect(node.group.counters.beyondReach == 1)
        let far = UInt64(PeerLimits.recentDeltas)
        node.receive(message(.delta(sequence: far, base: 1, Lattice())), from: 2, now: now)
        #expect(node.group.counters.beyondReach == 1)
        #expect(node.group.links[0].joined.words.count == PeerLimits.recentDeltas / 64)
    }

    @Test func acknowledgementsOfWhatWasNeverSentAreRefused() {
        var node = TestNode(1, others: [2], now: now)
        node.create(now: now)
        node.tick(now: now)
        var sequences = SequenceSet()
        sequences.advance(to: 50)
        node.receive(message(.acknowledgement(sequences)), from: 2, now: now)
        #expect(node.group.links[0].acknowledged.through == 0)
        #expect(node.group.counters.refusedBytes == 1)
    }

    @Test func statesAreSentWithinABudgetHoweverOftenTheyAreAskedFor() {
        var node = TestNode(1, others: [2], now: now)
        for _ in 0..<3_000 {
            let id = node.create(now: now)
            node.set(id, .text(String(repeating: "x", count: 200)), now: now)
        }
        node.tick(now: now)
        node.sync()
        while node.group.poll() != nil {}
        let question = message(
            .stretch(ids: EntityID(raw: 0)...EntityID(raw: .max), seen: CausalContext()))
        var bytes = 0
        for _ in 0..<50 {
            node.receive(question, from: 2, now: now)
            while let datagram = node.group.poll() { bytes += datagram.bytes.count }
        }
        #expect(bytes > PeerLimits.repairBurst / 2)
        #expect(bytes <= PeerLimits.repairBurst + PeerLimits.repairBurst / 8)
        #expect(node.group.counters.dropped > 0)
    }

    @Test func summariesAreAnsweredNoMoreOftenThanTheyAreMeantToCome() {
        var node = TestNode(1, others: [2], now: now)
        node.create(now: now)
        let summary = message(
            .summary(context: 1, buckets: [UInt64](repeating: 1, count: 256)))
        var answers = 0
        for _ in 0..<100 {
            node.receive(summary, from: 2, now: now)
            while node.group.poll() != nil { answers += 1 }
        }
        #expect(answers == 1)
    }

    @Test func asksAreHeardOnceEachAndSoManyASecond() {
        var node = TestNode(1, others: [2], now: now)
        let id = node.create(now: now)
        node.commit(node.author.grant(id, TestNode.rights, 1 << 30, in: node.lattice))
        for number in 1...UInt32(100) {
            let ask = PeerMessage.ask(
                number: number, RightsAsk(id: id, field: TestNode.rights, amount: 1))
            node.receive(message(ask), from: 2, now: now)
            node.receive(message(ask), from: 2, now: now)
        }
        #expect(node.group.counters.asksTaken == UInt64(PeerLimits.asksPerSecond))
        let peer = ReplicaID(node: 2, boot: 1)
        let handed = node.lattice[id]?[TestNode.rights]?.bounded?.rights(of: peer)
        #expect(handed == UInt64(PeerLimits.asksPerSecond))
    }

    @Test func aBootThatHasEndedIsNotHeardAnyMore() {
        var node = TestNode(1, others: [2], now: now)
        node.receive(message(.repair(Lattice()), boot: 5), from: 2, now: now)
        node.receive(message(.delta(sequence: 1, base: 1, Lattice()), boot: 4), from: 2, now: now)
        #expect(node.group.counters.refusedBoots == 1)
        #expect(node.group.links[0].joined.through == 0)
    }

    @Test func aSilentPeerIsAskedWithOneDeltaAtATime() {
        var cluster = Cluster(nodes: 2, seed: 4)
        cluster.cutOff(2)
        let id = cluster.nodes[0].create(now: cluster.now)
        for turn in 0..<200 {
            cluster.nodes[0].set(id, .integer(Int64(turn)), now: cluster.now)
            cluster.step()
        }
        let before = cluster.nodes[0].group.counters.resent
        cluster.run(for: .seconds(40))
        #expect(cluster.nodes[0].group.counters.resent - before <= 11)
        #expect(cluster.nodes[0].group.counters.resent > before)
    }
}
