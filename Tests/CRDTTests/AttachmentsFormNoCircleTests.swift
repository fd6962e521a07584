import CairnBasics
import CairnCRDT
import Testing

extension Lattice {
    fileprivate func parent(of id: EntityID) -> EntityID? { parent(of: id, .attachment) }

    /// True when the way up from every entity ends.
    fileprivate func isForest(_ ids: [EntityID]) -> Bool {
        ids.allSatisfy { id in
            var here = id
            for _ in ids {
                guard let next = parent(of: here) else { return true }
                here = next
            }
            return parent(of: here) == nil
        }
    }

    /// The forest by the rule of Kleppmann et al., over the last move of each child: moves in the
    /// order of their stamps, but for those that would close a circle.
    fileprivate func replayedParents(_ ids: [EntityID]) -> [EntityID: EntityID] {
        var parents: [EntityID: EntityID] = [:]
        let moves = ids.compactMap { id in
            self[id]?[.attachment]?.attachment.map { (child: id, attachment: $0) }
        }.sorted { $0.attachment < $1.attachment }
        for move in moves {
            guard let parent = move.attachment.written, contains(parent), contains(move.child)
            else { continue }
            var here: EntityID? = parent
            while let step = here, step != move.child { here = parents[step] }
            if here == nil { parents[move.child] = parent }
        }
        return parents
    }

    fileprivate func parents(_ ids: [EntityID]) -> [EntityID: EntityID] {
        var parents: [EntityID: EntityID] = [:]
        for id in ids { parents[id] = parent(of: id) }
        return parents
    }
}

/// Sites that share some entities.
private func sites(_ count: UInt8, entities: Int) -> (sites: [Site], ids: [EntityID]) {
    var sites = (1...count).map { Site($0) }
    let ids = (0..<entities).map { _ in sites[0].create() }
    for site in sites.indices.dropFirst() { sites[site].receive(sites[0].lattice) }
    for site in sites.indices { sites[site].journal = [] }
    return (sites, ids)
}

@Suite struct AttachmentsFormNoCircleTests {
    @Test func aChildHangsOnTheParentThatTheLatestWriteNames() {
        var (sites, ids) = sites(2, entities: 3)
        sites[0].attach(ids[0], to: ids[1])
        #expect(sites[0].lattice.parent(of: ids[0]) == ids[1])
        sites[1].wall += 5
        sites[1].attach(ids[0], to: ids[2])
        sites[0].receive(sites[1].lattice)
        #expect(sites[0].lattice.parent(of: ids[0]) == ids[2])
        #expect(sites[0].lattice.children(of: ids[2], .attachment) == [ids[0]])
        #expect(sites[0].lattice.children(of: ids[1], .attachment) == [])
        sites[0].attach(ids[0], to: nil)
        #expect(sites[0].lattice.parent(of: ids[0]) == nil)
    }

    @Test func aMoveThatWouldCloseACircleIsRefusedWhereThatIsKnown() {
        var (sites, ids) = sites(1, entities: 3)
        #expect(!sites[0].could { $0.attach(ids[0], to: ids[0]) })
        sites[0].attach(ids[0], to: ids[1])
        sites[0].attach(ids[1], to: ids[2])
        #expect(!sites[0].could { $0.attach(ids[2], to: ids[0]) })
        #expect(sites[0].could { $0.attach(ids[0], to: ids[2]) }, "elsewhere on the same way up")
    }

    @Test func ofTwoMovesThatCloseACircleTheEarlierHolds() {
        var (sites, ids) = sites(2, entities: 2)
        sites[0].attach(ids[0], to: ids[1])
        sites[1].wall += 5
        sites[1].attach(ids[1], to: ids[0])
        let (mine, theirs) = (sites[0].lattice, sites[1].lattice)
        sites[0].receive(theirs)
        sites[1].receive(mine)
        for site in sites {
            #expect(site.lattice.parent(of: ids[0]) == ids[1])
            #expect(site.lattice.parent(of: ids[1]) == nil)
        }
        #expect(!sites[0].could { $0.attach(ids[1], to: ids[0]) }, "again in vain")
        sites[0].attach(ids[0], to: nil)
        #expect(sites[0].lattice.parent(of: ids[1]) == ids[0], "nothing is in its way any more")
    }

