// One replica's pen: the only maker of ids, dots and stamps. Every method returns a delta and
// changes no lattice; the caller joins the delta, journals it and sends it on.
//
// Counters, sets and maps build on what this replica wrote before, so the lattice handed in must
// have joined every earlier delta of this author. A dot used twice would lose data without a
// trace, so the author remembers the last thing it wrote and insists on finding it.

public import CairnBasics

/// Writes deltas as one replica.
public struct Author: Sendable {
    public internal(set) var clock: HybridClock
    private var created: UInt32 = 0
    /// The last edit that built on earlier ones.
    var lastEdit: Edit?

    /// A delta for one field.
    struct Edit: Sendable {
        var id: EntityID
        var field: FieldID
        var delta: FieldState
    }

    /// The author of a replica that has not written yet.
    ///
    /// - Parameter clock: Not before the newest time in the state it starts from.
    /// - Precondition: The clock is the replica's.
    public init(replica: ReplicaID, clock: HybridClock) {
        precondition(clock.replica == replica, "an author needs its own replica's clock")
        self.clock = clock
    }

    public var replica: ReplicaID { clock.replica }

    /// Creates an entity.
    ///
    /// - Returns: Its id, never used before or after, and the delta that gives it life.
    /// - Precondition: Fewer than 2^32 creations by this replica: 49 days at 1,000 a second.
    public mutating func create(
        kind: KindID, owner: UInt64, wallMilliseconds: UInt64
    ) -> (EntityID, Lattice) {
        created += 1
        let id = EntityID(replica: replica, number: created)
        let time = clock.now(wallMilliseconds: wallMilliseconds).time
        let state = EntityState(life: EntityLife(kind: kind, owner: owner, created: time))
        return (id, Lattice(created: id, state))
    }

    /// Deletes an entity for ever; nothing happens to one that does not live.
    public func delete(_ id: EntityID, in lattice: Lattice) -> Lattice {
        guard lattice.contains(id) else { return Lattice() }
        var delta = Lattice()
        delta.context.insert(id.dot)
        return delta
    }

    /// Takes note of every stamp in a foreign delta, so that what this author writes is later.
    ///
    /// - Returns: False, with the clock unchanged, when one is too far in the future; the delta
    ///   must then not be joined.
    public mutating func observe(_ delta: Lattice, wallMilliseconds: UInt64) -> Bool {
        clock.observe(delta.newestTime, wallMilliseconds: wallMilliseconds)
    }
}
