// Sessions that outlive a connection: what is remembered of them, and for how long.
//
// The rule for an intent that comes a second time is in `SessionOutcomes`. It holds only where all
// that the session has had performed is known, and that is so on the node that served it last: what
// that node let out is in its lattice, and what a crash took was never performed. A welcome therefore
// gives out a resumption (when, and by which node), and the next entrance gives it back. If it is of
// another node, or from before the time that is remembered, what was sent under it may have been
// performed without a trace here, and the client is told to ask, not to send it again.

import CairnBasics
import CairnCRDT
import CairnWire
import CairnWorld

extension WorldServer {
    /// How often the ledgers are searched for those that have had their time, in milliseconds.
    static let ledgerSweepMilliseconds: UInt64 = 600_000
    /// A ledger that has so little time left is not written to any more, so that none is deleted
    /// elsewhere while it is.
    static let ledgerMarginMilliseconds: UInt64 = 3_600_000

    /// What the welcome of a session gives out: the time in milliseconds and the node.
    func resumption(of session: UInt64, wallMilliseconds: UInt64) -> UInt64 {
        guard session != 0 else { return 0 }
        return min(wallMilliseconds, HybridTime.maximumMilliseconds) << 8
            | UInt64(configuration.node)
    }

    /// Whether everything that a session has had performed is known here.
    func isKnown(_ entrance: Entrance, of identity: UInt64, wallMilliseconds: UInt64) -> Bool {
        guard entrance.session != 0 else { return entrance.resumption == 0 }
        // Nothing was sent before a first welcome.
        guard entrance.resumption != 0 else { return true }
        guard entrance.resumption & 0xff == UInt64(configuration.node) else { return false }
        let since = min(entrance.resumption >> 8, HybridTime.maximumMilliseconds)
        if wallMilliseconds <= since + SessionLimits.retentionMilliseconds { return true }
        return !ledgers(
            of: identity, session: entrance.session, wallMilliseconds: wallMilliseconds
        ).isEmpty
    }

    /// What is known of a session on this node.
    func outcomes(
        of identity: UInt64, session: UInt64, wallMilliseconds: UInt64
    ) -> SessionOutcomes {
        guard session != 0 else { return SessionOutcomes(session: session) }
        return Self.outcomes(
            in: ledgers(of: identity, session: session, wallMilliseconds: wallMilliseconds),
            of: session)
    }

    private static func outcomes(in ledgers: [Ledger], of session: UInt64) -> SessionOutcomes {
        var all = SessionOutcomes(session: session)
        for ledger in ledgers { all.join(ledger.outcomes) }
        return all
    }

    /// Remembers that an intent was performed, to be journalled with what it did.
    mutating func remember(
        _ number: UInt32, created: EntityID, of identity: UInt64, session: UInt64,
        wallMilliseconds: UInt64
    ) {
        guard session != 0 else { return }
        let known = ledgers(of: identity, session: session, wallMilliseconds: wallMilliseconds)
        var all = Self.outcomes(in: known, of: session)
        all.note(number, created: created)
        let value = Scalar.bytes(all.encoded)
        let mine = known.first {
            $0.id.replica == author.replica
                && wallMilliseconds + Self.ledgerMarginMilliseconds < $0.expiry
        }
        if let mine {
            commit(
                author.set(
                    mine.id, .sessionOutcomes, value, wallMilliseconds: wallMilliseconds))
            return
        }
        var (id, delta) = author.create(
            kind: .ledger, owner: identity, wallMilliseconds: wallMilliseconds)
        delta.join(
            author.set(id, .sessionOutcomes, value, wallMilliseconds: wallMilliseconds))
        // What earlier boots of this node knew is in the new one.
        for ledger in known where isOwn(ledger.id) {
            delta.join(author.delete(ledger.id, in: world.lattice))
        }
        commit(delta)
        limitLedgers(of: identity)
    }

    /// Deletes what has had its time. Other nodes delete their own, unless they are gone for good.
    mutating func expireLedgers(wallMilliseconds: UInt64) {
        guard wallMilliseconds >= nextLedgerSweep else { return }
        nextLedgerSweep = wallMilliseconds + Self.ledgerSweepMilliseconds
        for id in world.ledgers.sortedIDs {
            let expiry = ledger(id)?.expiry ?? 0
            let grace = isOwn(id) ? 0 : SessionLimits.retentionMilliseconds
            guard expiry + grace < wallMilliseconds else { continue }
            commit(author.delete(id, in: world.lattice))
        }
    }

    private struct Ledger {
        let id: EntityID
        let outcomes: SessionOutcomes
        /// When it has had its time, in milliseconds of Unix time.
        let expiry: UInt64
    }

    private func ledgers(
        of identity: UInt64, session: UInt64, wallMilliseconds: UInt64
    ) -> [Ledger] {
        world.ledgers.ids(of: identity).compactMap { ledger($0) }.filter {
            $0.outcomes.session == session && wallMilliseconds <= $0.expiry
        }
    }

    private func ledger(_ id: EntityID) -> Ledger? {
        guard let register = world.lattice[id]?[.sessionOutcomes]?.latest,
            case .bytes(let bytes) = register.value,
            let outcomes = try? SessionOutcomes(decoding: bytes.rawBytes)
        else { return nil }
        return Ledger(
            id: id, outcomes: outcomes,
            expiry: register.stamp.time.milliseconds + SessionLimits.retentionMilliseconds)
    }

    private func isOwn(_ id: EntityID) -> Bool {
        id.replica.node == configuration.node
    }

    private mutating func limitLedgers(of identity: UInt64) {
        var own = world.ledgers.ids(of: identity).filter { isOwn($0) }
            .map { (id: $0, expiry: ledger($0)?.expiry ?? 0) }
        while own.count > SessionLimits.sessionsPerIdentity,
            let oldest = own.min(by: { ($0.expiry, $0.id) < ($1.expiry, $1.id) })
        {
            own.removeAll { $0.id == oldest.id }
            commit(author.delete(oldest.id, in: world.lattice))
        }
    }
}
