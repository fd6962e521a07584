import CairnBasics
import CairnCRDT
import Testing

@Suite struct DraftsHappenWholeOrNotAtAllTests {
    @Test func anAbandonedDraftLeavesNoTrace() {
        var site = Site(1)
        let id = site.create()
        site.insert(id, .integer(1))
        site.add(id, 5)
        let before = site.lattice
        var draft = site.author.draft(touching: [id], in: site.lattice)
        draft.add(site.author.insert(id, .set, .integer(2), in: draft.lattice))
        draft.add(site.author.add(id, .counter, 7, in: draft.lattice))
        draft.add(site.author.create(kind: KindID(1), owner: 0, wallMilliseconds: 9).1)
        site.author.abandon(draft)
        #expect(site.lattice == before)
        // The next edits go on as if nothing had been, and leave no hole in a context.
        site.insert(id, .integer(3))
        _ = site.create()
        #expect(site.lattice[id]?[.set]?.set?.elements == [.integer(1), .integer(3)])
        #expect(site.lattice[id]?[.counter]?.counter?.value == 5)
        let ids = site.lattice.context
        #expect(ids.dotCount == UInt64(ids.lastCounter(of: site.author.replica)))
    }

    @Test func aDraftThatIsJoinedIsOneDelta() {
        var site = Site(1)
        var other = Site(2)
        let id = site.create()
        other.lattice.join(site.lattice)
        var draft = site.author.draft(touching: [id], in: site.lattice)
        for number in 1...3 as ClosedRange<Int64> {
            draft.add(site.author.insert(id, .set, .integer(number), in: draft.lattice))
            draft.add(site.author.add(id, .counter, number, in: draft.lattice))
        }
        draft.add(site.author.remove(id, .set, .integer(2), in: draft.lattice))
        #expect(site.lattice[id]?[.set] == nil, "a draft is not the world yet")
        site.lattice.join(draft.delta)
        other.lattice.join(draft.delta)
        #expect(other.lattice == site.lattice)
        #expect(site.lattice[id]?[.set]?.set?.elements == [.integer(1), .integer(3)])
        #expect(site.lattice[id]?[.counter]?.counter?.value == 6)
    }

    @Test func aDraftOfOneEntityMayFollowAnEditOfAnother() {
        var site = Site(1)
        let first = site.create()
        let second = site.create()
        site.insert(first, .integer(1))
        var draft = site.author.draft(touching: [second], in: site.lattice)
        draft.add(site.author.insert(second, .set, .integer(2), in: draft.lattice))
        site.lattice.join(draft.delta)
        #expect(site.lattice[second]?[.set]?.set?.elements == [.integer(2)])
    }

    @Test func whatIsStoredIsMeasuredNearItsEncoding() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<200 {
            var site = Site(1)
            let id = site.create()
            for _ in 0..<random.below(30) {
                let text = String(repeating: "x", count: Int(random.below(60)))
                switch random.below(4) {
                case 0: site.insert(id, .text(text))
                case 1: site.set(id, .text(text))
                case 2: site.add(id, Int64(random.below(9)))
                default: site.put(id, "k\(random.below(9))", .text(text))
                }
            }
            for field in site.lattice[id]?.fields ?? [] {
                let encoded = try encodeBytes(capacity: 1 << 16) { (writer) throws(CodecError) in
                    try field.state.encode(into: &writer)
                }
                let measured = field.state.storedByteCount
                #expect(measured * 3 >= encoded.count && measured <= encoded.count * 3 + 40)
            }
        }
    }
}
