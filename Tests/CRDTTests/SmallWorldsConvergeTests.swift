// Worlds so small that all of them can be tried. In every one, each set of delivered deltas has one
// state: delivering any delta to the state of a set gives the state of the set with it. By induction
// over deliveries that covers every order and every repetition, of any length.

import CairnBasics
import CairnCRDT
import Testing

/// One thing that a site of a small world may do to the one entity there is.
private enum Edit: CaseIterable {
    case set, add, insertFirst, insertSecond, removeFirst, putSame, putOwn, removeKey, delete
}

extension Site {
    fileprivate mutating func make(_ edit: Edit, on id: EntityID) {
        let mine = Scalar.integer(Int64(author.replica.raw))
        switch edit {
        case .set: set(id, mine)
        case .add: add(id, 5)
        case .insertFirst: insert(id, .text("first"))
        case .insertSecond: insert(id, .text("second"))
        case .removeFirst: remove(id, .text("first"))
        case .putSame: put(id, "key", .boolean(true))
        case .putOwn: put(id, "key", mine)
        case .removeKey: removeKey(id, "key")
        case .delete: delete(id)
        }
    }
}

/// Three sites that share one entity with something in each field.
private func smallWorld() -> (sites: [Site], id: EntityID) {
    var first = Site(1)
    let id = first.create()
    first.insert(id, .text("first"))
    first.put(id, "key", .integer(0))
    var sites = [first, Site(2), Site(3)]
    for site in 1...2 { sites[site].receive(first.lattice) }
    for site in 0...2 { sites[site].journal = [] }
    return (sites, id)
}

/// True when the deltas have one outcome on top of `start` in every order and repetition.
private func haveOneOutcome(_ deltas: [Lattice], on start: Lattice) -> Bool {
    // A bit per delta: `states[set]` joins the deltas of that set, the lowest first.
    var states = [start]
    for set in 1..<1 << deltas.count {
        let lowest = set.trailingZeroBitCount
        var state = states[set & (set - 1)]
        state.join(deltas[lowest])
        states.append(state)
    }
    for set in states.indices {
        for delta in deltas.indices {
            var state = states[set]
            state.join(deltas[delta])
            if state != states[set | 1 << delta] { return false }
        }
    }
    return true
}

@Suite struct SmallWorldsConvergeTests {
    @Test func threeEditsByThreeSitesThatSawAnyOfTheOthers() {
        var worlds = 0
        for first in Edit.allCases {
            for second in Edit.allCases {
                for third in Edit.allCases {
                    // Whether the second site saw the first, the third the first, the second.
                    for seen in 0..<8 {
                        var (sites, id) = smallWorld()
                        let start = sites[0].lattice
                        sites[0].make(first, on: id)
                        if seen & 1 != 0 { sites[1].receive(sites[0].journal[0]) }
                        sites[1].make(second, on: id)
                        if seen & 2 != 0 { sites[2].receive(sites[0].journal[0]) }
                        if seen & 4 != 0 { sites[2].receive(sites[1].journal[0]) }
                        sites[2].make(third, on: id)
                        let deltas = sites.map { $0.journal[0] }
                        if !haveOneOutcome(deltas, on: start) {
                            Issue.record("\(first) \(second) \(third) seen \(seen)")
                        }
                        worlds += 1
                    }
                }
            }
        }
        #expect(worlds == 5_832)
    }

    @Test func theSameWhenTheEntityIsUnknownAtFirst() {
        for first in Edit.allCases {
            for second in Edit.allCases {
                var (sites, id) = smallWorld()
                let creation = sites[0].lattice
                sites[0].make(first, on: id)
                sites[1].make(second, on: id)
                let deltas = [creation, sites[0].journal[0], sites[1].journal[0]]
                #expect(haveOneOutcome(deltas, on: Lattice()), "\(first) \(second)")
            }
        }
    }

    /// What three edits in a row by one site do to one element: every way to insert and remove it.
    private static let scripts: [[Edit]] = (0..<8).map { bits in
        (0..<3).map { bits >> $0 & 1 == 0 ? .insertFirst : .removeFirst }
    }

    /// A debug build tries the half of the worlds in which more is seen.
    @Test(arguments: releaseFactor == 1 ? [true] : [false, true])
    func threeSitesWithThreeEditsOfOneElementEach(meetAfterTheFirst: Bool) {
        var worlds = 0
        for (one, first) in Self.scripts.enumerated() {
            // The sites may be renamed, so scripts in ascending order are all there are.
            for (two, second) in Self.scripts.enumerated() where two >= one {
                for (three, third) in Self.scripts.enumerated() where three >= two {
                    var (sites, id) = smallWorld()
                    let start = sites[0].lattice
                    for round in 0..<3 {
                        for (site, script) in [first, second, third].enumerated() {
                            sites[site].make(script[round], on: id)
                        }
                        if round == 0 && meetAfterTheFirst {
                            let made = sites.map { $0.journal[0] }
                            for site in 0..<3 { for delta in made { sites[site].receive(delta) } }
                        }
                    }
                    if !haveOneOutcome(sites.flatMap(\.journal), on: start) {
                        Issue.record("\(one) \(two) \(three)")
                    }
                    worlds += 1
                }
            }
        }
        #expect(worlds == 120)
    }
}
