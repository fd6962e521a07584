import CairnBasics
import CairnCRDT
import Testing

@Suite struct LatticesObeyTheLawsTests {
    @Test(arguments: UInt64(0)..<20)
    func statesAndDeltasOfHonestSitesFormASemilattice(seed: UInt64) {
        let samples = randomHistory(seed: seed, edits: 60)
        expectLatticeLaws(samples, triples: 250, seed: seed)
    }

    @Test(arguments: UInt64(0)..<20)
    func theLawsHoldEvenWhenTwoSitesShareAReplicaID(seed: UInt64) {
        let samples = randomHistory(seed: seed, edits: 60, impostor: true)
        expectLatticeLaws(samples, triples: 250, seed: seed)
    }

    @Test(arguments: UInt64(0)..<20)
    func theLawsHoldEvenForWhatFlippedBitsDecodeTo(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var samples: [Lattice] = []
        for lattice in randomHistory(seed: seed, edits: 30) {
            for _ in 0..<20 {
                var bytes = lattice.encoded()
                bytes[random.draw(bytes.count)] ^= 1 << random.draw(8)
                if let forged = decodeLattice(bytes) { samples.append(forged) }
            }
        }
        #expect(samples.count > 50, "too few forgeries decode to test anything")
        expectJoinLaws(samples, triples: 250, seed: seed) { left, right in
            let before = left
            left.join(right)
            return left != before
        }
    }

    @Test(arguments: UInt64(0)..<40)
    func encodingAndDecodingIsTheIdentity(seed: UInt64) throws {
        for lattice in randomHistory(seed: seed, edits: 60, impostor: seed % 2 == 1) {
            let bytes = lattice.encoded()
            let decoded = try Lattice(encoded: bytes)
            #expect(decoded == lattice)
            #expect(decoded.encoded() == bytes)
            #expect(decoded.digest == lattice.digest)
            #expect(decoded.entityCount == lattice.entityCount)
        }
    }

    @Test func equalStatesHaveEqualBytesWhateverTheirHistory() {
        var random = SeededRandom(seed: 5)
        for seed in UInt64(0)..<50 {
            var deltas = randomHistory(seed: seed, edits: 40)
            var forward = Lattice()
            for delta in deltas { forward.join(delta) }
            deltas.shuffle(using: &random)
            var shuffled = Lattice()
            for delta in deltas { shuffled.join(delta) }
            #expect(forward == shuffled)
            #expect(forward.encoded() == shuffled.encoded())
        }
    }

    @Test func joiningAWholeStateIsJoiningItsDeltas() {
        for seed in UInt64(0)..<50 {
            let history = randomHistory(seed: seed, edits: 60)
            let half = history.count / 2
            var early = Lattice()
            for delta in history[..<half] { early.join(delta) }
            var late = Lattice()
            for delta in history[half...] { late.join(delta) }
            var oneByOne = early
            for delta in history[half...] { oneByOne.join(delta) }
            early.join(late)
            #expect(early == oneByOne)
        }
    }
}
