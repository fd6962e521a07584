import CairnBasics
import CairnCRDT
import Testing

@testable import CairnPeers

/// Whoever owns the bus can send anything; what is not a whole message of a peer changes nothing.
@Suite struct HostileBytesTests {
    /// Real messages of every kind, from node 2 to node 1.
    private func messages() -> [[UInt8]] {
        var node = TestNode(2, others: [1], now: .zero)
        var random = SeededRandom(seed: 8)
        for _ in 0..<24 { node.edit(&random, now: .zero) }
        var sequences = SequenceSet()
        for sequence in [1, 2, 5, 9] as [UInt64] { sequences.insert(sequence) }
        let ids = EntityID(raw: 0)...EntityID(raw: .max)
        let header = PeerHeader(from: 2, to: 1, fromBoot: 1, toBoot: 1, world: 7)
        let id = node.entities[0]
        let messages: [PeerMessage] = [
            .delta(sequence: 3, base: 1, node.lattice), .acknowledgement(sequences),
            .summary(context: 1, buckets: [UInt64](repeating: 2, count: 256)),
            .stretch(ids: ids, seen: node.lattice.context),
            .lists([
                BucketList(
                    bucket: UInt8(EntityDigests.bucket(of: id)), ids: ids,
                    entries: [BucketList.Entry(id: id, digest: 5)])
            ]),
            .repair(node.lattice), .motions(tick: 7, body: [1, 2, 3]),
            .ask(number: 1, RightsAsk(id: id, field: TestNode.rights, amount: 4)),
        ]
        return messages.compactMap { $0.encoded(header) }
    }

    /// A message with its checksum made right again, as an attacker would.
    private func signed(_ content: [UInt8]) -> [UInt8] {
        var digest = StateDigest()
        digest.combine(content.rawBytes)
        return content + (0..<8).map { UInt8(truncatingIfNeeded: digest.value >> UInt64(8 * $0)) }
    }

    @Test func everyMessageIsReadAsItWasWritten() throws {
        for bytes in messages() {
            let (header, message) = try PeerMessage.read(bytes.rawBytes)
            #expect(message.encoded(header) == bytes)
        }
        #expect(messages().count == 8)
    }

    @Test func damagedAndInventedMessagesChangeNothingAndAreCounted() {
        var node = TestNode(1, others: [2], now: .zero)
        let id = node.create(now: .zero)
        var random = SeededRandom(seed: 1)
        let good = messages()
        let before = node.lattice
        var sent: UInt64 = 0
        for _ in 0..<100_000 {
            var bytes: [UInt8]
            if random.below(4) == 0 {
                bytes = (0..<random.below(80)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            } else {
                bytes = good[Int(random.below(UInt32(good.count)))]
                for _ in 0...random.below(3) {
                    let place = Int(random.below(UInt32(bytes.count)))
                    bytes[place] ^= UInt8(1 + random.below(255))
                }
                if random.below(4) == 0 { bytes.removeLast(Int(random.below(UInt32(bytes.count)))) }
            }
            if good.contains(bytes) { continue }
            sent += 1
            node.receive(bytes, from: 2, now: .zero)
        }
        #expect(node.lattice == before)
        #expect(node.lattice.contains(id))
        #expect(node.group.counters.refusedBytes == sent)
        #expect(node.group.links[0].boot == 0)
        #expect(node.group.poll() == nil)
    }

    /// With a right checksum they are read; then nothing may trap, and what is kept has its cap.
    @Test func inventedBodiesWithARightChecksumNeverTrapAndAreBounded() {
        var node = TestNode(1, others: [2], now: .zero)
        var random = SeededRandom(seed: 2)
        for _ in 0..<40 { node.edit(&random, now: .zero) }
        let good = messages().map { Array($0.dropLast(8)) }
        var now = Instant.zero
        var longest = 0
        for _ in 0..<100_000 {
            now = now + .milliseconds(1)
            var bytes = good[Int(random.below(UInt32(good.count)))]
            for _ in 0...random.below(3) {
                let place = 20 + Int(random.below(UInt32(max(1, bytes.count - 20))))
                if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
            }
            node.receive(signed(bytes), from: 2, now: now)
            longest = max(longest, node.group.links[0].outboxBytes)
        }
        #expect(longest <= PeerLimits.outboxBytes)
        #expect(node.group.counters.refusedBytes > 10_000)
        // What was refused for its author or its clock has not touched what this node wrote.
        let own = node.lattice.context.lastCounter(of: node.author.replica)
        let (id, _) = node.author.create(
            kind: KindID(1), owner: 0, wallMilliseconds: node.wall(now))
        #expect(id.number == own + 1)
    }

    @Test func messagesForOthersOfOthersAndOfOtherWorldsAreRefused() {
        let lattice = Lattice()
        let right = PeerHeader(from: 2, to: 1, fromBoot: 1, toBoot: 1, world: 7)
        var wrong = [right, right, right, right, right]
        wrong[0].to = 3
        wrong[1].from = 3
        wrong[2].world = 8
        wrong[3].fromBoot = 0
        wrong[4].fromBoot = 1 << 24
        for header in wrong {
            var node = TestNode(1, others: [2, 3], now: .zero)
            node.receive(
                PeerMessage.repair(lattice).encoded(header) ?? [], from: 2, now: .zero)
            #expect(node.group.counters.refusedBytes == 1)
        }
        var node = TestNode(1, others: [2], now: .zero)
        node.receive(PeerMessage.repair(lattice).encoded(right) ?? [], from: 9, now: .zero)
        #expect(node.group.counters.refusedBytes == 1)
        node.receive(PeerMessage.repair(lattice).encoded(right) ?? [], from: 2, now: .zero)
        #expect(node.group.counters.messagesTaken == 1)
    }
}
