public import CairnBasics

/// A character that the server plays: who it is and what it has to say.
public struct PersonaDescription: Hashable, Sendable {
    /// Unique among the world's personas; the name its entity carries.
    public var name: String
    /// Said to someone who comes near.
    public var greeting: String
    /// Said when asked, or when there is nothing better to do.
    public var lines: [String]
    public var role: PersonaRole
    /// The kind of its entity; its role is `.npc`.
    public var kind: KindID

    public init(
        name: String, greeting: String, lines: [String] = [], role: PersonaRole, kind: KindID
    ) {
        self.name = name
        self.greeting = greeting
        self.lines = lines
        self.role = role
        self.kind = kind
    }
}

/// What a character mostly does.
public enum PersonaRole: UInt8, Hashable, Sendable, CaseIterable {
    /// Stands where people arrive and welcomes them.
    case greeter = 0
    /// Strolls between points of interest.
    case wanderer = 1
    /// Waits at a point of interest and tells about it.
    case guide = 2
}
