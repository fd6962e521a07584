// The client as one pure state machine: datagrams, time and the application's wishes in; datagrams,
// events and views out. Game clients, bots, phones and the viewer are all built on it.
//
// The application's loop, once a frame:
//     for each datagram: handle
//     say what it wants: steer, claim, submit, report, look
//     while pollTransmit(into: &batch) { send the batch }
//     while let event = pollEvent() { … }
//     draw: for each id in entityIDs, motion(of: id, now:)
//
// Holds true: shared state is never written here. What the application wants is an intent, and is
// in the world when the server has let it in. It is shown at once all the same (see Foresight), as
// the own avatar's motion is (see Prediction); everybody else's is shown a little behind the
// server's (see PlaybackClock).
//
// The session may end and the client come back (`reconnect`), after a second or an hour: the last
// known world stays in view meanwhile, and what was wished and not answered for good waits in the
// outbox.

public import CairnBasics
public import CairnGeometry
import CairnReplication
import CairnTransport
public import CairnWire
public import CairnWorld

/// One client's sessions with the servers of one world, one after the other.
public struct WorldClient: ~Copyable {
    var configuration: ClientConfiguration
    var endpoint: ClientEndpoint
    /// A join that is tried beside a connection that does not answer; see `joinBeside`.
    var candidate: ClientEndpoint?
    /// When that join was done.
    var candidateReadyAt: Instant?
    /// What the present connection has told; nil until it has said what cells and ticks the world
    /// has.
    var replica: Replica?
    /// What is shown until the present connection has told about as much: the world of the one
    /// before.
    var stale: Replica?
    /// When the present connection welcomed this client.
    var welcomedAt: Instant?

    /// The world's rules and places; nil until the server has welcomed this client.
    public internal(set) var description: WorldDescription?
    /// One input a tick of the world.
    var inputPeriod = TimeSpan.seconds(1) / 20
    /// How the own body may move; nil when it is no avatar's.
    var ownLimits: MovementLimits?
    /// The own body; `EntityID.none` for a spectator and before the welcome.
    public internal(set) var entity = EntityID.none
    /// Why the session is over; nil while it is not.
    public internal(set) var ended: CloseReason?
    /// The newest tick of the server that was heard of.
    public internal(set) var tick: Tick?

    /// What is asked for and not answered for good; see `Outbox.encoded` for saving it.
    public internal(set) var outbox: Outbox
    var foresight = Foresight()
    /// What has become of the edits that were open when the client came back; nil when all that is
    /// known.
    var homecoming: Homecoming?
    /// Below what a server takes, so that no honest burst looks like a flood.
    var pace = RateLimit(perSecond: 16, burst: 24)
    /// The same in bytes of state, each edit with what the server adds to it.
    var bytePace = RateLimit(perSecond: 24_576, burst: 98_304)
    static let editOverhead = 192

    var counted = ClientStatistics()
    var events = RingQueue<ClientEvent>()
    var playback: PlaybackClock?
    var prediction: Prediction?
    /// The own body by the server's newest word.
    var toldMotion: Motion?
    var claimed: ClaimedMotion?
    var steering = SteeringWish()
    var inputClock = InputClock()
    var lastInputAt: Instant?
    /// When an input last went out before its time.
    var turnedAt: Instant?
    /// The newest inputs, oldest first, repeated until newer ones take their place.
    var recentInputs: [SteeringInput] = []
    var claim: PoseClaim?
    var nextSequence: UInt32 = 1
    var nextIntent: UInt32 = 1
    var nextInputAt: Instant
    /// Where a spectator looks, and how far.
    var focus: (centre: Position, radiusMetres: Int)?
    /// The newest edit that was sent on an earlier connection.
    var sentBefore: UInt32 = 0

    /// Events kept for an application that does not take them; the oldest are dropped.
    static let eventLimit = 65_536

    /// - Parameter entropySeed: 32 bytes that nobody can guess.
    public init(_ configuration: ClientConfiguration, entropySeed: [UInt8], now: Instant) {
        self.configuration = configuration
        outbox = configuration.outbox
        endpoint = Self.endpoint(configuration, entropySeed: entropySeed, now: now)
        nextInputAt = now
        resumeForesight()
    }

    static func endpoint(
        _ configuration: ClientConfiguration, entropySeed: [UInt8], now: Instant
    ) -> ClientEndpoint {
        ClientEndpoint(
            token: configuration.token, server: configuration.server, entropySeed: entropySeed,
            now: now, configuration: configuration.endpoint)
    }

    /// True from a welcome to the end of its session.
    public var isPresent: Bool { welcomedAt != nil && ended == nil }

    /// True while what is shown is what was so before the connection was lost.
    public var isStale: Bool { stale != nil || ended != nil && replica != nil }

    /// The next thing that happened.
    public mutating func pollEvent() -> ClientEvent? { events.popFirst() }

    /// - Complexity: O(1) amortised
    mutating func note(_ event: ClientEvent) {
        if events.count == Self.eventLimit { _ = events.popFirst() }
        events.append(event)
    }
}

// MARK: - Wishes

extension WorldClient {
    /// How the avatar should move from now on; an input goes out every tick until the next call.
    public mutating func steer(
        velocity: Velocity, orientation: Orientation, animation: UInt8 = 0
    ) {
        let hasTurned = steering.hasTurned || velocity != steering.velocity
        steering = SteeringWish(
            isSteering: true, hasTurned: hasTurned, velocity: velocity, orientation: orientation,
            animation: animation)
    }

    /// Where the device is; the newest claim goes out with the next packet.
    public mutating func claim(_ motion: Motion) {
        let newest = PoseClaim(sequence: nextSequence, motion: motion)
        claim = newest
        if claimed == nil { claimed = ClaimedMotion() }
        claimed?.take(newest)
        nextSequence &+= 1
    }

    /// Sends what a device saw of the anchors around it, as the Anchors room encodes it.
    ///
    /// Nothing is kept for later: where a device was then says little about where it is.
    public mutating func report(sightings: [UInt8]) {
        if isPresent { send(.sightings(sightings)) }
    }

    /// Looks at another place; for spectators.
    public mutating func look(at position: Position, radiusMetres: UInt16) {
        focus = (position, Int(radiusMetres))
        if isPresent { send(.look(at: position, radiusMetres: radiusMetres)) }
    }

    /// Says goodbye; the session is over.
    public mutating func leave(into batch: inout DatagramBatch, now: Instant) {
        guard ended == nil else { return }
        if endpoint.state == .connected, !batch.isFull {
            endpoint.close(CloseReason(.normal), now: now, into: &batch)
        }
        end(CloseReason(.normal))
    }

    mutating func end(_ reason: CloseReason) {
        guard ended == nil else { return }
        ended = reason
        note(.ended(reason))
    }
}

/// How the application wants the avatar to move.
struct SteeringWish {
    /// False until the application steers for the first time.
    var isSteering = false
    /// True when the velocity has changed since the last input.
    var hasTurned = false
    var velocity = Velocity.zero
    var orientation = Orientation.identity
    var animation: UInt8 = 0
}
