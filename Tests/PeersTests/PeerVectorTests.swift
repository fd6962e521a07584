import CairnBasics
import CairnCRDT
import Testing
import VectorKit

@testable import CairnPeers

/// The bytes of protocol/PEERS.md, for whoever writes another node.
@Suite struct PeerVectorTests {
    @Test func messagesHaveTheBytesOfTheStandard() throws {
        let replica = ReplicaID(node: 2, boot: 3)
        var author = Author(replica: replica, clock: HybridClock(replica: replica))
        var (id, lattice) = author.create(
            kind: KindID(4), owner: 5, wallMilliseconds: 1_700_000_000_000)
        lattice.join(
            author.set(id, FieldID(1), .text("Ada"), wallMilliseconds: 1_700_000_000_001))
        let header = PeerHeader(
            from: 2, to: 1, fromBoot: 3, toBoot: 9, world: 0x1122_3344_5566_7788)
        var sequences = SequenceSet()
        for sequence in [1, 2, 3, 5, 70] as [UInt64] { sequences.insert(sequence) }
        var digests = EntityDigests()
        digests.note([id], lattice: lattice)
        digests.refresh(lattice)
        let ids = EntityID(raw: 0)...EntityID(raw: .max)
        let bucket = EntityDigests.bucket(of: id)
        let messages: [(String, PeerMessage)] = [
            ("delta 300 from 298", .delta(sequence: 300, base: 298, lattice)),
            ("acknowledgement 1 2 3 5 70", .acknowledgement(sequences)),
            (
                "summary",
                .summary(
                    context: lattice.context.digest.value, buckets: digests.buckets.map(\.sum))
            ),
            ("stretch", .stretch(ids: ids, seen: lattice.context)),
            (
                "lists",
                .lists([
                    BucketList(
                        bucket: UInt8(bucket), ids: ids, entries: digests.buckets[bucket].entries)
                ])
            ),
            ("repair", .repair(lattice)),
            ("motions tick 400", .motions(tick: 400, body: [1, 2, 3])),
            (
                "ask 6: 77 of field 8",
                .ask(number: 6, RightsAsk(id: id, field: FieldID(8), amount: 77))
            ),
        ]
        var fields = ["lattice": hex(lattice.encoded())]
        for (name, message) in messages {
            fields[name] = hex(try #require(message.encoded(header)))
        }
        try check(fields, againstVectors: "peers")
    }
}
