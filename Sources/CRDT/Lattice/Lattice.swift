// All shared state of a world, and every change to it, as one join-semilattice: state and delta are
// one type with one `join` (delta-state CRDTs: Almeida, Shoker, Baquero, 2018). Replaying a journal,
// hearing from a peer and taking back a device's offline work are all the same call.
//
// Entities form a dotted store whose dots are the ids: the context holds every id that was created,
// the rows those that live. An id in the context without a row is deleted, for ever.
//
// Holds true: a row has a life exactly when its id is in the context. What a row without a life
// (an embryo) is for stands in EntityState.
//
// Memory follows live state: a deleted entity leaves its place in a range of the context, a removed
// element its place in its field's. What stays per replica, that is per boot of a node, is one
// range in the context and one in every field it wrote to that still lives.

public import CairnBasics

/// The shared state of a world, or a delta for it.
public struct Lattice: Sendable, Equatable {
    /// Every entity id that this state has seen created: those that live and those deleted.
    public internal(set) var context = CausalContext()
    var rows = EntityRows()
    /// How many entities live here.
    public internal(set) var entityCount = 0

    /// The least state: nothing has happened.
    public init() {}

    /// A delta that creates an entity.
    init(created id: EntityID, _ state: EntityState) {
        context.insert(id.dot)
        rows.append(id, state)
        entityCount = 1
    }

    /// A delta that edits one field of an entity.
    public init(edited id: EntityID, _ field: FieldID, _ state: FieldState) {
        rows.append(id, EntityState(field: field, state))
    }

    /// True when nothing has happened.
    public var isEmpty: Bool { context.isEmpty && rows.count == 0 }

    /// How many entities have been edited here but not created yet.
    public var embryoCount: Int { rows.count - entityCount }

    /// The entities that have been edited here but not created: of a delta, those that it edits.
    /// - Complexity: O(n)
    public var embryoIDs: [EntityID] {
        rows.rows.filter { $0.state.life == nil }.map(\.id)
    }

    /// True when the entity lives.
    /// - Complexity: O(1) expected
    public func contains(_ id: EntityID) -> Bool {
        guard let row = rows.row(of: id) else { return false }
        return rows[row].state.life != nil
    }

    /// True when the entity lived and was deleted.
    public func isDeleted(_ id: EntityID) -> Bool {
        context.contains(id.dot) && rows.row(of: id) == nil
    }

    /// What is known of an entity: nil when it is unknown or deleted, a state without a life when
    /// it has been edited but not created yet.
    /// - Complexity: O(1) expected
    public subscript(id: EntityID) -> EntityState? {
        rows.row(of: id).map { rows[$0].state }
    }

    /// The state of one field, as `self[id]?[field]` gives it, with nothing else copied.
    public func field(_ field: FieldID, of id: EntityID) -> FieldState? {
        rows.row(of: id).flatMap { rows[$0].state.fields[field] }
    }

    /// The entities that live, ascending.
    /// - Complexity: O(n log n)
    public var sortedIDs: [EntityID] {
        rows.indices.filter { rows[$0].state.life != nil }.map { rows[$0].id }.sortedAscending()
    }

    /// The newest time stamped anywhere in here: what a clock must have observed.
    /// - Complexity: O(n)
    public var newestTime: HybridTime {
        var newest = HybridTime.zero
        for row in rows.indices {
            let state = rows[row].state
            if let life = state.life { newest = max(newest, life.created) }
            for field in state.fields { newest = max(newest, field.state.newestTime) }
        }
        return newest
    }
}

extension EntityID {
    /// The creation that made the id.
    var dot: Dot { Dot(replica: replica, counter: number) }

    init(_ dot: Dot) { self.init(replica: dot.replica, number: dot.counter) }
}