    @Test func whatHangsOnACircleStaysWhereItIs() {
        var (sites, ids) = sites(2, entities: 4)
        sites[0].attach(ids[2], to: ids[0])
        sites[0].attach(ids[3], to: ids[2])
        sites[1].receive(sites[0].lattice)
        sites[0].attach(ids[0], to: ids[1])
        sites[1].wall += 5
        sites[1].attach(ids[1], to: ids[0])
        sites[0].receive(sites[1].lattice)
        #expect(sites[0].lattice.parent(of: ids[2]) == ids[0])
        #expect(sites[0].lattice.parent(of: ids[3]) == ids[2])
        #expect(sites[0].lattice.isForest(ids))
    }

    @Test func whatHungOnADeletedEntityStandsFree() {
        var (sites, ids) = sites(1, entities: 3)
        sites[0].attach(ids[0], to: ids[1])
        sites[0].attach(ids[1], to: ids[2])
        sites[0].delete(ids[1])
        #expect(sites[0].lattice.parent(of: ids[0]) == nil)
        #expect(sites[0].could { $0.attach(ids[2], to: ids[0]) }, "no way leads through a dead one")
    }

    @Test func aParentThatHasNotBeenHeardOfYetCountsFromItsCreation() {
        var (sites, ids) = sites(2, entities: 1)
        let parent = sites[0].create()
        sites[0].attach(ids[0], to: parent)
        sites[1].receive(sites[0].journal[1])
        #expect(sites[1].lattice.parent(of: ids[0]) == nil)
        sites[1].receive(sites[0].journal[0])
        #expect(sites[1].lattice.parent(of: ids[0]) == parent)
    }

    @Test func circlesOfAnyLengthWithTailsAreBrokenOnceWhereTheLatestMoveWas() throws {
        for length in 1...40 {
            // Every site attaches one entity to the next, so that nobody sees the circle.
            var (sites, ids) = sites(UInt8(length), entities: length + 5)
            for index in 0..<length {
                let next = ids[(index + 1) % length]
                if length == 1 { continue }
                sites[index].wall += UInt64((index * 7) % length)
                sites[index].attach(ids[index], to: next)
            }
            var all = sites[0].lattice
            for site in sites { all.join(site.lattice) }
            for tail in length..<length + 5 {
                let delta = sites[0].author.attach(
                    ids[tail], .attachment, to: ids[tail - 1], in: all,
                    wallMilliseconds: sites[0].wall)
                all.join(try #require(delta))
            }
            #expect(all.isForest(ids))
            #expect(all.parents(ids) == all.replayedParents(ids))
            #expect(all.parents(ids).count == length + 4, "one move of the circle does not hold")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func mixturesOfWhatCutOffSitesMovedAreForestsAndAllReadOne(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var (sites, ids) = sites(4, entities: 8)
        for _ in 0..<60 * releaseFactor {
            let site = random.draw(4)
            sites[site].wall += UInt64(random.draw(3))
            switch random.draw(8) {
            case 0: sites[site].receive(sites[random.draw(4)].lattice)
            case 1:
                if let delta = sites[random.draw(4)].journal.randomElement(using: &random) {
                    sites[site].receive(delta)
                }
            case 2: sites[site].attach(random.choose(ids), to: nil)
            default: sites[site].attach(random.choose(ids), to: random.choose(ids))
            }
            let lattice = sites[site].lattice
            if !lattice.isForest(ids) { Issue.record("a circle") }
            if lattice.parents(ids) != lattice.replayedParents(ids) {
                Issue.record("not what a replay of the moves gives")
            }
        }
        for site in sites.indices { for other in sites { sites[site].receive(other.lattice) } }
        for site in sites { #expect(site.lattice.parents(ids) == sites[0].lattice.parents(ids)) }
    }
}
