public import CairnBasics
public import CairnGeometry

/// Who stands at the door: the server's knowledge of whoever sent an intent, never their own word.
public struct Actor: Hashable, Sendable {
    /// The account, from the connect token; 0 for the server's own characters.
    public var identity: UInt64
    public var role: ActorRole
    public var capabilities: Capabilities
    /// Its body in the world; `EntityID.none` when it has none.
    public var entity: EntityID
    /// Where that body is.
    public var position: Position
    /// How many things that body carries.
    public var load: Int
    /// What was on its screen when it acted, by its own word: the server believes it as far back
    /// as it keeps a history. Nil where it has not said so.
    public var seen: PresentedMoment?

    public init(
        identity: UInt64, role: ActorRole, capabilities: Capabilities = .participant,
        entity: EntityID, position: Position, load: Int = 0, seen: PresentedMoment? = nil
    ) {
        self.identity = identity
        self.role = role
        self.capabilities = capabilities
        self.entity = entity
        self.position = position
        self.load = load
        self.seen = seen
    }
}

public enum ActorRole: UInt8, Hashable, Sendable, CaseIterable {
    case player = 0
    case device = 1
    /// A character that the server plays.
    case npc = 2
    /// Runs the world: exempt from ownership and reach, not from what a value may be.
    case `operator` = 3
}

/// What a connect token lets its bearer wish for.
public struct Capabilities: OptionSet, Hashable, Sendable {
    public var rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Create, place and delete things.
    public static let build = Capabilities(rawValue: 1 << 0)
    /// Change fields of what is there.
    public static let edit = Capabilities(rawValue: 1 << 1)
    /// Say something.
    public static let speak = Capabilities(rawValue: 1 << 2)

    /// Pick things up, put them down, give and trade them.
    public static let carry = Capabilities(rawValue: 1 << 3)

    /// What a player usually has.
    public static let participant: Capabilities = [.build, .edit, .speak, .carry]
    /// What one who only watches has.
    public static let spectator: Capabilities = []
}
