// What the agents know of the world: one immutable picture that a tick hands to the worker.
//
// The server fills a view, a worker thread gives it to `Population.step` and sends the output
// back through the door. Nothing here refers to live state, so the tick never waits for a brain.

public import CairnBasics
public import CairnGeometry
public import CairnWorld

/// A picture of the world at one tick, as far as characters are concerned.
///
/// Two equal views give equal output: no order of arrays matters except that of `zones`,
/// `anchors` and the personas, which are named by index.
public struct AgentsView: Hashable, Sendable {
    public var tick: Tick
    /// The moment of the picture on the server's monotonic clock.
    public var now: Instant
    public var bounds: Bounds
    public var zones: [ZoneDescription]
    public var anchors: [AnchorFix]
    public var people: [PersonSighting]
    public var npcs: [NPCSighting]
    /// What was said since the last view; hearing a message twice does no harm.
    public var heard: [HeardSpeech]

    public init(
        tick: Tick, now: Instant, bounds: Bounds, zones: [ZoneDescription] = [],
        anchors: [AnchorFix] = [], people: [PersonSighting] = [], npcs: [NPCSighting] = [],
        heard: [HeardSpeech] = []
    ) {
        self.tick = tick
        self.now = now
        self.bounds = bounds
        self.zones = zones
        self.anchors = anchors
        self.people = people
        self.npcs = npcs
        self.heard = heard
    }
}

/// Where an anchor is and how well that is known.
public struct AnchorFix: Hashable, Sendable {
    public var position: Position
    /// The largest standard deviation of the position over all directions, in metres.
    public var sigmaMetres: Double

    public init(position: Position, sigmaMetres: Double) {
        self.position = position
        self.sigmaMetres = sigmaMetres
    }
}

/// A player's avatar, or a device that a person carries in the real place.
public struct PersonSighting: Hashable, Sendable {
    public var id: EntityID
    public var position: Position
    public var velocity: Velocity
    /// True for a phone, headset or glasses whose pose is a real person's.
    public var isDevice: Bool

    public init(id: EntityID, position: Position, velocity: Velocity, isDevice: Bool) {
        self.id = id
        self.position = position
        self.velocity = velocity
        self.isDevice = isDevice
    }
}

/// One of the population's own characters, as the world has it now.
public struct NPCSighting: Hashable, Sendable {
    public var id: EntityID
    /// Which of the world's personas it plays.
    public var persona: Int
    public var motion: Motion

    public init(id: EntityID, persona: Int, motion: Motion) {
        self.id = id
        self.persona = persona
        self.motion = motion
    }
}

/// Something that a person or character said aloud.
public struct HeardSpeech: Hashable, Sendable {
    public var from: EntityID
    /// Where the speaker stood.
    public var position: Position
    /// Untrusted: characters react to being spoken to and never repeat or obey it.
    public var text: String
    public var tick: Tick

    public init(from: EntityID, position: Position, text: String, tick: Tick) {
        self.from = from
        self.position = position
        self.text = text
        self.tick = tick
    }
}
