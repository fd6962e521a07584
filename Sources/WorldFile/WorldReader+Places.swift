// Zones and anchors.

import CairnGeometry
import CairnWorld
import Yams

extension WorldReader {
    mutating func zones(_ node: Node) throws(WorldFileError) -> [ZoneDescription] {
        var zones: [ZoneDescription] = []
        for (name, key, value) in try source.entries(node, "'zones'", atMost: WorldLimits.zones) {
            let part = DescriptionFault.Part.zone(zones.count)
            let table = try Table(
                value, "zone '\(name)'", keys: ["role", "polygon", "circle", "weight"], in: source)
            note(part, "", key)
            note(part, "name", key)
            note(part, "polygon", table["polygon"] ?? table["circle"])
            note(part, "weight", table["weight"])
            var zone = ZoneDescription(
                name: name,
                role: try source.choice(try table.require("role"), "the role of zone '\(name)'"),
                polygon: try polygon(of: table, at: value))
            if let node = table["weight"] { zone.weight = try source.number(node, "'weight'") }
            zones.append(zone)
        }
        return zones
    }

    private func polygon(of table: Table, at node: Node) throws(WorldFileError) -> [PlanarPoint] {
        switch (table["polygon"], table["circle"]) {
        case (let corners?, nil):
            var polygon: [PlanarPoint] = []
            let nodes = try source.list(corners, "'polygon'", atMost: WorldLimits.cornersPerZone)
            for corner in nodes { polygon.append(try source.planarPoint(corner, "a corner")) }
            return polygon
        case (nil, let circle?):
            return try corners(ofCircle: circle)
        default:
            throw source.error(at: node, "\(table.what) needs either a 'polygon' or a 'circle'")
        }
    }

    private func corners(ofCircle node: Node) throws(WorldFileError) -> [PlanarPoint] {
        let table = try Table(node, "'circle'", keys: ["centre", "radius"], in: source)
        let radiusNode = try table.require("radius")
        let radius = try source.number(radiusNode, "'radius'")
        guard radius >= 0.1, radius <= 100_000 else {
            throw source.error(
                at: radiusNode, "a radius of \(radius) m; give 0.1 to 100,000")
        }
        return ZoneDescription.circle(
            around: try source.planarPoint(try table.require("centre"), "'centre'"),
            // Safe: at most 100,000 m.
            radiusUnits: Int32(radius * Double(Position.unitsPerMetre)))
    }

    mutating func anchors(
        _ node: Node, of world: WorldDescription
    ) throws(WorldFileError) -> [AnchorDescription] {
        var anchors: [AnchorDescription] = []
        let entries = try source.entries(node, "'anchors'", atMost: WorldLimits.anchors)
        for (name, key, value) in entries {
            let part = DescriptionFault.Part.anchor(anchors.count)
            let table = try Table(
                value, "anchor '\(name)'", keys: ["position", "yaw", "geoPose", "sigma"],
                in: source)
            note(part, "", key)
            for attribute in ["position", "sigma"] { note(part, attribute, table[attribute]) }
            var anchor = try anchor(name, table, of: world)
            if let node = table["sigma"] { anchor.sigmaMetres = try source.number(node, "'sigma'") }
            anchors.append(anchor)
        }
        return anchors
    }

    /// An anchor's place, in metres of the world or as a GeoPose, but not as both.
    private func anchor(
        _ name: String, _ table: Table, of world: WorldDescription
    ) throws(WorldFileError) -> AnchorDescription {
        if let node = table["geoPose"] {
            if let other = table["position"] ?? table["yaw"] {
                throw source.error(
                    at: other, "anchor '\(name)' has a 'geoPose' already; leave out one of them")
            }
            let place = try place(node, in: world)
            return AnchorDescription(
                name: name, position: place.position, orientation: place.orientation)
        }
        var anchor = AnchorDescription(
            name: name,
            position: try source.position(try table.require("position"), "'position'"))
        if let node = table["yaw"] { anchor.orientation = try source.heading(node, "'yaw'") }
        return anchor
    }
}
