// Ledgers: entities in which servers keep for themselves what must survive and reach other nodes by
// the same join as the edits that it is about. They have a life and fields like any entity, but stand
// nowhere, count for no quota and are told to no client. Found here by whose they are.

public import CairnBasics

extension KindID {
    /// The kind of ledgers; no world's schema has it.
    public static let ledger = KindID(0)
}

extension FieldID {
    /// The one field of a ledger: what a session has done, as the server room encodes it.
    public static let sessionOutcomes = FieldID(2)
}

/// The living ledgers by owner.
///
/// - Complexity: every operation O(ledgers of one owner), which the server keeps few.
public struct LedgerIndex: Sendable {
    private var owners: [EntityID: UInt64] = [:]
    private var idsByOwner: [UInt64: [EntityID]] = [:]

    public var count: Int { owners.count }

    /// All of them, ascending.
    /// - Complexity: O(n log n)
    public var sortedIDs: [EntityID] { owners.keys.sorted() }

    /// The ledgers of an owner, ascending.
    public func ids(of owner: UInt64) -> [EntityID] { idsByOwner[owner] ?? [] }

    mutating func insert(_ id: EntityID, of owner: UInt64) {
        guard owners.updateValue(owner, forKey: id) == nil else { return }
        var ids = idsByOwner[owner] ?? []
        ids.insert(id, at: ids.firstIndex { id < $0 } ?? ids.count)
        idsByOwner[owner] = ids
    }

    mutating func remove(_ id: EntityID) {
        guard let owner = owners.removeValue(forKey: id), var ids = idsByOwner[owner] else {
            return
        }
        ids.removeAll { $0 == id }
        idsByOwner[owner] = ids.isEmpty ? nil : ids
    }
}
