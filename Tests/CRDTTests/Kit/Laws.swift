import CairnBasics
import CairnCRDT
import Testing

/// How many times more random cases a release build tries: it takes as long as debug does without.
#if DEBUG
    let releaseFactor = 1
#else
    let releaseFactor = 10
#endif

/// Checks the laws of a join-semilattice on triples drawn from `samples`.
///
/// `join` joins its second argument into its first and tells whether that changed it;
/// `comesBack` tells whether a state is what its encoding decodes to, and encodes so again.
func expectJoinLaws<State: Equatable>(
    _ samples: [State], triples: Int, seed: UInt64, comesBack: (State) -> Bool = { _ in true },
    _ join: (inout State, State) -> Bool
) {
    var random = SeededRandom(seed: seed)
    func draw() -> State { random.choose(samples) }
    func joined(_ left: State, _ right: State) -> State {
        var state = left
        let told = join(&state, right)
        if told != (state != left) { Issue.record("a join tells wrongly whether it changed") }
        return state
    }
    for _ in 0..<triples * releaseFactor {
        let (a, b, c) = (draw(), draw(), draw())
        let ab = joined(a, b)
        if joined(b, a) != ab { Issue.record("not commutative:\n\(a)\n\(b)") }
        if joined(ab, c) != joined(a, joined(b, c)) {
            Issue.record("not associative:\n\(a)\n\(b)\n\(c)")
        }
        if joined(a, a) != a { Issue.record("not idempotent: \(a)") }
        // Monotone: the join is above both sides, so joining either again changes nothing.
        if joined(ab, a) != ab || joined(ab, b) != ab { Issue.record("not monotone:\n\(a)\n\(b)") }
        if !comesBack(ab) { Issue.record("does not come back from its bytes: \(ab)") }
    }
}

/// Checks the laws on lattices, and that every join names exactly the entities it changed.
func expectLatticeLaws(_ samples: [Lattice], triples: Int, seed: UInt64) {
    let ids = Set(samples.flatMap(\.knownIDs)).sorted()
    expectJoinLaws(samples, triples: triples, seed: seed, comesBack: \.comesBack) { left, right in
        let before = left
        let changed = left.join(right)
        let differing = ids.filter { before[$0] != left[$0] }
        if changed != differing { Issue.record("changed are \(differing), not \(changed)") }
        if left.entityCount != ids.count(where: left.contains) {
            Issue.record("the count of entities is off")
        }
        return left != before
    }
}

extension Lattice {
    /// The ids that live or are embryos, as far as tests with few and small ids can have any.
    var knownIDs: [EntityID] {
        var ids: [EntityID] = []
        for node in UInt8(1)...4 {
            for number in UInt32(1)...60 {
                let id = EntityID(replica: ReplicaID(node: node, boot: 1), number: number)
                if self[id] != nil { ids.append(id) }
            }
        }
        return ids
    }
}
