// What a field costs to keep, for quotas: near the bytes of its encoding, found without encoding it.

extension FieldState {
    /// About how many bytes this state takes in memory and in a journal.
    /// - Complexity: O(elements), O(1) for what has none
    public var storedByteCount: Int {
        switch self {
        case .latest(let register): register.storedByteCount
        case .counter(let counter): counter.tallies.count * 16
        case .set(let set):
            set.store.storedByteCount { $0.label.storedByteCount }
        case .map(let map):
            map.store.storedByteCount { $0.label.text.utf8.count + 2 + $0.register.storedByteCount }
        case .maximum, .minimum: 9
        case .multiValue(let register):
            register.store.storedByteCount { $0.label.storedByteCount }
        case .bounded(let counter):
            counter.accounts.reduce(0) { $0 + 24 + $1.transfers.count * 12 }
        case .attachment: 20
        }
    }
}

extension LatestRegister {
    fileprivate var storedByteCount: Int { 12 + value.storedByteCount }
}

extension Scalar {
    fileprivate var storedByteCount: Int {
        switch self {
        case .boolean: 1
        case .integer, .real, .entity: 9
        case .text(let text): text.utf8.count + 3
        case .bytes(let bytes): bytes.count + 3
        }
    }
}

extension DottedStore {
    /// The ranges of the context, and each item with its dot.
    fileprivate func storedByteCount(_ content: (Item) -> Int) -> Int {
        items.reduce(context.ranges.count * 10) { $0 + 8 + content($1) }
    }
}
