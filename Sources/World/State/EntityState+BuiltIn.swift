// The built-in fields as what they mean. What a field holds may come from a peer, so anything that
// makes no sense reads as nothing.

public import CairnBasics
public import CairnCRDT

extension EntityState {
    /// The body that is written to carry this thing, whether or not it lives; nil for none.
    public var writtenHolder: EntityID? {
        guard case .entity(let id)? = latest(.holder), id != .none else { return nil }
        return id
    }

    /// The account that owns this entity: the last that it was handed over to, or else the one that
    /// made it.
    public var owner: UInt64 {
        if case .integer(let number)? = latest(.owner), let owner = UInt64(exactly: number),
            Account.isClient(owner)
        {
            return owner
        }
        return life?.owner ?? 0
    }

    /// The accounts that the owner lets edit this entity, ascending.
    public var keepers: [UInt64] {
        (self[.keepers]?.set?.elements ?? []).compactMap { element in
            guard case .integer(let number) = element else { return nil }
            return UInt64(exactly: number)
        }
    }

    /// True when the owner lets an account edit this entity.
    /// - Complexity: O(log keepers)
    public func isKept(by identity: UInt64) -> Bool {
        guard Account.isClient(identity), let keepers = self[.keepers]?.set else { return false }
        return keepers.contains(.integer(Int64(identity)))
    }

    /// About how many bytes this entity takes in memory and in a journal.
    /// - Complexity: O(fields and their elements)
    public var storedByteCount: Int {
        fields.reduce(Self.lifeByteCount) { $0 + 2 + $1.state.storedByteCount }
    }

    /// An id, a kind, an owner, a time, and what finds them.
    static let lifeByteCount = 64
}
