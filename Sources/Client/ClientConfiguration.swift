public import CairnBasics
public import CairnTransport
public import CairnWire
public import CairnWorld

/// How a client joins.
public struct ClientConfiguration: Sendable {
    /// Who the client is, and its leave to join.
    public var token: ConnectToken
    public var server: NetworkAddress
    /// What to see; which session it is, the outbox knows.
    public var entrance: Entrance
    /// What an earlier process left to be done; an empty one with a random session to be able to
    /// come back; by default one without, whose edits end with the connection.
    public var outbox: Outbox
    /// False for a client that draws nothing, such as a bot: others are where the server has last
    /// said, and what it takes to show them smoothly is not kept.
    public var isWatched = true
    /// Timeouts, sizes and keys of its connections.
    public var endpoint: ClientEndpointConfiguration

    public init(
        token: ConnectToken, server: NetworkAddress, entrance: Entrance = Entrance(),
        outbox: Outbox = Outbox(),
        endpoint: ClientEndpointConfiguration = ClientEndpointConfiguration()
    ) {
        self.token = token
        self.server = server
        self.entrance = entrance
        self.outbox = outbox
        self.endpoint = endpoint
    }
}

/// What has happened, in the order in which the client learned of it.
public enum ClientEvent: Hashable, Sendable {
    /// The world is known and state flows.
    case entered(entity: EntityID)
    /// The session is over; nothing comes after this, until `reconnect`.
    case ended(CloseReason)
    /// The client is in the world again. When the session is not known any more, edits that were
    /// sent and not answered may or may not have been performed; what the server cannot tell of
    /// them is refused, each on its own, as too old.
    case returned(sessionIsKnown: Bool)
    /// All edits that were open at the return have been answered.
    case caughtUp(Homecoming)
    /// Somebody or something came into view.
    case appeared(EntityID)
    /// It went out of view, or out of the world.
    case disappeared(EntityID, wasDeleted: Bool)
    /// Its shared state changed.
    case changed(EntityID)
    /// Somebody near said something.
    case heard(speaker: EntityID, name: String, text: String)
    /// The server took the intent into the world; `created` is what a creation made.
    case accepted(intent: UInt32, created: EntityID)
    /// Every accepted intent up to this number is on the server's disk.
    case durable(through: UInt32)
    /// The server did not take the intent, and says why and what it would take.
    case refused(intent: UInt32, Refusal)
    /// Where the device's own frame lies in the world, as the Anchors room decodes it.
    case devicePose([UInt8])
    /// Another body offers an exchange; `.trade(with: by, mine: wants, theirs: gives)` takes it up.
    case offered(by: EntityID, gives: [EntityID], wants: [EntityID])
}
