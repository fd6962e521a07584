// One connected client, between its join and its leave: who it is, what it may, what it sees.

import CairnAnchors
import CairnBasics
import CairnGeometry
import CairnTransport
import CairnWire
import CairnWorld

/// What the server keeps for one client; noncopyable, so that it is always read where it stands.
struct Session: ~Copyable {
    /// Arriving: the client has not said what it wants to see. Welcomed: it has a body and has been
    /// sent the world's description. Present: it has understood that, and gets state.
    enum Phase { case arriving, welcomed, present }

    private let pin = Pin()

    // What every tick and every packet asks for stands first, and so in few lines of the cache.

    let connection: ConnectionHandle
    let joinedAt: Instant
    /// The body in the world; `EntityID.none` for a spectator.
    var entity = EntityID.none
    /// Where the body was last found in the table.
    var row = 0
    /// When the world last took a steering input or pose claim, by the world's clock; an avatar whose
    /// client has fallen silent stops.
    var lastMotionAt: Instant
    /// The last steering input or pose claim that the world has taken, for reconciliation.
    var lastSequence: UInt32 = 0
    /// Where the inputs since the last surprise have put the body, as its client knows by itself; nil
    /// where it cannot know.
    var steered: Motion?
    /// Until when the client is told in every tick where it is.
    var surprisedUntil = Tick(0)
    /// The newest intent whose effect is in the world, and when that was answered.
    var performedIntent: UInt32?
    var performedAt: Instant
    var phase = Phase.arriving
    let identity: ClientIdentity
    var tally: MotionTally
    var limits: MovementLimits
    /// Where a spectator looks.
    var focus: Position
    /// Why the client is ended with this tick; nil while it is welcome.
    var removal: CloseReason?
    /// The latest look that has not been taken yet.
    var pendingLook: (place: Position, radiusMetres: Int)?
    /// Accepted intents whose journal record is not yet on disk: the intent's number, the record's.
    var awaitingDurability: [(number: UInt32, sequence: UInt64)] = []

    /// Which outbox of its identity the client's intents come from; 0 for one that will not come
    /// back with them.
    var session: UInt64 = 0
    /// Intents: 20 a second is faster than a person edits.
    var intents = RateLimit(perSecond: 20, burst: 40)
    /// What they cost: bytes of state, and of speech for everyone who hears it.
    var budget: RateLimit
    /// Changes of what a spectator sees; of those that come faster the latest is taken in time.
    var looks = RateLimit(perSecond: 20, burst: 40)
    /// Looks as they come: a hand that drags a map sends one a frame, a flood is strain.
    var glances = RateLimit(perSecond: 240, burst: 480)
    /// Sightings messages: a phone sends one a second, a bad one no more than five.
    var sightings = RateLimit(perSecond: 5, burst: 10)
    /// What is said, and to whom: a person says a line in a second or two, and a listener follows a
    /// dozen a second at most. Whatever a crowd shouts, nobody's stream fills with it.
    var voice = RateLimit(perSecond: 2, burst: 4)
    var ears = RateLimit(perSecond: 12, burst: 24)
    /// Messages that are refused for their number or passed over for their order: a hasty program
    /// sends a few, and whoever goes on is ended.
    var patience = RateLimit(perSecond: 20, burst: 200)
    /// Where a device's own frame lies; only devices have one.
    var tracker: DeviceTracker?

    /// Notes where an input has put the body.
    mutating func noteSteering(to motion: Motion, by input: SteeringInput) {
        // After a gap the client thinks that it was moved by what never came.
        let isNext = input.sequence == lastSequence &+ 1
        steered = isNext && steered != nil ? motion : nil
    }

    /// Every how many ticks a client hears where its body is though it must know: after a restart or
    /// a fault it is wrong for no longer.
    static let ownMotionPeriod: UInt32 = 4
    /// How many ticks a client hears it after a surprise; not all of them are lost.
    static let surpriseTicks: UInt32 = 8
    /// Shared state that one client may have in flight to the disk: two seconds of intents.
    static let awaitingLimit = 64
    /// How long tick frames name the newest intent: as long as its answer may be under way.
    static let performedLimit = TimeSpan.seconds(2)
    /// How long a client may take to enter: a welcome of 256 KiB comes through 70 kbit/s by then.
    static let entranceLimit = TimeSpan.seconds(30)
}
