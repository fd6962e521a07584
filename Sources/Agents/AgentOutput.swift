// What the agents want from the world: wishes that go through the door like a player's.

public import CairnBasics
public import CairnGeometry

/// Everything that one step of a population asks for.
public struct AgentOutput: Hashable, Sendable {
    /// Characters to create; asked again after a while if none appears.
    public var spawns: [Spawn] = []
    /// In ascending order of character; one `steer` each, its `say` after it.
    public var intents: [AgentIntent] = []
    /// The new plan, when this step made one.
    public var plan: PlacementPlan?

    public init() {}
}

/// A character that should exist and does not.
public struct Spawn: Hashable, Sendable {
    /// The index of its persona in the world's description.
    public var persona: Int
    public var position: Position

    public init(persona: Int, position: Position) {
        self.persona = persona
        self.position = position
    }
}

/// What a character wishes to do. The door decides whether it may.
public enum AgentIntent: Hashable, Sendable {
    /// Move with the wished velocity, looking along `facing`, until the next `steer`.
    ///
    /// The way was checked `AgentRules.steeringHorizon` ahead: stop the character when no newer
    /// intent came for that long.
    case steer(EntityID, Velocity, facing: Orientation, animation: UInt8)
    /// Say a text of at most `SpeechFilter.maximumBytes` bytes of UTF-8, free of control characters.
    case say(EntityID, String)
}

/// The numbers of the animations that characters use; 0 is what every body can do.
public enum AgentAnimation {
    public static let idle: UInt8 = 0
    public static let walking: UInt8 = 1
    public static let waving: UInt8 = 2
    public static let talking: UInt8 = 3
}
