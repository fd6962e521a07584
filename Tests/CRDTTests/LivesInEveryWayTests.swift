// The life of one entity in every world of three sites and four operations, of which the first is its
// creation: at each step which site acts, which of the deltas it has not heard of it hears first, and
// what it does, to an entity that it may know of, not know of yet, or know to be deleted. Every set of
// delivered deltas, the creation among them or not, must be the same state in every order and
// repetition, and what that state says must follow from the history alone.

import CairnBasics
import CairnCRDT
import Testing

private enum Move: CaseIterable {
    case set, insert, remove, delete
}

/// Three sites, one entity, and the outcome of every set of deltas.
private struct LifeWorld {
    var sites = [Site(1), Site(2), Site(3)]
    let id: EntityID
    /// The first is the creation.
    var deltas: [Lattice]
    var deletions = 0
    /// What each site has joined, a bit per delta.
    var heard = [1, 0, 0]
    var outcomes: [Lattice]

    init() {
        id = sites[0].create()
        deltas = sites[0].journal
        outcomes = [Lattice(), deltas[0]]
    }

    /// False when there was nothing to do.
    mutating func play(_ move: Move, site: Int, hearing news: Int) -> Bool {
        for delta in deltas.indices where news >> delta & 1 == 1 {
            sites[site].receive(deltas[delta])
        }
        heard[site] |= news
        switch move {
        case .set: sites[site].set(id, .integer(Int64(deltas.count)))
        case .insert: sites[site].insert(id, .text("lamp"))
        case .remove: sites[site].remove(id, .text("lamp"))
        case .delete: sites[site].delete(id)
        }
        guard let delta = sites[site].journal.last, !delta.isEmpty else { return false }
        heard[site] |= 1 << deltas.count
        if move == .delete { deletions |= 1 << deltas.count }
        deltas.append(delta)
        for set in outcomes.indices {
            var state = outcomes[set]
            state.join(delta)
            outcomes.append(state)
        }
        return true
    }

    /// True when every set that has the last delta is one state, whatever came first or twice.
    var hasOneOutcomePerSet: Bool {
        for set in outcomes.count / 2..<outcomes.count {
            for delta in deltas.indices {
                var state = outcomes[set]
                state.join(deltas[delta])
                if state != outcomes[set | 1 << delta] { return false }
            }
        }
        return true
    }

    /// True when the entity is deleted wherever a deletion was heard of, lives where only the
    /// creation was, and waits where neither was.
    var livesAsItShould: Bool {
        outcomes.indices.allSatisfy { set in
            let state = outcomes[set]
            let isDeleted = set & deletions != 0
            let isCreated = set & 1 == 1
            return state.isDeleted(id) == isDeleted
                && state.contains(id) == (isCreated && !isDeleted)
                && state.entityCount == (isCreated && !isDeleted ? 1 : 0)
                && state.embryoCount == (isCreated || isDeleted || set == 0 ? 0 : 1)
        }
    }
}

/// Plays on in every way until there are `limit` deltas, and gives the number of worlds seen.
private func explore(from world: LifeWorld, upTo limit: Int) -> Int {
    if world.deltas.count == limit { return 0 }
    var worlds = 0
    let everything = (1 << world.deltas.count) - 1
    for site in 0..<3 {
        let unheard = everything & ~world.heard[site]
        for news in 0...everything where news & ~unheard == 0 {
            for move in Move.allCases {
                var next = world
                guard next.play(move, site: site, hearing: news) else { continue }
                worlds += 1
                if !next.hasOneOutcomePerSet || !next.livesAsItShould {
                    Issue.record("site \(site) heard \(news) and did \(move): \(next.deltas)")
                }
                worlds += explore(from: next, upTo: limit)
            }
        }
    }
    return worlds
}

@Suite struct LivesInEveryWayTests {
    @Test func anEntityLivesBetweenItsCreationAndAnyDeletionInEveryWorldOfFourOperations() {
        #expect(explore(from: LifeWorld(), upTo: 4) == 8_472)
    }
}
