import CairnBasics
import CairnCRDT
import Testing
import VectorKit

/// For every type of field what three replicas wrote without knowing of each other, and what comes of
/// it, as `protocol/vectors` has it.
@Suite struct JoinVectorTests {
    private static let concurrent = fieldsWrittenConcurrently()

    @Test func joinsMatchTheirVectors() throws {
        var fields: [String: String] = [:]
        for (type, states) in Self.concurrent {
            let joined = states.all.reduce(states.base) { $0.joined($1) }
            for (name, state) in zip(
                ["base", "one", "two", "three", "joined"], states.all + [joined])
            {
                fields["\(type): \(name)"] = try hex { (writer) throws(CodecError) in
                    try state.encode(into: &writer)
                }
            }
            fields["\(type): joined in words"] = joined.words
        }
        try check(fields, againstVectors: "world-joins")
    }

    @Test(arguments: concurrent.map(\.type)) func everyOrderComesToTheSame(_ type: String) throws {
        let states = try #require(Self.concurrent.first { $0.type == type }?.states)
        let joined = states.all.reduce(states.base) { $0.joined($1) }
        for order in permutations(of: states.all) {
            var state = order[0]
            for delta in order + order { state = state.joined(delta) }
            #expect(state == joined)
        }
        #expect(states.all.count { $0 == joined } <= 1, "\(type) shows no concurrency")
        #expect(states.base != joined)
    }
}

private struct ConcurrentStates {
    var base: FieldState
    var deltas: [FieldState]
    var all: [FieldState] { [base] + deltas }
}

/// Three replicas that begin with the same state of one entity's field and then write on their own.
private struct Writers {
    static let field = FieldID(2)
    var ids: [EntityID] = []
    private var base = Lattice()
    private var authors: [Author]

    init() {
        authors = ([1, 2, 3] as [UInt8]).map { node in
            let replica = ReplicaID(node: node, boot: 1)
            return Author(replica: replica, clock: HybridClock(replica: replica))
        }
        for _ in 0..<3 {
            let (id, delta) = authors[0].create(kind: KindID(1), owner: 0, wallMilliseconds: 1)
            base.join(delta)
            ids.append(id)
        }
    }

    typealias Edits = (inout Draft) -> Void

    /// One replica's state and what it has written itself.
    struct Draft {
        var author: Author
        var state: Lattice
        var written = Lattice()

        mutating func join(_ delta: Lattice?) {
            guard let delta else { return }
            state.join(delta)
            written.join(delta)
        }
    }

    /// What everybody knows, written by the first; and what each writes then.
    mutating func write(base edits: Edits, _ concurrent: [Edits]) -> ConcurrentStates {
        var draft = Draft(author: authors[0], state: base)
        edits(&draft)
        authors[0] = draft.author
        let known = draft.state
        let deltas = concurrent.indices.map { index in
            var draft = Draft(author: authors[index], state: known)
            concurrent[index](&draft)
            return draft.written[ids[0]]![Self.field]!
        }
        return ConcurrentStates(base: known[ids[0]]![Self.field]!, deltas: deltas)
    }
}

private func fieldsWrittenConcurrently() -> [(type: String, states: ConcurrentStates)] {
    numbersWrittenConcurrently() + collectionsWrittenConcurrently()
}

private let field = Writers.field

