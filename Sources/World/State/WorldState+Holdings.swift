// How much of the world each account has: counted as the table follows the lattice, so it is right
// after a restart and whoever made the change, this node or another.

import CairnBasics

/// What one account has in the world.
public struct Holding: Hashable, Sendable {
    /// Things, not bodies.
    public var things = 0
    /// About what all of these take in memory and in a journal.
    public var bytes = 0

    public init(things: Int = 0, bytes: Int = 0) {
        self.things = things
        self.bytes = bytes
    }
}

extension WorldState {
    /// What an account has.
    /// - Complexity: O(1) expected
    public func holding(of owner: UInt64) -> Holding { holdings[owner] ?? Holding() }

    /// True for a body, which comes and goes with its session.
    public func isBody(row: Int) -> Bool { bodyKinds.contains(table.kinds[row]) }

    /// Counts a row for whoever owns it, or no longer; bodies count for nobody.
    mutating func count(row: Int, _ sign: Int) {
        guard !isBody(row: row) else { return }
        var holding = holding(of: table.owners[row])
        holding.things += sign
        holding.bytes += sign * table.storedBytes[row]
        holdings[table.owners[row]] = holding.things > 0 ? holding : nil
    }
}
