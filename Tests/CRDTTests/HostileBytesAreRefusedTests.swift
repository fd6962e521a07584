import CairnBasics
import CairnCRDT
import Testing

/// A state with something of everything, an embryo and a gap in its context included.
private func richLattice() -> Lattice {
    var site = Site(1)
    var random = SeededRandom(seed: 11)
    for _ in 0..<60 { site.editAtRandom(&random) }
    var lattice = site.lattice
    var other = Site(2)
    let id = other.create()
    other.delete(other.create())
    other.insert(id, .text("waits"))
    other.put(id, "waits", .integer(1))
    for delta in other.journal.dropFirst(2) { lattice.join(delta) }
    return lattice
}

/// Reads bytes from a hostile peer and, if they are a lattice, does with it what a server does.
private func handle(_ bytes: [UInt8], joiningInto home: Lattice) {
    guard let forged = decodeLattice(bytes) else { return }
    if forged.encoded() != bytes { Issue.record("read bytes that are not canonical: \(bytes)") }
    var joined = home
    let changed = joined.join(forged)
    if joined.join(forged) != [] { Issue.record("joining \(forged) twice changed something") }
    for id in changed {
        _ = joined[id]?[.counter]?.counter?.value
        _ = joined[id]?[.set]?.set?.elements
        _ = joined[id]?[.map]?.map?.keys
        _ = joined.restricted(to: id).digest
    }
}

@Suite struct HostileBytesAreRefusedTests {
    @Test func everyTruncationIsRefused() {
        let bytes = richLattice().encoded()
        #expect(decodeLattice(bytes) != nil)
        for count in bytes.indices where decodeLattice(Array(bytes[..<count])) != nil {
            Issue.record("\(count) of \(bytes.count) bytes were taken for a lattice")
        }
        #expect(decodeLattice(bytes + [0]) == nil, "trailing bytes are no part of a lattice")
    }

    @Test func everySingleBitFlipIsRefusedOrIsAnotherCanonicalLattice() {
        let lattice = richLattice()
        let bytes = lattice.encoded()
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            #expect(decodeLattice(flipped) != lattice, "bit \(bit)")
            handle(flipped, joiningInto: lattice)
        }
    }

    @Test(arguments: UInt64(0)..<16)
    func randomAndSplicedBytesNeverTrap(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let lattice = richLattice()
        let bytes = lattice.encoded()
        for _ in 0..<400 * releaseFactor {
            let length = random.draw(80)
            // Small numbers get further into the structure than even ones.
            let ceiling = random.choose([3, 8, 256])
            let noise = (0..<length).map { _ in UInt8(random.draw(ceiling)) }
            handle(noise, joiningInto: lattice)
            let cut = random.draw(bytes.count)
            handle(Array(bytes[..<cut]) + noise, joiningInto: lattice)
            var mutated = bytes
            for _ in 0..<random.draw(4) + 1 {
                mutated[random.draw(bytes.count)] = UInt8(random.draw(ceiling))
            }
            handle(mutated, joiningInto: lattice)
        }
    }

    @Test func countsFarBeyondTheBytesAreRefusedWithoutAllocating() {
        let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
        // As the number of replicas, of ranges, of rows.
        #expect(decodeLattice(huge) == nil)
        #expect(decodeLattice([1, 0] + huge) == nil)
        #expect(decodeLattice([0] + huge) == nil)
    }

    @Test func aLifeThatTheContextDoesNotKnowIsRefused() throws {
        var site = Site(1)
        _ = site.create()
        let bytes = site.lattice.encoded()
        // An empty context in place of one replica with one range.
        #expect(bytes[0] == 1)
        let contextSize = try site.lattice.context.bytes().count
        #expect(decodeLattice([0] + bytes[contextSize...]) == nil)
    }

    @Test func membersOutOfOrderOrTwiceOrOutsideTheContextAreRefused() throws {
        // A set: one replica, 1, of which dots 1 and 2 have been seen; then two members.
        let seen: [UInt8] = [2, 1, 1, 0, 0, 1, 2]
        let (no, yes, unseen): ([UInt8], [UInt8], [UInt8]) = ([0, 1, 0], [0, 2, 1], [0, 3, 1])
        let set = try FieldState(bytes: seen + no + yes)
        #expect(set.set?.elements == [.boolean(false), .boolean(true)])
        for members in [yes + no, no + no, no + unseen, no + [1] + yes.dropFirst()] {
            #expect(throws: CodecError.malformed) { try FieldState(bytes: seen + members) }
        }
        // A set that has seen nothing is no field at all.
        #expect(throws: CodecError.malformed) { try FieldState(bytes: [2, 0, 0]) }
    }

    @Test func talliesOutOfOrderOrTwiceOrOfNothingAreRefused() throws {
        let (small, large): ([UInt8], [UInt8]) = ([1, 0, 0, 0, 5, 0], [2, 0, 0, 0, 0, 3])
        #expect(try FieldState(bytes: [1, 2] + small + large).counter?.value == 2)
        let nothing: [UInt8] = [3, 0, 0, 0, 0, 0]
        for tallies in [large + small, small + small, small + nothing] {
            #expect(throws: CodecError.malformed) { try FieldState(bytes: [1, 2] + tallies) }
        }
        #expect(throws: CodecError.malformed) { try FieldState(bytes: [1, 0]) }
    }

    @Test func aPeerThatUsesUpThisReplicasNumbersStopsItsInsertionsOnly() throws {
        var site = Site(1)
        let id = site.create()
        site.insert(id, .boolean(true))
        site.put(id, "key", .boolean(true))
        let replica = site.author.replica
        let claims = try encodeBytes(capacity: 64) { (writer) throws(CodecError) in
            try writer.putVarint(1)
            try writer.putVarint(UInt64(replica.raw))
            try writer.putVarint(0)
            try writer.putVarint(UInt64(UInt32.max) - 1)
            try writer.putVarint(0)
        }
        let forged = try encodeBytes(capacity: 256) { (writer) throws(CodecError) in
            // No context, one embryo with two fields that have seen the last number there is.
            try writer.putVarint(0)
            try writer.putVarint(1)
            try writer.putVarint(id.raw)
            try writer.putVarint(2 << 1)
            for (gap, tag) in [(7, 2), (292, 3)] as [(UInt64, UInt8)] {
                try writer.putVarint(gap)
                try writer.put(tag)
                try writer.putBytes(claims.rawBytes)
                try writer.putVarint(0)
            }
        }
        site.receive(try Lattice(encoded: forged))
        site.insert(id, .boolean(false))
        site.put(id, "other", .boolean(false))
        #expect(site.lattice[id]?[.set]?.set?.elements == [.boolean(true)])
        #expect(site.lattice[id]?[.map]?.map?.keys == ["key"])
        site.remove(id, .boolean(true))
        #expect(site.lattice[id]?[.set]?.set?.count == 0)
    }
}
