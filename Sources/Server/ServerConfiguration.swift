// What an operator decides about a server, as opposed to what an author decides about a world.

public import CairnBasics
public import CairnReplication
public import CairnStore
public import CairnTransport

/// The settings of one server.
public struct ServerConfiguration: Sendable {
    public var endpoint: ServerEndpointConfiguration
    /// This node's number; with the boot it names the replica that writes here.
    public var node: UInt8
    /// The other nodes of the world; empty for one that is alone. The node with the lowest number of
    /// all founds the world: it places the world file's objects and runs its characters.
    public var peers: [UInt8]
    /// How many packets one client gets in one tick at most: four fill 1.9 Mbit/s at 20 Hz, which
    /// is what a full square needs while keyframes arrive.
    public var packetsPerClientTick: Int
    /// What state may take of one client's line where the client does not say, in bytes a tick: one
    /// datagram, since a second one costs as much again.
    public var usualBytesPerTick: Int
    /// How many of the bodies nearest to a client it is told of in every tick.
    public var freshEntities: Int
    /// How often the agents get a view of the world.
    public var agentsPeriod: TimeSpan
    /// How many things one identity may have in the world; operators may have any number.
    public var thingsPerIdentity: Int
    /// About how many bytes all things of one identity may take together; operators' any number.
    public var bytesPerIdentity: Int
    /// What one client may cause, in bytes of state and speech (see `cost`): so much a second, and so
    /// much at once after a quiet time. A crowd of two hundred hears a line of speech for 25 KiB.
    public var budgetPerSecond: Int
    public var budgetBurst: Int
    /// How many entities the world holds: what one node replicates in time, and keeps in memory.
    public var entityLimit: Int
    /// How far back a client is believed about what was on its screen when it acted, a second at most:
    /// a quarter covers 150 ms there and back and the picture's own delay. Zero keeps no history.
    public var rewindLimit: TimeSpan
    /// From what share of a tick's time on the server gives something up, in hundredths; nil for one
    /// that rather lets its ticks come late.
    public var overloadPercent: Int?
    /// When a checkpoint takes the journal's place.
    public var retention: RetentionPolicy

    public init(
        endpoint: ServerEndpointConfiguration, node: UInt8 = 1, peers: [UInt8] = [],
        packetsPerClientTick: Int = 4,
        usualBytesPerTick: Int = 1_200, freshEntities: Int = InterestRules.usualFreshEntities,
        agentsPeriod: TimeSpan = .milliseconds(200), thingsPerIdentity: Int = 1_024,
        bytesPerIdentity: Int = 1 << 20, budgetPerSecond: Int = 32_768,
        budgetBurst: Int = 131_072, entityLimit: Int = 65_536,
        rewindLimit: TimeSpan = .milliseconds(250),
        overloadPercent: Int? = OverloadLadder.usualLimitPercent,
        retention: RetentionPolicy = RetentionPolicy()
    ) {
        self.endpoint = endpoint
        self.node = node
        self.peers = peers
        self.packetsPerClientTick = packetsPerClientTick
        self.usualBytesPerTick = usualBytesPerTick
        self.freshEntities = freshEntities
        self.agentsPeriod = agentsPeriod
        self.thingsPerIdentity = thingsPerIdentity
        self.bytesPerIdentity = bytesPerIdentity
        self.budgetPerSecond = budgetPerSecond
        self.budgetBurst = budgetBurst
        self.entityLimit = entityLimit
        self.rewindLimit = rewindLimit
        self.overloadPercent = overloadPercent
        self.retention = retention
    }
}