private func numbersWrittenConcurrently() -> [(type: String, states: ConcurrentStates)] {
    var latest = Writers()
    let id = latest.ids[0]  // The same in all of them, since all begin the same.
    func set(_ value: String, at wall: UInt64) -> Writers.Edits {
        { $0.join($0.author.set(id, field, .text(value), wallMilliseconds: wall)) }
    }
    func add(_ amounts: Int64...) -> Writers.Edits {
        { for amount in amounts { $0.join($0.author.add(id, field, amount, in: $0.state)) } }
    }
    func raise(_ value: Int64) -> Writers.Edits {
        { $0.join($0.author.raise(id, field, to: value, in: $0.state)) }
    }
    func lower(_ value: Int64) -> Writers.Edits {
        { $0.join($0.author.lower(id, field, to: value, in: $0.state)) }
    }
    func spend(_ amount: UInt64) -> Writers.Edits {
        { $0.join($0.author.spend(id, field, amount, in: $0.state)) }
    }
    func attach(_ parent: EntityID?, at wall: UInt64) -> Writers.Edits {
        {
            $0.join(
                $0.author.attach(
                    id, field, to: parent, in: $0.state, wallMilliseconds: wall))
        }
    }
    var (counter, maximum, minimum) = (Writers(), Writers(), Writers())
    var (bounded, attachment) = (Writers(), Writers())
    let others = attachment.ids
    return [
        // The same time twice, where the replica decides, and a larger text that is earlier.
        (
            "latest",
            latest.write(
                base: set("old", at: 5),
                [
                    set("b", at: 20), set("a", at: 20), set("z", at: 19),
                ])
        ),
        ("counter", counter.write(base: add(10), [add(5, -2), add(-3), add(4)])),
        ("maximum", maximum.write(base: raise(-7), [raise(70), raise(300), raise(-2)])),
        ("minimum", minimum.write(base: lower(1_000), [lower(-300), lower(4), lower(-5)])),
        (
            "bounded",
            bounded.write(
                base: {
                    $0.join($0.author.grant(id, field, 10, in: $0.state))
                    let two = ReplicaID(node: 2, boot: 1)
                    $0.join($0.author.transfer(id, field, 3, to: two, in: $0.state))
                },
                [spend(5), spend(2), { $0.join($0.author.grant(id, field, 400, in: $0.state)) }])
        ),
        (
            "attachment",
            attachment.write(
                base: attach(others[1], at: 5),
                [
                    attach(others[2], at: 20), attach(nil, at: 21), attach(others[1], at: 21),
                ])
        ),
    ]
}

private func collectionsWrittenConcurrently() -> [(type: String, states: ConcurrentStates)] {
    var (set, map, multiValue) = (Writers(), Writers(), Writers())
    let id = set.ids[0]
    func insert(_ element: String) -> Writers.Edits {
        { $0.join($0.author.insert(id, field, .text(element), in: $0.state)) }
    }
    func remove(_ element: String) -> Writers.Edits {
        { $0.join($0.author.remove(id, field, .text(element), in: $0.state)) }
    }
    func put(_ key: String, _ value: Int64, at wall: UInt64) -> Writers.Edits {
        {
            $0.join(
                $0.author.put(
                    id, field, key: key, .integer(value), in: $0.state, wallMilliseconds: wall))
        }
    }
    func removeKey(_ key: String) -> Writers.Edits {
        { $0.join($0.author.removeKey(id, field, key, in: $0.state)) }
    }
    func write(_ value: Scalar) -> Writers.Edits {
        { $0.join($0.author.write(id, field, value, in: $0.state)) }
    }
    func both(_ first: @escaping Writers.Edits, _ second: @escaping Writers.Edits) -> Writers.Edits
    {
        {
            first(&$0)
            second(&$0)
        }
    }
    return [
        // What one removes another adds anew: it stays. What nobody else touched goes.
        (
            "set",
            set.write(
                base: both(insert("a"), insert("b")),
                [
                    remove("a"), insert("a"), both(insert("c"), remove("b")),
                ])
        ),
        // Two puts at once, of which the later is read, and a removal that knew of neither.
        (
            "map",
            map.write(
                base: both(put("k", 1, at: 5), put("m", 1, at: 6)),
                [
                    put("k", 2, at: 30), put("k", 3, at: 20), both(removeKey("k"), removeKey("m")),
                ])
        ),
        // All are kept, the one that two wrote once.
        (
            "multi-value",
            multiValue.write(
                base: write(.text("old")),
                [
                    write(.text("b")), write(.integer(7)), write(.text("b")),
                ])
        ),
    ]
}

private func permutations<Element>(of elements: [Element]) -> [[Element]] {
    guard !elements.isEmpty else { return [[]] }
    return elements.indices.flatMap { index in
        var rest = elements
        let element = rest.remove(at: index)
        return permutations(of: rest).map { [element] + $0 }
    }
}

extension FieldState {
    fileprivate func joined(_ other: FieldState) -> FieldState {
        var state = self
        _ = state.join(other)
        return state
    }
}
