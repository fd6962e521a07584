// What a lattice keeps memory for, counted and not guessed: for metrics, and for the test that a day
// of churn leaves nothing behind.

/// How many of each thing a lattice holds or keeps room for.
public struct LatticeCensus: Hashable, Sendable {
    /// Entities that live and embryos.
    public var rows = 0
    /// Rows there is room for, of 80 bytes.
    public var roomForRows = 0
    /// Slots of the index of rows, of 4 bytes.
    public var slots = 0
    /// Ranges in the context of the lattice, of 12 bytes: one per boot of a node that made entities.
    public var ranges = 0
    /// Ranges in the contexts of sets, maps and multi-value registers, of 12 bytes: in each one per
    /// boot of a node that has written to it.
    public var rangesInFields = 0
    /// Elements, entries and values in those.
    public var items = 0

    public init() {}
}

extension Lattice {
    /// What this lattice keeps memory for.
    /// - Complexity: O(n)
    public var census: LatticeCensus {
        var census = LatticeCensus()
        census.rows = rows.count
        (census.roomForRows, census.slots) = rows.capacity
        census.ranges = context.ranges.count
        for row in rows.indices {
            for field in rows[row].state.fields { census.count(field.state) }
        }
        return census
    }
}

extension LatticeCensus {
    fileprivate mutating func count(_ state: FieldState) {
        switch state {
        case .set(let set): count(set.store)
        case .map(let map): count(map.store)
        case .multiValue(let register): count(register.store)
        case .latest, .counter, .maximum, .minimum, .bounded, .attachment: break
        }
    }

    private mutating func count<Item>(_ store: DottedStore<Item>) {
        rangesInFields += store.context.ranges.count
        items += store.items.count
    }
}
