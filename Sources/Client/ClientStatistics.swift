public import CairnBasics

/// What a client has counted and measured since it started.
public struct ClientStatistics: Hashable, Sendable {
    public var packets: UInt64 = 0
    public var bytesReceived: UInt64 = 0
    public var bytesSent: UInt64 = 0
    /// Ticks of which at least one packet arrived.
    public var ticks: UInt64 = 0
    /// Frames, blocks or messages of the server that could not be read. Always 0 between honest
    /// ends.
    public var decodeErrors: UInt64 = 0
    /// Pages whose reconstructed state was compared with the server's own digest, and those that
    /// differed. A difference is a bug: somebody sees another world.
    public var digestsCompared: UInt64 = 0
    public var divergences: UInt64 = 0
    /// States of entities taken in, the measure of how much of the world a client gets to see.
    public var entityUpdates: UInt64 = 0
    public var roundTrip = TimeSpan.zero
    /// Share of sent packets that were lost, in 0...1.
    public var lossShare = 0.0
    /// Packets of the server that have not arrived.
    public var packetsMissing: UInt64 = 0
    public var jitter = TimeSpan.zero
    /// The last correction of the own avatar in metres.
    public var correctionMetres = 0.0

    public init() {}
}
