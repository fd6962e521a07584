public import CairnBasics
public import CairnWire

/// What a server endpoint needs to know before its first datagram.
public struct ServerEndpointConfiguration: Sendable {
    /// Keys whose tokens are honoured; more than one while keys are being rotated.
    public var tokenKeys: [TokenKey]
    /// Tokens and identities that are honoured no longer.
    public var revoked = RevocationList()
    /// Told the keys of every session, for debugging; see `KeyLog`.
    public var keyLog: KeyLog?
    /// Which server this is: a token names those it is for.
    public var serverID: UInt64
    /// Counts the boots of this server; part of every session's keys.
    public var epoch: UInt64
    public var maximumConnections: Int
    /// How long a silent peer is kept, so that a phone in a pocket finds its session again. One that
    /// is quiet for `TransportLimits.quietAfter` is sent next to nothing meanwhile.
    public var idleTimeout: TimeSpan
    /// How long a join may stay without the client's first packet.
    public var joinTimeout: TimeSpan
    /// Joins whose keys may be computed in a second: about 80 µs each, so 2,000 take a sixth of a
    /// core; a client above that asks again.
    public var joinsPerSecond: Int
    /// Bytes that one peer may draw in a second, and as many again after a quiet time; nil for as
    /// many as the path takes. The default is 10 Mbit/s, five times what a full square needs.
    public var bytesPerSecond: Int?
    /// Packets that one peer may send in a second, and one more for each packet it is sent; beyond
    /// them it is throttled, then cut off. A game sends 20 to 128, and a message of 256 KiB is 230.
    public var packetsPerSecond: Int
    /// Bytes of messages kept for all peers together, both ways. When it is reached, whoever has
    /// more than an equal share gets no more.
    public var retainedBytes: Int

    /// The largest UDP payload that this end takes, for clients to know.
    public var maximumDatagramBytes: Int
    /// What this end takes in of reliable messages of one peer at once, for clients to know.
    public var window = MessageWindow.least
    /// What it keeps of reliable messages for one peer, whatever that peer takes in.
    public var queueLimit = TransportLimits.windowBytes
    /// When to change keys.
    public var keyLimits: KeyLimits
    /// Told of every seal, in tests.
    public var sealLedger: SealLedger?

    public init(
        tokenKeys: [TokenKey], serverID: UInt64, epoch: UInt64 = 0,
        maximumConnections: Int = 10_000, idleTimeout: TimeSpan = .seconds(60),
        joinTimeout: TimeSpan = .seconds(5), joinsPerSecond: Int = 2_000,
        bytesPerSecond: Int? = 1_250_000, packetsPerSecond: Int = 2_000,
        retainedBytes: Int = 1 << 30,
        maximumDatagramBytes: Int = HelloExtensions.defaultDatagramBytes,
        keyLimits: KeyLimits = KeyLimits(), sealLedger: SealLedger? = nil
    ) {
        precondition(maximumConnections > 0 && joinsPerSecond > 0)
        self.tokenKeys = tokenKeys
        self.serverID = serverID
        self.epoch = epoch
        self.maximumConnections = maximumConnections
        self.idleTimeout = idleTimeout
        self.joinTimeout = joinTimeout
        self.joinsPerSecond = joinsPerSecond
        self.maximumDatagramBytes = maximumDatagramBytes
        self.keyLimits = keyLimits
        self.sealLedger = sealLedger
        self.bytesPerSecond = bytesPerSecond
        self.packetsPerSecond = packetsPerSecond
        self.retainedBytes = retainedBytes
    }
}

/// What an endpoint did with datagrams that moved nothing, and with joins.
public struct ServerEndpointCounters: Hashable, Sendable {
    public var datagramsReceived: UInt64 = 0
    /// No known type, wrong length, or a connection id that nobody has.
    public var datagramsIgnored: UInt64 = 0
    public var replaysRefused: UInt64 = 0
    public var forgeriesRefused: UInt64 = 0
    public var cookiesSent: UInt64 = 0
    public var cookiesRefused: UInt64 = 0
    public var tokensMalformed: UInt64 = 0
    public var tokensOfUnknownKey: UInt64 = 0
    public var tokensForOtherServers: UInt64 = 0
    public var tokensExpired: UInt64 = 0
    public var tokensRevoked: UInt64 = 0
    public var tokensForged: UInt64 = 0
    /// Hellos whose sender did not hold the token's secret.
    public var proofsRefused: UInt64 = 0
    public var joinsRefused: UInt64 = 0
    /// Those of them that came while `isAdmitting` was false.
    public var joinsRefusedByLoad: UInt64 = 0
    /// Hellos dropped because `joinsPerSecond` was reached.
    public var joinsDeferred: UInt64 = 0
    public var joinsStarted: UInt64 = 0
    public var joinsCompleted: UInt64 = 0
    public var pathChallengesSent: UInt64 = 0
    public var violations: UInt64 = 0
    /// Packets of peers that sent more than they may, dropped unopened.
    public var packetsThrottled: UInt64 = 0
    /// Datagrams dropped unread because their source had had its share (see `SourceLimits`).
    public var sourcesLimited: UInt64 = 0
    /// How often more came to nothing than any accident explains (see `LoadWatch`).
    public var loadPeriods: UInt64 = 0
    /// Answers that found the batch full and were not sent.
    public var repliesDropped: UInt64 = 0

    public init() {}

    mutating func note(_ error: OpeningError) {
        switch error {
        case .replayed: replaysRefused &+= 1
        case .forged: forgeriesRefused &+= 1
        }
    }

    mutating func note(_ error: TokenError) {
        switch error {
        case .malformed: tokensMalformed &+= 1
        case .unknownKey: tokensOfUnknownKey &+= 1
        case .wrongServer: tokensForOtherServers &+= 1
        case .expired: tokensExpired &+= 1
        case .revoked: tokensRevoked &+= 1
        case .forged: tokensForged &+= 1
        }
    }
}
