import CairnBasics
import CairnCRDT

extension Scalar {
    /// A canonical scalar out of few, so that different sites often choose the same.
    static func random(_ random: inout SeededRandom) -> Scalar {
        switch random.draw(7) {
        case 0: .boolean(random.oneIn(2))
        case 1: .integer(random.choose([-1, 0, 1]))
        case 2: .real(random.choose([-1.5, 0, 2.5]))
        case 3: .text(random.choose(["", "door", "é", "e\u{301}"]))
        case 4: .entity(EntityID(raw: UInt64(random.draw(3)) << 32 | 1))
        case 5: .bytes([UInt8](repeating: 7, count: random.draw(4)))
        default: .integer(random.choose([.min, .max]))
        }
    }
}

extension Site {
    /// Makes one edit of any sort, mostly of entities that live.
    mutating func editAtRandom(_ random: inout SeededRandom) {
        let living = lattice.sortedIDs
        if living.isEmpty || random.oneIn(8) {
            _ = create(kind: UInt16(random.draw(4)), owner: UInt64(random.draw(3)))
            return
        }
        if random.oneIn(3) { wall += UInt64(random.draw(20)) }
        let id = random.choose(living)
        if random.oneIn(12) { delete(id) } else { editField(of: id, &random) }
    }

    private mutating func editField(of id: EntityID, _ random: inout SeededRandom) {
        let value = Scalar.random(&random)
        let elements = lattice[id]?[.set]?.set?.elements ?? []
        let key = random.choose(["a", "b", "ä"])
        switch random.draw(20) {
        case 0: set(id, value)
        case 1: add(id, Int64(random.draw(9)) - 4)
        case 2, 3: insert(id, value)
        case 4: remove(id, random.choose(elements + [value]))
        case 5, 6: put(id, key, value)
        case 7: removeKey(id, key)
        case 8: set(id, value, in: .disputed)
        case 9: insert(id, value, in: .disputed)
        case 10: raise(id, to: Int64(random.draw(20)) - 10)
        case 11: lower(id, to: Int64(random.draw(20)) - 10)
        case 12, 13: write(id, value)
        case 14, 15: grant(id, UInt64(random.draw(9)))
        case 16: spend(id, UInt64(random.draw(6)))
        case 17:
            transfer(
                id, UInt64(random.draw(4)),
                to: ReplicaID(node: UInt8(1 + random.draw(4)), boot: 1))
        default: attach(id, to: random.choose(lattice.sortedIDs + [nil]))
        }
    }
}

/// Everything that a run of sites which hear of each other by chance has made: the states on the
/// way and the deltas.
///
/// With `impostor`, two sites share one replica id and so make the same dots, stamps and ids for
/// different things: what an honest world never does, and a faulty or hostile one may.
func randomHistory(seed: UInt64, edits: Int, impostor: Bool = false) -> [Lattice] {
    var random = SeededRandom(seed: seed)
    var sites = [Site(1), Site(2), Site(impostor ? 2 : 3)]
    var history: [Lattice] = [Lattice()]
    for _ in 0..<edits {
        let site = random.draw(3)
        sites[site].editAtRandom(&random)
        if let made = sites[site].journal.last { history.append(made) }
        if random.oneIn(2) { sites[random.draw(3)].receive(random.choose(history)) }
        if random.oneIn(4) { history.append(sites[site].lattice) }
    }
    return history
}
