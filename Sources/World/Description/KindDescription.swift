public import CairnBasics

/// One kind of entity: what it is for, how fast it may go, which shared state it carries.
public struct KindDescription: Hashable, Sendable {
    public var id: KindID
    /// Unique among the world's kinds.
    public var name: String
    public var role: KindRole
    /// The most that the door and `Movement` allow, in `WorldLimits.speedMetresPerSecond`.
    public var maxSpeedMetresPerSecond: Double
    /// The authored fields of this kind, ascending; every kind also has the built-in ones.
    public var fieldIDs: [FieldID]
    /// How a terminal shows it; one character.
    public var glyph: String?
    /// Whether bodies may pick it up; only for things.
    public var isCarried: Bool

    public init(
        id: KindID, name: String, role: KindRole, maxSpeedMetresPerSecond: Double = 0,
        fieldIDs: [FieldID] = [], glyph: String? = nil, isCarried: Bool = false
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.maxSpeedMetresPerSecond = maxSpeedMetresPerSecond
        self.fieldIDs = fieldIDs
        self.glyph = glyph
        self.isCarried = isCarried
    }
}

/// Who is behind the entities of a kind; it decides who may create, move and delete them.
public enum KindRole: UInt8, Hashable, Sendable, CaseIterable {
    /// A player's body; lives as long as the player's session.
    case avatar = 0
    /// A phone or a pair of glasses at a real place.
    case device = 1
    /// A character that the server plays.
    case npc = 2
    /// A thing.
    case object = 3
}
