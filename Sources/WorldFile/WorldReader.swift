import CairnGeometry
import CairnWorld
import Yams

/// Builds a description from the nodes of a file and remembers where each part of it stands.
struct WorldReader {
    let source: Source
    private var marks: [Place: Mark] = [:]

    private struct Place: Hashable {
        var part: DescriptionFault.Part
        var attribute: String
    }

    init(source: Source) { self.source = source }

    static let keys = [
        "name", "tickHertz", "cellMetres", "interestMetres", "reachMetres", "bounds", "origin",
        "spawns", "kinds",
        "zones", "anchors", "personas", "objects",
    ]

    mutating func read(_ root: Node) throws(WorldFileError) -> WorldDescription {
        let table = try Table(root, "the world", keys: Self.keys, in: source)
        for key in Self.keys { note(.world, key, table[key]) }
        var world = WorldDescription(
            name: try source.text(try table.require("name"), "'name'"),
            bounds: try bounds(try table.require("bounds")))
        if let node = table["tickHertz"] { world.tickHertz = try source.count(node, "'tickHertz'") }
        if let node = table["cellMetres"] {
            world.cellMetres = try source.count(node, "'cellMetres'")
        }
        if let node = table["interestMetres"] {
            world.interestMetres = try source.count(node, "'interestMetres'")
        }
        if let node = table["reachMetres"] {
            world.reachMetres = try source.count(node, "'reachMetres'")
        }
        if let node = table["origin"] { world.origin = try origin(node) }
        if let node = table["spawns"] { world.spawns = try spawns(node) }
        try readKinds(try table.require("kinds"), into: &world)
        if let node = table["zones"] { world.zones = try zones(node) }
        if let node = table["anchors"] { world.anchors = try anchors(node, of: world) }
        if let node = table["personas"] { world.personas = try personas(node, of: world) }
        if let node = table["objects"] { world.objects = try objects(node, of: world) }
        return world
    }

    /// Remembers where an attribute of a part stands.
    mutating func note(_ part: DescriptionFault.Part, _ attribute: String, _ node: Node?) {
        if let mark = node?.mark { marks[Place(part: part, attribute: attribute)] = mark }
    }

    /// The fault with its place: the attribute's, else the part's, else the file's beginning.
    func error(for fault: DescriptionFault, root: Node) -> WorldFileError {
        let mark =
            marks[Place(part: fault.part, attribute: fault.attribute)]
            ?? marks[Place(part: fault.part, attribute: "")] ?? root.mark
        return source.error(at: mark, fault.problem)
    }

    private func bounds(_ node: Node) throws(WorldFileError) -> Bounds {
        let table = try Table(node, "'bounds'", keys: ["lowest", "highest"], in: source)
        return Bounds(
            lowest: try source.position(try table.require("lowest"), "'lowest'"),
            highest: try source.position(try table.require("highest"), "'highest'"))
    }

    private func origin(_ node: Node) throws(WorldFileError) -> GeoAnchor {
        let table = try Table(
            node, "'origin'", keys: ["latitude", "longitude", "height"], in: source)
        return GeoAnchor(
            latitudeDegrees: try source.number(try table.require("latitude"), "'latitude'"),
            longitudeDegrees: try source.number(try table.require("longitude"), "'longitude'"),
            heightMetres: try table["height"].map { node throws(WorldFileError) in
                try source.number(node, "'height'")
            } ?? 0)
    }

    private mutating func spawns(_ node: Node) throws(WorldFileError) -> [Position] {
        var spawns: [Position] = []
        for node in try source.list(node, "'spawns'", atMost: WorldLimits.spawns) {
            note(.spawn(spawns.count), "", node)
            spawns.append(try source.position(node, "a spawn"))
        }
        return spawns
    }
}
