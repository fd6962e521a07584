import CairnBasics
import CairnCRDT
import Testing

/// A context and the plain set of dots it should stand for.
private struct Pair {
    var context = CausalContext()
    var model: Set<Dot> = []

    mutating func insertAtRandom(_ random: inout SeededRandom, span: UInt32) {
        let dot = Dot(
            replica: ReplicaID(raw: UInt32(random.draw(3))),
            counter: 1 + UInt32(random.draw(Int(span))))
        let isNew = model.insert(dot).inserted
        #expect(context.insert(dot) == isNew)
    }

    func check(span: UInt32) {
        #expect(context.dotCount == UInt64(model.count))
        for replica in UInt32(0)..<4 {
            let replica = ReplicaID(raw: replica)
            let mine = model.filter { $0.replica == replica }.map(\.counter)
            #expect(context.lastCounter(of: replica) == mine.max() ?? 0)
            for counter in 0...span + 1 {
                let dot = Dot(replica: replica, counter: counter)
                if context.contains(dot) != model.contains(dot) {
                    Issue.record("\(dot) is in one of context and model only")
                }
            }
        }
    }
}

@Suite struct ContextsAreSetsOfDotsTests {
    @Test(arguments: UInt64(0)..<30)
    func insertionsInAnyOrderAgreeWithASet(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var pair = Pair()
        for _ in 0..<80 { pair.insertAtRandom(&random, span: 40) }
        pair.check(span: 40)
    }

    @Test(arguments: UInt64(0)..<100)
    func joinIsUnion(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var left = Pair()
        var right = Pair()
        for _ in 0..<random.draw(60) { left.insertAtRandom(&random, span: 50) }
        // Few and many ranges take different ways through the join.
        for _ in 0..<random.draw(seed % 2 == 0 ? 8 : 60) {
            right.insertAtRandom(&random, span: 50)
        }
        let grows = !right.model.isSubset(of: left.model)
        #expect(left.context.join(right.context) == grows)
        left.model.formUnion(right.model)
        left.check(span: 50)
    }

    /// In release 200,000 triples, each held to the five laws.
    @Test(arguments: UInt64(0)..<8)
    func contextsFormASemilattice(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let samples = (0..<60).map { sample in
            var pair = Pair()
            for _ in 0..<random.draw(sample + 1) { pair.insertAtRandom(&random, span: 30) }
            return pair.context
        }
        func comesBack(_ context: CausalContext) -> Bool {
            guard let bytes = try? context.bytes() else { return false }
            let decoded = try? CausalContext(bytes: bytes)
            return decoded == context && (try? decoded?.bytes()) == bytes
        }
        expectJoinLaws(samples, triples: 2_500, seed: seed, comesBack: comesBack) { $0.join($1) }
    }

    @Test func equalSetsAreEqualContextsWithEqualBytes() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<200 {
            var dots = (0..<40).map { _ in
                Dot(
                    replica: ReplicaID(raw: UInt32(random.draw(3))),
                    counter: 1 + UInt32(random.draw(30)))
            }
            var forward = CausalContext()
            for dot in dots { forward.insert(dot) }
            dots.shuffle(using: &random)
            var shuffled = CausalContext()
            for dot in dots { shuffled.insert(dot) }
            #expect(forward == shuffled)
            #expect(try forward.bytes() == shuffled.bytes())
        }
    }

    @Test func theFirstAndTheLastDotOfAReplicaAreHeldAndComeBack() throws {
        var context = CausalContext()
        for replica in [UInt32(0), 1, .max] {
            for counter in [UInt32(1), .max - 1, .max] {
                context.insert(Dot(replica: ReplicaID(raw: replica), counter: counter))
            }
        }
        #expect(try CausalContext(bytes: context.bytes()) == context)
        #expect(context.dotCount == 9)
        #expect(!context.contains(Dot(replica: ReplicaID(raw: 1), counter: 2)))
    }

    @Test func aReplicaWhoseEventsAllArrivedTakesAFewBytes() throws {
        var context = CausalContext()
        for counter in UInt32(1)...10_000 {
            context.insert(Dot(replica: ReplicaID(raw: 5), counter: counter))
        }
        #expect(try context.bytes().count <= 6)
    }
}
