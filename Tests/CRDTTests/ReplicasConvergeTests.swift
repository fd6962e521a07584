import CairnBasics
import CairnCRDT
import Testing

@Suite struct ReplicasConvergeTests {
    /// Sites that edit, partly while cut off, over a network that shuffles and repeats.
    private func sitesAfterChaos(seed: UInt64) -> [Site] {
        var random = SeededRandom(seed: seed)
        var sites = (UInt8(1)...4).map { Site($0) }
        var inFlight: [[Lattice]] = [[], [], [], []]
        var sent = [0, 0, 0, 0]
        for _ in 0..<120 {
            let site = random.draw(4)
            sites[site].editAtRandom(&random)
            // Offline sites keep their deltas until they send again.
            if random.oneIn(3) {
                for receiver in 0..<4 where receiver != site {
                    let news = sites[site].journal[sent[site]...]
                    inFlight[receiver] += news
                    if random.oneIn(3) { inFlight[receiver] += news }
                }
                sent[site] = sites[site].journal.count
            }
            let receiver = random.draw(4)
            inFlight[receiver].shuffle(using: &random)
            for _ in 0..<min(inFlight[receiver].count, random.draw(6)) {
                sites[receiver].receive(inFlight[receiver].removeLast())
            }
        }
        for site in 0..<4 {
            for receiver in 0..<4 { inFlight[receiver] += sites[site].journal[sent[site]...] }
        }
        for receiver in 0..<4 {
            for delta in inFlight[receiver].shuffled(using: &random) {
                sites[receiver].receive(delta)
            }
        }
        return sites
    }

    @Test(arguments: UInt64(0)..<40)
    func everySiteEndsInTheSameState(seed: UInt64) {
        let sites = sitesAfterChaos(seed: seed)
        for site in sites {
            #expect(site.lattice == sites[0].lattice)
            #expect(site.lattice.digest == sites[0].lattice.digest)
            #expect(site.lattice.embryoCount == 0, "an edit still waits for its entity")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func replayingTheJournalsInAnyOrderRecoversTheState(seed: UInt64) throws {
        let sites = sitesAfterChaos(seed: seed)
        var random = SeededRandom(seed: ~seed)
        var recovered = Lattice()
        for delta in sites.flatMap(\.journal).shuffled(using: &random) {
            recovered.join(try Lattice(encoded: delta.encoded()))
        }
        #expect(recovered == sites[0].lattice)
    }

    @Test(arguments: UInt64(0)..<20)
    func replayingTheJournalOverACheckpointOfItChangesNothing(seed: UInt64) throws {
        let sites = sitesAfterChaos(seed: seed)
        let state = sites[0].lattice
        var recovered = try Lattice(encoded: state.encoded())
        for delta in sites.flatMap(\.journal) { #expect(recovered.join(delta) == []) }
        #expect(recovered == state)
    }

    @Test(arguments: UInt64(0)..<20)
    func mergingWholeStatesIsAsGoodAsSendingDeltas(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var sites = (UInt8(1)...3).map { Site($0) }
        for _ in 0..<80 {
            let site = random.draw(3)
            sites[site].editAtRandom(&random)
            if random.oneIn(5) { sites[random.draw(3)].receive(sites[site].lattice) }
        }
        let states = sites.map(\.lattice)
        for site in 0..<3 { for state in states { sites[site].receive(state) } }
        #expect(sites[1].lattice == sites[0].lattice)
        #expect(sites[2].lattice == sites[0].lattice)
    }
}
