public import CairnBasics

/// One field of shared state: its type, how concurrent edits merge, and who may make them.
public struct FieldDescription: Hashable, Sendable {
    /// Unique over all kinds.
    public var id: FieldID
    public var kind: KindID
    /// Unique within its kind.
    public var name: String
    /// The type of the value, or of each element of a set or map.
    public var type: ScalarType
    public var policy: FieldPolicy
    public var writers: FieldWriters
    /// What an integer, or a counter's sum, may be; nil for all that 64 bits hold. A bounded counter
    /// always has one: it is counted from the lower end, so that is part of what its state means.
    public var range: ClosedRange<Int64>?
    /// The most UTF-8 a text value, or a map's key, may take.
    public var maximumBytes: Int
    /// The most elements a set or a map may hold.
    public var maximumElements: Int

    public init(
        id: FieldID, kind: KindID, name: String, type: ScalarType, policy: FieldPolicy = .latest,
        writers: FieldWriters = .owner, range: ClosedRange<Int64>? = nil,
        maximumBytes: Int = 64, maximumElements: Int = 32
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.type = type
        self.policy = policy
        self.writers = writers
        self.range = range ?? (policy == .bounded ? Self.unbounded : nil)
        self.maximumBytes = maximumBytes
        self.maximumElements = maximumElements
    }
}

/// The type of a field's value, or of the elements of its set or map.
public enum ScalarType: UInt8, Hashable, Sendable, CaseIterable {
    case boolean = 0
    case integer = 1
    case real = 2
    case text = 3
    case entity = 4
    /// Only for built-in fields: an author has no way to say what is in it.
    case bytes = 5
}

/// How edits that did not know of each other become one state.
public enum FieldPolicy: UInt8, Hashable, Sendable, CaseIterable {
    /// The last writer wins, by hybrid logical time.
    case latest = 0
    /// Additions sum up.
    case counter = 1
    /// An element that one adds while another removes it stays.
    case set = 2
    /// As a set of keys, each with a latest value.
    case map = 3
    /// The largest value that anybody offered.
    case maximum = 4
    /// The smallest value that anybody offered.
    case minimum = 5
    /// Values that were written without knowing of each other are all kept, until a write that has
    /// seen them replaces them.
    case multiValue = 6
    /// Additions sum up, and what is taken away was there: never below the range's lower end.
    case bounded = 7
    /// What the entity hangs on; moves that close a circle together do not all hold.
    case attachment = 8
}

/// Who may edit a field through the door; operators always may.
public enum FieldWriters: UInt8, Hashable, Sendable, CaseIterable {
    case owner = 0
    case anyone = 1
    /// Nobody but the server itself.
    case server = 2
    case npc = 3
}

extension FieldID {
    /// Where an entity rests: `Motion.restingBytes`, written by the server alone.
    public static let placement = FieldID(0)
    /// What an entity is called: text of at most `WorldLimits.entityNameBytes`.
    public static let name = FieldID(1)
    /// The account that owns an entity now, where that is not the one that made it.
    public static let owner = FieldID(65_533)
    /// The accounts that may edit and place an entity beside its owner.
    public static let keepers = FieldID(65_534)
    /// The body that carries a thing; it does while it lives, and nobody does otherwise.
    public static let holder = FieldID(65_535)
    static let builtIn: [FieldID] = [.placement, .name, .owner, .keepers, .holder]

    /// The numbers that an authored field may have; what lies beyond is the server's own.
    public static let firstAuthored = FieldID(2)
    public static let lastAuthored = FieldID(65_519)
    public var isAuthored: Bool { self >= .firstAuthored && self <= .lastAuthored }
}

extension FieldID {
    /// What a built-in field is called; no authored one may be called so.
    var builtInName: String {
        switch self {
        case .placement: "placement"
        case .name: "name"
        case .owner: "owner"
        case .keepers: "keepers"
        case .holder: "holder"
        default: ""
        }
    }
}

extension FieldDescription {
    /// The description of a built-in field, which every kind has; nil for an authored field's id.
    public static func builtIn(_ id: FieldID, of kind: KindID) -> FieldDescription? {
        switch id {
        case .placement:
            FieldDescription(
                id: id, kind: kind, name: id.builtInName, type: .bytes, writers: .server,
                maximumBytes: WorldLimits.restingMotionBytes)
        case .name:
            FieldDescription(
                id: id, kind: kind, name: id.builtInName, type: .text, writers: .owner,
                maximumBytes: WorldLimits.entityNameBytes)
        case .owner:
            FieldDescription(
                id: id, kind: kind, name: id.builtInName, type: .integer, writers: .server,
                range: 1...Int64(Account.firstReserved - 1))
        case .keepers:
            FieldDescription(
                id: id, kind: kind, name: id.builtInName, type: .integer, policy: .set,
                writers: .server, range: 1...Int64(Account.firstReserved - 1),
                maximumElements: WorldLimits.keepers)
        case .holder:
            FieldDescription(
                id: id, kind: kind, name: id.builtInName, type: .entity, writers: .server)
        default: nil
        }
    }
}
