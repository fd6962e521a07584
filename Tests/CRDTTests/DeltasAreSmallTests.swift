import CairnBasics
import CairnCRDT
import Testing

@Suite struct DeltasAreSmallTests {
    /// A batch of edits must be little longer than what it says: for each its entity (8 bytes),
    /// its field (2), its stamp (12) and the value itself.
    private static let mostOverhead = 1.15

    /// Encoded bytes by payload bytes of 1,000 edits, of one entity in so many.
    private func overhead(oneIn spacing: UInt32, _ value: (Int) -> (Scalar, byteCount: Int))
        -> Double
    {
        let replica = ReplicaID(node: 1, boot: 1)
        var author = Site(2).author
        var batch = Lattice()
        var payload = 0
        for edit in 0..<1_000 {
            let id = EntityID(replica: replica, number: 1 + UInt32(edit) * spacing)
            let (scalar, byteCount) = value(edit)
            batch.join(author.set(id, .register, scalar, wallMilliseconds: 1_700_000_000_000))
            payload += 8 + 2 + 12 + byteCount
        }
        return Double(batch.encoded().count) / Double(payload)
    }

    @Test(arguments: [UInt32(1), 1_000, 1_000_000])
    func aBatchOfEditsIsLittleLongerThanWhatItSays(spacing: UInt32) {
        let ratios = [
            overhead(oneIn: spacing) { edit in (.boolean(edit % 2 == 0), 1) },
            overhead(oneIn: spacing) { edit in (.integer(Int64(edit) << 40), 8) },
            overhead(oneIn: spacing) { edit in (.real(Double(edit)), 8) },
            overhead(oneIn: spacing) { edit in
                (.text(String(repeating: "x", count: edit % 40)), edit % 40)
            },
        ]
        for ratio in ratios { #expect(ratio <= Self.mostOverhead, "of \(ratios)") }
    }
}

@Suite struct FieldsAreCutIntoPartsTests {
    /// Deltas of a field that are cut small, and together the whole in any order.
    private func expectParts(_ whole: FieldState, atLeast count: Int) throws {
        var random = SeededRandom(seed: 1)
        for limit in [64, 100, 400] {
            let parts = whole.parts(ofAtMost: limit)
            for part in parts { #expect(try part.bytes().count <= limit) }
            #expect(limit > 64 || parts.count >= count)
            var joined: FieldState?
            for part in (parts + parts).shuffled(using: &random) {
                if joined?.join(part) == nil { joined = part }
            }
            #expect(joined == whole)
        }
    }

    @Test func aBoundedCounterThatManyHaveRightsIn() throws {
        var site = Site(1)
        let id = site.create()
        site.grant(id, 1_000)
        for node in UInt8(2)...60 {
            site.transfer(id, 7, to: ReplicaID(node: node, boot: 1))
            var other = Site(node)
            other.receive(site.lattice)
            other.grant(id, UInt64(node))
            other.spend(id, 9)
            site.receive(other.lattice)
        }
        let whole = try #require(site.lattice[id]?[.bounded])
        try expectParts(whole, atLeast: 40)
    }

    @Test func aRegisterThatManyWroteConcurrently() throws {
        var sites = (UInt8(1)...40).map { Site($0) }
        let id = sites[0].create()
        for site in sites.indices.dropFirst() { sites[site].receive(sites[0].lattice) }
        var all = sites[0].lattice
        for site in sites.indices {
            for value in 0..<3 { sites[site].write(id, .integer(Int64(site * 10 + value))) }
            all.join(sites[site].lattice)
        }
        let whole = try #require(all[id]?[.multiValue])
        #expect(whole.multiValue?.values.count == 40)
        try expectParts(whole, atLeast: 10)
    }
}
