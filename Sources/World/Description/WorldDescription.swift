// What a world is, before anybody is in it: the rules, the places and the things that its author
// wrote down in one file (see WorldFile for the text form).
//
// The server reads it once at start; a client receives it, encoded, as the first reliable message
// of its session; nobody changes it while the world runs. `faults()` says whether a description
// holds what the rest of the server relies on, and decoding refuses one that does not, so code
// behind this line may trust every number in it.

public import CairnGeometry

/// A world as its author described it.
public struct WorldDescription: Hashable, Sendable {
    /// The world's name, at most `WorldLimits.nameBytes` of UTF-8.
    public var name: String
    /// World steps a second, in `WorldLimits.tickHertz`.
    public var tickHertz: Int
    /// The edge of a cell of the spatial hash in metres, a power of two.
    public var cellMetres: Int
    /// Where entities may be; nothing that comes through the door gets outside.
    public var bounds: Bounds
    /// Where on Earth the world's origin lies, for worlds that are anchored to a real place.
    public var origin: GeoAnchor?
    /// Where avatars appear, one after the other.
    public var spawns: [Position]
    /// How far around itself a client is told of others, in metres.
    public var interestMetres: Int
    /// How far a body reaches to pick up, put down, give and trade, in metres.
    public var reachMetres: Int
    /// The kinds of entity, ascending by id.
    public var kinds: [KindDescription]
    /// The authored fields of all kinds, ascending by id; the built-in ones are not listed.
    public var fields: [FieldDescription]
    public var zones: [ZoneDescription]
    public var anchors: [AnchorDescription]
    public var personas: [PersonaDescription]
    /// What stands in the world when it is opened for the first time.
    public var objects: [ObjectDescription]

    public init(
        name: String, tickHertz: Int = 20, cellMetres: Int = 16, bounds: Bounds,
        origin: GeoAnchor? = nil, spawns: [Position] = [.origin], interestMetres: Int = 48,
        reachMetres: Int = 3, kinds: [KindDescription] = [], fields: [FieldDescription] = [],
        zones: [ZoneDescription] = [], anchors: [AnchorDescription] = [],
        personas: [PersonaDescription] = [], objects: [ObjectDescription] = []
    ) {
        self.name = name
        self.tickHertz = tickHertz
        self.cellMetres = cellMetres
        self.bounds = bounds
        self.origin = origin
        self.spawns = spawns
        self.interestMetres = interestMetres
        self.reachMetres = reachMetres
        self.kinds = kinds
        self.fields = fields
        self.zones = zones
        self.anchors = anchors
        self.personas = personas
        self.objects = objects
    }
}

/// A box with sides along the axes; both corners belong to it.
public struct Bounds: Hashable, Sendable {
    public var lowest: Position
    public var highest: Position

    public init(lowest: Position, highest: Position) {
        self.lowest = lowest
        self.highest = highest
    }

    /// True when no coordinate of `highest` is below that of `lowest`.
    public var isOrdered: Bool {
        lowest.x <= highest.x && lowest.y <= highest.y && lowest.z <= highest.z
    }

    public func contains(_ position: Position) -> Bool {
        position.x >= lowest.x && position.x <= highest.x
            && position.y >= lowest.y && position.y <= highest.y
            && position.z >= lowest.z && position.z <= highest.z
    }

    /// The place inside that is nearest to `position`.
    public func clamped(_ position: Position) -> Position {
        Position(
            x: max(lowest.x, min(highest.x, position.x)),
            y: max(lowest.y, min(highest.y, position.y)),
            z: max(lowest.z, min(highest.z, position.z)))
    }
}

/// A point of the WGS 84 ellipsoid's frame where the world's origin is pinned.
public struct GeoAnchor: Hashable, Sendable {
    /// Degrees north of the equator, -90...90.
    public var latitudeDegrees: Double
    /// Degrees east of the reference meridian, -180...180.
    public var longitudeDegrees: Double
    /// Metres above the ellipsoid (not above sea level).
    public var heightMetres: Double

    public init(latitudeDegrees: Double, longitudeDegrees: Double, heightMetres: Double) {
        self.latitudeDegrees = latitudeDegrees
        self.longitudeDegrees = longitudeDegrees
        self.heightMetres = heightMetres
    }
}
