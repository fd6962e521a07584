// How the connection does: what the header and the status line say.
public import CairnBasics

/// Whether anything is being shown, and if not, why.
public enum SceneConnection: Equatable, Sendable {
    case connecting
    case connected
    /// What is shown is the last that was known.
    case reconnecting
    /// Closed, with the reason as a sentence for people.
    case closed(reason: String)
}

/// The figures of the header and the status line; nil where none is known yet.
public struct SceneStatus: Equatable, Sendable {
    public var connection: SceneConnection
    public var serverAddress: String
    public var worldName: String
    /// The newest tick received.
    public var tick: Tick?
    /// The world's steps a second.
    public var hertz: Int
    /// Bytes received a second, with their datagram headers or not as the owner counts.
    public var bytesPerSecond: Double
    public var packetsPerSecond: Double
    /// Lost packets of all sent, 0...1.
    public var lossRatio: Double
    public var roundTrip: TimeSpan?
    /// How far behind the server's newest state everybody is shown.
    public var presentationDelay: TimeSpan?
    /// Entities that the replica holds.
    public var entityCount: Int
    /// Times that the replica's state differed from the server's digest of it.
    public var divergenceCount: Int
    /// How fast the world goes: 1, or less while an overloaded server slows its time.
    public var timeScale: Double

    public init(
        connection: SceneConnection = .connecting, serverAddress: String = "",
        worldName: String = "", tick: Tick? = nil, hertz: Int = 0, bytesPerSecond: Double = 0,
        packetsPerSecond: Double = 0, lossRatio: Double = 0, roundTrip: TimeSpan? = nil,
        presentationDelay: TimeSpan? = nil, entityCount: Int = 0, divergenceCount: Int = 0,
        timeScale: Double = 1
    ) {
        self.connection = connection
        self.serverAddress = serverAddress
        self.worldName = worldName
        self.tick = tick
        self.hertz = hertz
        self.bytesPerSecond = bytesPerSecond
        self.packetsPerSecond = packetsPerSecond
        self.lossRatio = lossRatio
        self.roundTrip = roundTrip
        self.presentationDelay = presentationDelay
        self.entityCount = entityCount
        self.divergenceCount = divergenceCount
        self.timeScale = timeScale
    }
}
