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
// Holds true: shared state is never written here. What the application wants is an intent, and
// appears when the server has let it in. Only the own avatar's motion is shown ahead of the server
// (see Prediction), and everybody else's a little behind it (see PlaybackClock).

public import CairnBasics
public import CairnCRDT
public import CairnGeometry
import CairnReplication
import CairnTransport
public import CairnWire
public import CairnWorld

/// One client's session with one server.
public struct WorldClient: ~Copyable {
    let configuration: ClientConfiguration
    var endpoint: ClientEndpoint
    /// What this client sees; nil until the server has said what cells and ticks the world has.
    var replica: Replica?

    /// The world's rules and places; nil until the server has welcomed this client.
    public internal(set) var description: WorldDescription?
    /// The own body; `EntityID.none` for a spectator and before the welcome.
    public internal(set) var entity = EntityID.none
    /// Why the session is over; nil while it is not.
    public internal(set) var ended: CloseReason?
    /// The newest tick of the server that was heard of.
    public internal(set) var tick: Tick?

    var counted = ClientStatistics()
    var events: [ClientEvent] = []
    /// How many of them, from the first, have been polled or dropped.
    var takenEvents = 0
    var playback: PlaybackClock?
    var prediction: Prediction?
    var steering = SteeringWish()
    var inputClock = InputClock()
    var lastInputAt: Instant?
    /// The newest inputs, oldest first, repeated until newer ones take their place.
    var recentInputs: [SteeringInput] = []
    var claim: PoseClaim?
    var nextSequence: UInt32 = 1
    var nextIntent: UInt32 = 1
    var nextInputAt: Instant
    /// Where a spectator looks, and how far.
    var focus: (centre: Position, radiusMetres: Int)?
    /// Messages that wait until the client is in the world.
    var unsent: [ClientMessage] = []

    /// Events kept for an application that does not take them; the oldest are dropped.
    static let eventLimit = 65_536
    /// Messages kept until the join is done.
    static let unsentLimit = 256

    /// - Parameter entropySeed: 32 bytes that nobody can guess.
    public init(_ configuration: ClientConfiguration, entropySeed: [UInt8], now: Instant) {
        self.configuration = configuration
        endpoint = ClientEndpoint(
            token: configuration.token, server: configuration.server, entropySeed: entropySeed,
            now: now)
        nextInputAt = now
    }

    /// True from the welcome to the end of the session.
    public var isPresent: Bool { description != nil && ended == nil }

    /// The next thing that happened.
    public mutating func pollEvent() -> ClientEvent? {
        guard takenEvents < events.count else {
            events.removeAll(keepingCapacity: true)
            takenEvents = 0
            return nil
        }
        takenEvents += 1
        return events[takenEvents - 1]
    }

    /// - Complexity: O(1) amortised
    mutating func note(_ event: ClientEvent) {
        if events.count - takenEvents == Self.eventLimit { takenEvents += 1 }
        if takenEvents >= Self.eventLimit {
            events.removeFirst(takenEvents)
            takenEvents = 0
        }
        events.append(event)
    }
}

// MARK: - Wishes

extension WorldClient {
    /// How the avatar should move from now on; an input goes out every tick until the next call.
    public mutating func steer(
        velocity: Velocity, orientation: Orientation, animation: UInt8 = 0
    ) {
        steering = SteeringWish(
            isSteering: true, velocity: velocity, orientation: orientation, animation: animation)
    }

    /// Where the device is; the newest claim goes out with the next packet.
    public mutating func claim(_ motion: Motion) {
        claim = PoseClaim(sequence: nextSequence, motion: motion)
        nextSequence &+= 1
    }

    /// Asks for a change of shared state.
    ///
    /// - Returns: The intent's number, which `accepted`, `durable` or `refused` will name.
    @discardableResult
    public mutating func submit(_ intent: Intent) -> UInt32 {
        let number = nextIntent
        nextIntent &+= 1
        send(.intent(number: number, intent))
        return number
    }

    /// Sends what a device saw of the anchors around it, as the Anchors room encodes it.
    public mutating func report(sightings: [UInt8]) { send(.sightings(sightings)) }

