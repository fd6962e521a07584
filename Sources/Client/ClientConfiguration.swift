public import CairnBasics
public import CairnWire
public import CairnWorld

/// How a client joins.
public struct ClientConfiguration: Sendable {
    /// Who the client is, and its leave to join.
    public var token: ConnectToken
    public var server: NetworkAddress
    public var entrance: Entrance

    public init(
        token: ConnectToken, server: NetworkAddress, entrance: Entrance = Entrance()
    ) {
        self.token = token
        self.server = server
        self.entrance = entrance
    }
}

/// What has happened, in the order in which the client learned of it.
public enum ClientEvent: Hashable, Sendable {
    /// The world is known and state flows.
    case entered(entity: EntityID)
    /// The session is over; nothing comes after this.
    case ended(CloseReason)
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
