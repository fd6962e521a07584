// A counter that cannot be overdrawn, by escrow (Balegas et al., "Extending Eventually Consistent
// Cloud Databases for Enforcing Numeric Invariants", 2015). What lies above the lower bound is held
// as rights, a unit each, and every right belongs to one replica. Whoever raises the counter gets the
// rights, whoever lowers it uses rights up, and a replica may hand rights of its own to another.
//
// Under concurrency: a replica needs nobody's leave to spend its own rights and can spend no others,
// so the counter stays at or above its bound though all are cut off from each other; the price is a
// refusal where the rights lie elsewhere. Nothing is ever counted twice or lost.
//
// Every replica writes only its own account, whose numbers only grow, so the join takes the larger
// of two number by number, and a delta is one account in full. News of spending may overtake the
// grant that paid for it; until that comes, the value reads as the bound and not below.
//
// The bound itself is the schema's and not in here: replicas could not differ on it and agree.

public import CairnBasics

/// A number at or above a bound, of which each replica holds its own share.
public struct BoundedCounter: Hashable, Sendable {
    /// Rights that the account's replica has handed to another, in all.
    struct Transfer: Hashable, Sendable {
        var receiver: ReplicaID
        /// At least 1.
        var amount: UInt64
    }

    /// What one replica has done, each number a total since the beginning.
    struct Account: Hashable, Sendable {
        var replica: ReplicaID
        /// By how much it has raised the counter.
        var granted: UInt64 = 0
        /// By how much it has lowered the counter.
        var spent: UInt64 = 0
        /// Sorted by receiver, none to itself.
        var transfers: [Transfer] = []

        var isBlank: Bool { granted | spent == 0 && transfers.isEmpty }
    }

    /// Sorted by replica, none blank.
    var accounts: [Account] = []

    init() {}

    /// How far the counter is above its lower bound, clamped to 64 bits.
    /// - Complexity: O(replicas that ever wrote)
    public var aboveBound: UInt64 {
        // Safe: 128 bits hold the sum of 2^63 accounts.
        var sum: Int128 = 0
        for account in accounts { sum += Int128(account.granted) - Int128(account.spent) }
        return UInt64(clamping: sum)
    }

    /// The value of a counter with the given lower bound, clamped to 64 bits.
    public func value(from lowerBound: Int64) -> Int64 {
        Int64(clamping: Int128(lowerBound) + Int128(aboveBound))
    }

    /// How much `replica` may spend or hand on: what it and others gave it less what it used up.
    ///
    /// At the replica itself this never is more than it truly has; elsewhere it is an estimate.
    /// - Complexity: O(accounts · log transfers)
    public func rights(of replica: ReplicaID) -> UInt64 {
        // Safe: 128 bits hold the sum of 2^63 transfers.
        var rights: Int128 = 0
        for account in accounts {
            if account.replica == replica {
                rights += Int128(account.granted) - Int128(account.spent)
                for transfer in account.transfers { rights -= Int128(transfer.amount) }
            } else {
                rights += Int128(account.handed(to: replica))
            }
        }
        return UInt64(clamping: rights)
    }

    /// What `replica` may spend once it has inherited what earlier boots of its node still have.
    /// - Complexity: O(accounts + transfers)
    public func inheritableRights(of replica: ReplicaID) -> UInt64 {
        func isOfNode(_ other: ReplicaID) -> Bool {
            other == replica || other.isEarlierBoot(of: replica)
        }
        var shares: [ReplicaID: Int128] = [:]
        for account in accounts {
            var handed: Int128 = 0
            for transfer in account.transfers {
                handed += Int128(transfer.amount)
                guard isOfNode(transfer.receiver) else { continue }
                shares[transfer.receiver, default: 0] += Int128(transfer.amount)
            }
            guard isOfNode(account.replica) else { continue }
            shares[account.replica, default: 0] +=
                Int128(account.granted) - Int128(account.spent) - handed
        }
        let own = shares.removeValue(forKey: replica) ?? 0
        return UInt64(clamping: shares.values.reduce(own) { $0 + max(0, $1) })
    }

    /// Joins another state or delta: the larger of any two numbers.
    ///
    /// - Returns: True when this counter changed.
    /// - Complexity: O(m log n) for a delta of m accounts whose replicas are known, and their
    ///   transfers.
    public mutating func join(_ other: BoundedCounter) -> Bool {
        var changed = false
        for account in other.accounts {
            let index = accounts.partitionPoint { $0.replica < account.replica }
            if index < accounts.count && accounts[index].replica == account.replica {
                if accounts[index].join(account) { changed = true }
            } else {
                accounts.insert(account, at: index)
                changed = true
            }
        }
        return changed
    }