    /// Looks at another place; for spectators.
    public mutating func look(at position: Position, radiusMetres: UInt16) {
        focus = (position, Int(radiusMetres))
        send(.look(at: position, radiusMetres: radiusMetres))
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
    var velocity = Velocity.zero
    var orientation = Orientation.identity
    var animation: UInt8 = 0
}

// MARK: - Views

extension WorldClient {
    /// What is in view, ascending.
    /// - Complexity: O(n log n)
    public var entityIDs: [EntityID] {
        guard let entities = replica?.entities else { return [] }
        return entities.rows.filter { entities.isVisible(row: $0) }.map { entities.ids[$0] }
            .sorted()
    }
    public var entityCount: Int { replica?.entities.visibleCount ?? 0 }

    /// A pose of the world as a GeoPose; nil in a world that is nowhere on Earth.
    public func geoPose(of motion: Motion) -> GeoPose? {
        guard let origin = description?.origin,
            let frame = WorldOrigin(
                latitudeDegrees: origin.latitudeDegrees,
                longitudeDegrees: origin.longitudeDegrees, heightMetres: origin.heightMetres)
        else { return nil }
        return frame.geoPose(position: motion.position, orientation: motion.orientation)
    }

    /// The kind of something in view.
    public func kind(of id: EntityID) -> KindDescription? {
        guard let entities = replica?.entities, let row = entities.row(of: id) else { return nil }
        return description?.kind(entities.kinds[row])
    }

    /// Where to draw something in view now: the own avatar by prediction, everybody else by
    /// interpolation between what the server has said.
    public func motion(of id: EntityID, now: Instant) -> Motion? {
        if id == entity, let prediction { return prediction.shown(now: now) }
        guard let entities = replica?.entities, let row = entities.row(of: id),
            let description, let moment = playback?.presentationTick(now: now)
        else { return nil }
        return entities.motion(row: row, at: moment, tickHertz: description.tickHertz)
    }

    /// Where something in view is by the server's newest word, for code that decides, not draws.
    public func newestMotion(of id: EntityID) -> Motion? {
        guard let entities = replica?.entities, let row = entities.row(of: id) else { return nil }
        return entities.motions[row]
    }

    /// A field of the shared state of something in view.
    public func field(_ field: FieldID, of id: EntityID) -> FieldState? {
        guard let entities = replica?.entities, let row = entities.row(of: id) else { return nil }
        return entities.field(field, row: row)
    }

    /// The text in a latest-wins field of something in view.
    public func text(_ field: FieldID, of id: EntityID) -> String? {
        if case .text(let text)? = self.field(field, of: id)?.latest?.value { text } else { nil }
    }

    /// The body in view that carries a thing; nil when nobody does.
    public func carrier(of id: EntityID) -> EntityID? {
        guard case .entity(let holder)? = field(.holder, of: id)?.latest?.value,
            replica?.entities.row(of: holder) != nil
        else { return nil }
        return holder
    }

    /// What has been counted and measured.
    public var statistics: ClientStatistics {
        var statistics = counted
        if let connection = endpoint.statistics {
            statistics.roundTrip = connection.roundTrip ?? .zero
            let settled = connection.packetsAcknowledged + connection.packetsLost
            statistics.lossShare =
                settled == 0 ? 0 : Double(connection.packetsLost) / Double(settled)
        }
        statistics.entityUpdates = replica?.counts.memberStates ?? 0
        statistics.jitter = playback?.jitter ?? .zero
        statistics.correctionMetres = prediction?.lastCorrectionMetres ?? 0
        return statistics
    }

    /// The server's clock at an instant of this one; nil before the first ping came back.
    public func serverInstant(at now: Instant) -> Instant? {
        endpoint.serverTimeOffset.map { now + $0 }
    }

    /// A digest of who is in view and how they move, for comparing runs.
    public var digest: UInt64 {
        var digest = StateDigest()
        for id in entityIDs {
            digest.combine(id.raw)
            guard let motion = newestMotion(of: id) else { continue }
            digest.combine(UInt64(UInt32(bitPattern: motion.position.x)))
            digest.combine(UInt64(UInt32(bitPattern: motion.position.y)))
            digest.combine(UInt64(UInt32(bitPattern: motion.position.z)))
        }
        return digest.value
    }
}
