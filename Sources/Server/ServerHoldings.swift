// What clients can make a server keep, in one place, so that an operator can watch it and a test can
// hold that every part of it has an end.

import CairnBasics
public import CairnGeometry
import CairnReplication
import CairnTransport
public import CairnWorld

/// What a server holds in memory at one moment; plain numbers.
public struct ServerHoldings: Hashable, Sendable {
    /// Connections with a session, joined and not yet entered ones among them.
    public var sessions = 0
    /// Pages that all clients together follow or are leaving.
    public var followedPages = 0
    /// Reliable bytes queued for clients and not acknowledged.
    public var queuedBytes = 0
    /// Accepted intents whose record is not on the disk.
    public var intentsAwaitingDisk = 0
    /// Lines kept for the agents' next view, and events kept for the operator's log.
    public var heardLines = 0
    public var events = 0
    public var entities = 0
    /// Exchanges that somebody waits for.
    public var offers = 0

    public init() {}
}

extension WorldServer {
    /// What is held now.
    /// - Complexity: O(clients)
    public var holdings: ServerHoldings {
        var holdings = ServerHoldings()
        for index in sessions.indices {
            guard sessions.contains(index) else { continue }
            holdings.followedPages += subscriptions[index].pageCount
            holdings.sessions += 1
            holdings.intentsAwaitingDisk += sessions[index].awaitingDurability.count
            let connection = endpoint.statistics(of: sessions[index].connection)
            holdings.queuedBytes += connection?.queuedBytes ?? 0
        }
        holdings.heardLines = heard.count
        holdings.events = events.count
        holdings.entities = world.table.count
        holdings.offers = offers.count
        return holdings
    }

    /// What an account has in the world.
    public func holding(of identity: UInt64) -> Holding { world.holding(of: identity) }

    /// Where the clients are told from, by connection: their bodies, or where they look.
    /// - Complexity: O(clients)
    public var viewpoints: [Position] {
        sessions.indices.compactMap { sessions.contains($0) ? place(ofSession: $0) : nil }
    }
}
