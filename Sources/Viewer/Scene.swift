// What the viewer shows: a plain value that its owner fills from a replica, a recording or a test.
//
// The viewer reads it and keeps nothing of it between frames but ids. Every string may come from a
// stranger: it is cleaned when it is drawn (DisplayText.swift), so the owner passes it as it is.
public import CairnBasics
public import CairnGeometry

/// Everything that one frame shows.
public struct Scene: Equatable, Sendable {
    public var bounds: SceneBounds
    /// In any order; ids are unique.
    public var entities: [SceneEntity]
    public var anchors: [SceneAnchor]
    /// Later zones are drawn over earlier ones.
    public var zones: [SceneZone]
    /// The oldest line first.
    public var speech: [SceneSpeech]
    public var status: SceneStatus

    public init(
        bounds: SceneBounds, entities: [SceneEntity] = [], anchors: [SceneAnchor] = [],
        zones: [SceneZone] = [], speech: [SceneSpeech] = [], status: SceneStatus = SceneStatus()
    ) {
        self.bounds = bounds
        self.entities = entities
        self.anchors = anchors
        self.zones = zones
        self.speech = speech
        self.status = status
    }

    /// The entity with this id, or nil when it is not in view.
    /// - Complexity: O(entities).
    public func entity(_ id: EntityID) -> SceneEntity? {
        entities.first { $0.id == id }
    }

    /// The viewer's own entity; nil for a spectator.
    /// - Complexity: O(entities).
    public var ownEntity: SceneEntity? {
        entities.first { $0.isSelf }
    }
}

/// The box that the world's description gives; the map frames it and fits it to the screen.
public struct SceneBounds: Hashable, Sendable {
    public var lowest: Position
    public var highest: Position

    public init(lowest: Position, highest: Position) {
        self.lowest = lowest
        self.highest = highest
    }
}

/// What an entity is to someone who looks at the map; decides its colour and glyph.
public enum SceneRole: UInt8, Hashable, Sendable, CaseIterable {
    case avatar, device, npc, object

    /// How the inspector names it.
    public var name: String {
        switch self {
        case .avatar: "avatar"
        case .device: "device"
        case .npc: "NPC"
        case .object: "object"
        }
    }
}

/// One entity as the map and the inspector show it.
public struct SceneEntity: Equatable, Sendable {
    public var id: EntityID
    /// Empty when it has none; the viewer then shows its role and number.
    public var name: String
    public var role: SceneRole
    /// One printable character from the world's description, used for objects and devices.
    public var glyph: String?
    public var motion: Motion
    /// True for the one that the viewer's own client steers.
    public var isSelf: Bool
    /// Lines for the inspector, in the order of the kind's fields.
    public var details: [SceneDetail]

    public init(
        id: EntityID, name: String, role: SceneRole, glyph: String? = nil, motion: Motion,
        isSelf: Bool = false, details: [SceneDetail] = []
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.glyph = glyph
        self.motion = motion
        self.isSelf = isSelf
        self.details = details
    }

    /// Where it stands on the map.
    public var place: MapPoint { MapPoint(motion.position) }

    /// Its speed over the ground in m/s.
    public var groundSpeed: Double {
        let velocity = motion.velocity.metresPerSecond
        return (velocity.x * velocity.x + velocity.y * velocity.y).squareRoot()
    }
}

/// One line of the inspector.
public struct SceneDetail: Hashable, Sendable {
    public var label: String
    public var value: String

    public init(_ label: String, _ value: String) {
        self.label = label
        self.value = value
    }
}

/// A fixed mark that devices align themselves to.
public struct SceneAnchor: Equatable, Sendable {
    public var name: String
    public var position: Position
    /// Standard deviation of its position in metres.
    public var sigmaMetres: Double

    public init(name: String, position: Position, sigmaMetres: Double) {
        self.name = name
        self.position = position
        self.sigmaMetres = sigmaMetres
    }
}

/// What a zone means to those who walk.
public enum SceneZoneRole: Hashable, Sendable {
    case noGo, walkable, pointOfInterest
}

/// An area of the map with a meaning.
public struct SceneZone: Equatable, Sendable {
    public var name: String
    public var role: SceneZoneRole
    /// The corners in order, either way round; fewer than three are not drawn.
    public var polygon: [MapPoint]

    public init(name: String, role: SceneZoneRole, polygon: [MapPoint]) {
        self.name = name
        self.role = role
        self.polygon = polygon
    }

    /// True when the zone is to be drawn as water.
    ///
    /// World descriptions say where one may walk, not what the ground is made of, so the name
    /// decides: a courtesy of the map with no other effect.
    var isWater: Bool {
        let words = name.lowercased().split { !$0.isLetter }
        return words.contains { Self.waterWords.contains(String($0)) }
    }

    private static let waterWords = [
        "basin", "canal", "lake", "pond", "pool", "river", "sea", "stream", "water",
    ]
}

/// A line that someone said.
public struct SceneSpeech: Equatable, Sendable {
    public var speaker: String
    public var role: SceneRole
    public var text: String
    /// How long ago it was said; old lines fade and go.
    public var age: TimeSpan

    public init(speaker: String, role: SceneRole, text: String, age: TimeSpan) {
        self.speaker = speaker
        self.role = role
        self.text = text
        self.age = age
    }
}
