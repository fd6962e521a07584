public import CairnPeers

/// What the server has counted since it started; plain numbers, for reports and metrics.
public struct ServerCounters: Hashable, Sendable {
    /// Steps of the world.
    public var ticks: UInt64 = 0
    /// Clients that joined, and those that left or died.
    public var joins: UInt64 = 0
    public var leaves: UInt64 = 0
    /// What clients did that no honest one does: sent what cannot be read, or too much, or did not
    /// take in what they were sent. Each ends its session.
    public var malformed: UInt64 = 0
    public var intentsAccepted: UInt64 = 0
    public var intentsRefused: UInt64 = 0
    /// Steering inputs and pose claims that the tally did not admit.
    public var motionsRefused: UInt64 = 0
    /// Wishes of characters that the door refused.
    public var characterRefusals: UInt64 = 0
    /// Records handed to the journal, and those known to be on disk.
    public var journalRecords: UInt64 = 0
    public var journalCommits: UInt64 = 0
    /// Sightings messages from devices, and those that moved a device's frame.
    public var sightings: UInt64 = 0
    public var registrations: UInt64 = 0
    /// States that clients were not told for the load's sake: one a client and tick.
    public var statesWithheld: UInt64 = 0
    /// Clients and characters that lost their body to the other nodes, which had not heard of this
    /// one for too long; and bodies of silent nodes that this one has deleted.
    public var bodiesLost: UInt64 = 0
    public var bodiesSwept: UInt64 = 0
    public var peers = PeerCounters()

    public init() {}
}
