public import CairnBasics
public import CairnGeometry

/// What the door must know about the entity that an intent is about, as the world has it now.
public struct EntityFacts: Hashable, Sendable {
    public var id: EntityID
    public var kind: KindID
    /// The account that owns it; 0 when the world itself does.
    public var owner: UInt64
    /// Whether its owner lets the sender edit and place it.
    public var isKept: Bool
    /// The living body that carries it; `EntityID.none` when nobody does.
    public var holder: EntityID
    /// How many things it carries itself.
    public var load: Int
    public var position: Position
    /// Elements in the set or map that the intent is about; 0 for other fields.
    public var elementCount: Int
    /// Whether that set or map already has the element, or the key, that the intent names.
    public var holdsElement: Bool
    /// Where the counter stands that the intent is about, a bounded one above its least; 0 for
    /// other fields.
    public var counterValue: Int64
    /// How much of the bounded counter that the intent is about this node may take; 0 for others.
    public var rights: UInt64
    /// What the attachment that the intent asks for would lead to; nil for other intents.
    public var attachment: AttachmentFacts?

    public init(
        id: EntityID, kind: KindID, owner: UInt64, position: Position, elementCount: Int = 0,
        holdsElement: Bool = false, counterValue: Int64 = 0, isKept: Bool = false,
        holder: EntityID = .none, load: Int = 0, rights: UInt64 = 0,
        attachment: AttachmentFacts? = nil
    ) {
        self.id = id
        self.kind = kind
        self.owner = owner
        self.position = position
        self.elementCount = elementCount
        self.holdsElement = holdsElement
        self.counterValue = counterValue
        self.isKept = isKept
        self.holder = holder
        self.load = load
        self.rights = rights
        self.attachment = attachment
    }
}

/// What hanging one entity on another would lead to, as the world has it now.
public struct AttachmentFacts: Hashable, Sendable {
    /// Where the other is; nil where there is no such entity.
    public var parentPosition: Position?
    /// True when it is the entity itself, or hangs on it, directly or not.
    public var closesCircle: Bool
    /// How many would be above the deepest of those that come along.
    public var depth: Int

    public init(parentPosition: Position?, closesCircle: Bool = false, depth: Int = 1) {
        self.parentPosition = parentPosition
        self.closesCircle = closesCircle
        self.depth = depth
    }
}
