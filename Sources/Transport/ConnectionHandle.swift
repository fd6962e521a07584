public import CairnBasics
public import CairnWire

/// Names one connection of a server endpoint; a slot's next tenant has another generation.
public struct ConnectionHandle: Hashable, Sendable {
    /// The slot: dense, so that it can index the caller's own flat arrays.
    public let index: Int
    public let generation: UInt32
}

/// What a datagram meant to a server.
public enum Arrival: Hashable, Sendable {
    /// Nothing for the caller: a part of a handshake, or something that deserves no notice.
    case nothing
    /// A client proved its keys. Frames of the application in that same packet are not handed out;
    /// messages are, by `pollMessage`.
    case joined(ConnectionHandle, ClientIdentity)
    /// A genuine packet: its frames lie in this range of the datagram, opened in place.
    case packet(ConnectionHandle, payload: Range<Int>)
    /// The peer said goodbye, or broke the protocol and was cut off.
    case closed(ConnectionHandle, CloseReason)
}

/// What a datagram meant to a client.
public enum ClientArrival: Hashable, Sendable {
    case nothing
    /// The server answered and its keys hold: packets may be sent.
    case connected
    /// A genuine packet: its frames lie in this range of the datagram, opened in place.
    case packet(payload: Range<Int>)
    case closed(CloseReason)
}

/// A connection that ended without a datagram saying so.
public struct ClosedConnection: Hashable, Sendable {
    public let handle: ConnectionHandle
    public let identity: ClientIdentity
    public let reason: CloseReason
}

/// What became of a packet that carried frames worth acknowledging; one receipt each.
///
/// Numbers that `finishPacket` never returned are the transport's own packets: ignore them.
public enum Receipt: Hashable, Sendable {
    case acknowledged(UInt64)
    /// Declared lost; it may still arrive, and then nothing says so.
    case lost(UInt64)
}

/// What a connection has seen so far.
public struct ConnectionStatistics: Hashable, Sendable {
    /// Smoothed round trip (RFC 9002); nil before the first sample.
    public var roundTrip: TimeSpan?
    public var roundTripVariation: TimeSpan = .zero
    public var minimumRoundTrip: TimeSpan = .zero
    public var packetsSent: UInt64 = 0
    public var packetsReceived: UInt64 = 0
    public var bytesSent: UInt64 = 0
    public var bytesReceived: UInt64 = 0
    public var packetsAcknowledged: UInt64 = 0
    public var packetsLost: UInt64 = 0
    /// Packets that were taken for lost and arrived after all.
    public var packetsLate: UInt64 = 0
    /// Packets of the peer that have not arrived: numbers below the newest one that it did not skip.
    public var packetsMissing: UInt64 = 0
    public var replaysRefused: UInt64 = 0
    public var forgeriesRefused: UInt64 = 0
    public var bytesInFlight = 0
    public var congestionWindow = 0
    /// The largest datagram that this end sends, as far as the path is known.
    public var datagramBytes = DatagramBatch.datagramBytes
    /// True when another flow is thought to keep the path's queue full.
    public var isCompeting = false
    /// What reliable messages cost that are not yet acknowledged: their bytes, and
    /// `TransportLimits.messageOverhead` each.
    public var queuedBytes = 0
    /// Unreliable and sequenced messages that this end dropped for want of room or age.
    public var messagesDropped: UInt64 = 0
    /// Sequenced messages that came after a newer one.
    public var messagesOutdated: UInt64 = 0
    /// How often the peer moved to a new, validated address.
    public var addressChanges: UInt64 = 0
    /// The largest UDP payload that the peer takes, as its hello says.
    public var peerMaximumDatagramBytes = HelloExtensions.defaultDatagramBytes
    /// A one-way name of the key that seals what this end sends, for nonce ledgers.
    public var sealingKey: UInt64 = 0
    /// How often this end has changed its key, and how often the peer has.
    public var sealingPhase: UInt64 = 0
    public var openingPhase: UInt64 = 0
    /// Packets sealed so far are all below this number.
    public var nextPacketNumber: UInt64 = 0
}
