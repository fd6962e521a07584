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

extension Site {
    mutating func raise(_ id: EntityID, to value: Int64) {
        commit(author.raise(id, .maximum, to: value, in: lattice))
    }

    mutating func lower(_ id: EntityID, to value: Int64) {
        commit(author.lower(id, .minimum, to: value, in: lattice))
    }

    mutating func write(_ id: EntityID, _ value: Scalar) {
        commit(author.write(id, .multiValue, value, in: lattice))
    }

    mutating func grant(_ id: EntityID, _ amount: UInt64) {
        commit(author.grant(id, .bounded, amount, in: lattice))
    }

    /// False, with nothing committed, when the rights do not suffice; so below.
    @discardableResult mutating func spend(_ id: EntityID, _ amount: UInt64) -> Bool {
        commit(ifAny: author.spend(id, .bounded, amount, in: lattice))
    }

    @discardableResult mutating func transfer(
        _ id: EntityID, _ amount: UInt64, to receiver: ReplicaID
    ) -> Bool {
        commit(ifAny: author.transfer(id, .bounded, amount, to: receiver, in: lattice))
    }

    mutating func inherit(_ id: EntityID) {
        commit(author.inherit(id, .bounded, in: lattice))
    }

    /// False, with nothing committed, when the entity would hang on itself.
    @discardableResult mutating func attach(_ id: EntityID, to parent: EntityID?) -> Bool {
        commit(
            ifAny: author.attach(
                id, .attachment, to: parent, in: lattice, wallMilliseconds: wall))
    }

    /// Whether an edit would be let through here, without making it.
    func could(_ edit: (inout Site) -> Bool) -> Bool {
        var copy = self
        return edit(&copy)
    }

    private mutating func commit(ifAny delta: Lattice?) -> Bool {
        guard let delta else { return false }
        commit(delta)
        return true
    }
}

/// The fields of the tests' entities, by the policy each is used with.
extension FieldID {
    static let register = FieldID(0)
    static let counter = FieldID(1)
    static let set = FieldID(7)
    static let map = FieldID(300)
    static let maximum = FieldID(301)
    static let minimum = FieldID(302)
    static let multiValue = FieldID(303)
    static let bounded = FieldID(304)
    static let attachment = FieldID(305)
    /// A field on whose type the sites do not agree.
    static let disputed = FieldID(9)
}
