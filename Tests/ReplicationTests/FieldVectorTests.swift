import CairnBasics
import CairnCRDT
import Testing
import VectorKit

/// The field types that `world-lattice` has nothing of, as `protocol/vectors` has them.
@Suite struct FieldVectorTests {
    @Test func fieldsMatchTheirVectors() throws {
        try check(try fieldVectors(), againstVectors: "world-fields")
    }
}

private enum Field {
    static let maximum = FieldID(1)
    static let minimum = FieldID(2)
    static let multiValue = FieldID(3)
    static let bounded = FieldID(4)
    static let attachment = FieldID(5)
}

/// Two replicas that edit the same state without knowing of each other.
private func fieldVectors() throws -> [String: String] {
    let (one, two) = (ReplicaID(node: 1, boot: 1), ReplicaID(node: 2, boot: 1))
    var first = Author(replica: one, clock: HybridClock(replica: one))
    var second = Author(replica: two, clock: HybridClock(replica: two))
    var base = Lattice()
    var ids: [EntityID] = []
    for milliseconds: UInt64 in 1_000..<1_004 {
        let (id, creation) = first.create(
            kind: KindID(4), owner: 0, wallMilliseconds: milliseconds)
        base.join(creation)
        ids.append(id)
    }
    let (lamp, post, cart, rope) = (ids[0], ids[1], ids[2], ids[3])
    base.join(first.write(lamp, Field.multiValue, .text("old"), in: base))
    base.join(first.grant(lamp, Field.bounded, 10, in: base))

    var mine = base
    mine.join(first.raise(lamp, Field.maximum, to: -5, in: mine))
    mine.join(first.lower(lamp, Field.minimum, to: -300, in: mine))
    mine.join(first.write(lamp, Field.multiValue, .text("a"), in: mine))
    let spending = first.spend(lamp, Field.bounded, 2, in: mine)
    mine.join(try #require(spending))
    let transfer = first.transfer(lamp, Field.bounded, 3, to: two, in: mine)
    mine.join(try #require(transfer))
    for (child, parent) in [(lamp, post), (cart, post), (rope, lamp)] {
        let delta = first.attach(
            child, Field.attachment, to: parent, in: mine, wallMilliseconds: 2_000)
        mine.join(try #require(delta))
    }

    var theirs = base
    theirs.join(second.raise(lamp, Field.maximum, to: 70, in: theirs))
    theirs.join(second.lower(lamp, Field.minimum, to: 4, in: theirs))
    theirs.join(second.write(lamp, Field.multiValue, .integer(1), in: theirs))
    theirs.join(second.grant(lamp, Field.bounded, 400, in: theirs))
    let otherSpending = second.spend(lamp, Field.bounded, 1, in: theirs)
    theirs.join(try #require(otherSpending))
    for (child, parent) in [(post, lamp), (cart, nil)] {
        let delta = second.attach(
            child, Field.attachment, to: parent, in: theirs, wallMilliseconds: 2_001)
        theirs.join(try #require(delta))
    }

    var joined = mine
    joined.join(theirs)
    let parents = ids.map { id in
        "\(id.words) on \(joined.parent(of: id, Field.attachment)?.words ?? "nothing")"
    }
    return [
        "base": hex(base.encoded()), "first": hex(mine.encoded()),
        "second": hex(theirs.encoded()), "joined": hex(joined.encoded()),
        "joined in words": ids.map { words(of: $0, in: joined) }.joined(separator: "\n"),
        "parents in joined": parents.joined(separator: "\n"),
        "rights in joined": [one, two].map { replica in
            let counter = joined[lamp]?[Field.bounded]?.bounded
            return "\(replica.raw) may spend \(counter?.rights(of: replica) ?? 0)"
        }.joined(separator: "\n"),
    ]
}