    /// What `replica` has done; blank when it has done nothing.
    func account(of replica: ReplicaID) -> Account {
        let index = accounts.partitionPoint { $0.replica < replica }
        guard index < accounts.count, accounts[index].replica == replica else {
            return Account(replica: replica)
        }
        return accounts[index]
    }
}

extension BoundedCounter {
    /// A delta that raises the counter by `amount` as `replica`, which gets the rights. A total that
    /// reaches 2^64 - 1 stays there: then less is granted than was asked for, and nothing overdrawn.
    func granting(_ amount: UInt64, to replica: ReplicaID) -> BoundedCounter {
        var account = account(of: replica)
        let (sum, overflow) = account.granted.addingReportingOverflow(amount)
        account.granted = overflow ? .max : sum
        return BoundedCounter(account)
    }

    /// A delta that lowers the counter by `amount` as `replica`; nil when it lacks the rights.
    func spending(_ amount: UInt64, of replica: ReplicaID) -> BoundedCounter? {
        guard amount <= rights(of: replica) else { return nil }
        var account = account(of: replica)
        let (sum, overflow) = account.spent.addingReportingOverflow(amount)
        account.spent = sum
        return overflow ? nil : BoundedCounter(account)
    }

    /// What the counter will be once somebody has changed it by `amount`: for showing an edit before
    /// it is made, never for sending, since it spends rights of whoever has some.
    public func foreseeing(_ amount: Int64) -> BoundedCounter {
        var foreseen = self
        guard amount < 0 else {
            let first = accounts.first?.replica ?? ReplicaID(raw: 0)
            _ = foreseen.join(granting(amount.magnitude, to: first))
            return foreseen
        }
        var left = min(amount.magnitude, aboveBound)
        for account in accounts where left > 0 {
            let part = min(left, foreseen.rights(of: account.replica))
            guard let delta = foreseen.spending(part, of: account.replica) else { continue }
            _ = foreseen.join(delta)
            left -= part
        }
        return foreseen
    }

    /// A delta that hands rights of `replica` to another; nil when it lacks them or both are one.
    func transferring(
        _ amount: UInt64, of replica: ReplicaID, to receiver: ReplicaID
    ) -> BoundedCounter? {
        guard receiver != replica, amount <= rights(of: replica) else { return nil }
        var account = account(of: replica)
        let (sum, overflow) = account.handed(to: receiver).addingReportingOverflow(amount)
        if amount > 0 {
            _ = account.join(Transfer(receiver: receiver, amount: sum))
        }
        return overflow ? nil : BoundedCounter(account)
    }

    /// A delta that hands to `heir` all that earlier boots of its node still have.
    func bequeathing(to heir: ReplicaID) -> BoundedCounter {
        var known = accounts.flatMap { [$0.replica] + $0.transfers.map(\.receiver) }
        known.removeAll { !$0.isEarlierBoot(of: heir) }
        var delta = BoundedCounter()
        for replica in known {
            let rest = rights(of: replica)
            guard rest > 0, let bequest = transferring(rest, of: replica, to: heir) else {
                continue
            }
            _ = delta.join(bequest)
        }
        return delta
    }

    private init(_ account: Account) { if !account.isBlank { accounts = [account] } }
}

extension ReplicaID {
    /// True of another run of the same node, before this one.
    fileprivate func isEarlierBoot(of other: ReplicaID) -> Bool {
        raw >> 24 == other.raw >> 24 && raw < other.raw
    }
}

extension BoundedCounter.Account {
    /// What this replica has handed to `receiver`, in all.
    func handed(to receiver: ReplicaID) -> UInt64 {
        let index = transfers.partitionPoint { $0.receiver < receiver }
        guard index < transfers.count, transfers[index].receiver == receiver else { return 0 }
        return transfers[index].amount
    }

    /// Joins another state of the same account; true when this one changed.
    mutating func join(_ other: Self) -> Bool {
        var changed = other.granted > granted || other.spent > spent
        granted = max(granted, other.granted)
        spent = max(spent, other.spent)
        for transfer in other.transfers where join(transfer) { changed = true }
        return changed
    }

    /// Keeps the larger total handed to a receiver; true when that is the given one.
    mutating func join(_ transfer: BoundedCounter.Transfer) -> Bool {
        let index = transfers.partitionPoint { $0.receiver < transfer.receiver }
        guard index < transfers.count, transfers[index].receiver == transfer.receiver else {
            transfers.insert(transfer, at: index)
            return true
        }
        guard transfer.amount > transfers[index].amount else { return false }
        transfers[index].amount = transfer.amount
        return true
    }
}
