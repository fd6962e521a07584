import CairnBasics
import CairnCRDT

/// One replica in a test: an author, its lattice and the deltas it has made.
struct Site {
    var author: Author
    var lattice = Lattice()
    var journal: [Lattice] = []
    /// The wall clock; a test may set it back or let it stand.
    var wall: UInt64 = 1_700_000_000_000

    init(_ node: UInt8, boot: UInt32 = 1) {
        let replica = ReplicaID(node: node, boot: boot)
        author = Author(replica: replica, clock: HybridClock(replica: replica))
    }

    /// Joins a delta of this site's author and keeps it for the others.
    mutating func commit(_ delta: Lattice) {
        lattice.join(delta)
        journal.append(delta)
    }

    /// Takes what another site made, if its stamps are not from the future.
    mutating func receive(_ delta: Lattice) {
        guard author.observe(delta, wallMilliseconds: wall) else { return }
        lattice.join(delta)
    }
}

extension Site {
    mutating func create(kind: UInt16 = 1, owner: UInt64 = 0) -> EntityID {
        let (id, delta) = author.create(kind: KindID(kind), owner: owner, wallMilliseconds: wall)
        commit(delta)
        return id
    }

    mutating func delete(_ id: EntityID) { commit(author.delete(id, in: lattice)) }

    mutating func set(_ id: EntityID, _ value: Scalar, in field: FieldID = .register) {
        commit(author.set(id, field, value, wallMilliseconds: wall))
    }

    mutating func add(_ id: EntityID, _ amount: Int64) {
        commit(author.add(id, .counter, amount, in: lattice))
    }

    mutating func insert(_ id: EntityID, _ element: Scalar, in field: FieldID = .set) {
        commit(author.insert(id, field, element, in: lattice))
    }

    mutating func remove(_ id: EntityID, _ element: Scalar, in field: FieldID = .set) {
        commit(author.remove(id, field, element, in: lattice))
    }

    mutating func put(_ id: EntityID, _ key: String, _ value: Scalar, in field: FieldID = .map) {
        commit(
            author.put(id, field, key: key, value, in: lattice, wallMilliseconds: wall))
    }

    mutating func removeKey(_ id: EntityID, _ key: String, in field: FieldID = .map) {
        commit(author.removeKey(id, field, key, in: lattice))
    }
}

/// The fields of the tests' entities, by the policy each is used with.
extension FieldID {
    static let register = FieldID(0)
    static let counter = FieldID(1)
    static let set = FieldID(7)
    static let map = FieldID(300)
    /// A field on whose type the sites do not agree.
    static let disputed = FieldID(9)
}
