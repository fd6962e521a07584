// Everything that the rest of the server takes for granted about a description is asked here, in
// one place for both ways in: a world file, which turns each fault into a line and a column, and
// the wire, which refuses the whole.

import CairnBasics
import CairnGeometry

extension WorldDescription {
    /// All that is wrong, in the order of the description; empty for a description to be used.
    /// - Complexity: O(size of the description).
    public func faults() -> [DescriptionFault] {
        var list = FaultList()
        judgeRules(&list)
        judgePlaces(&list)
        judgeKinds(&list)
        judgeFields(&list)
        judgePersonas(&list)
        judgeObjects(&list)
        if list.faults.isEmpty && encodedIfItFits() == nil {
            list.note(
                .world, "",
                "the world takes more than \(WorldLimits.encodedBytes / 1024) KiB, more than fits "
                    + "the message to a client; leave things out")
        }
        return list.faults
    }

    private func judgeRules(_ list: inout FaultList) {
        list.requireName(name, .world)
        let hertz = WorldLimits.tickHertz
        list.require(
            hertz.contains(tickHertz), .world, "tickHertz",
            "\(tickHertz) steps a second; give \(hertz.lowerBound) to \(hertz.upperBound)")
        let cells = WorldLimits.cellMetres
        list.require(
            cells.contains(cellMetres) && cellMetres.nonzeroBitCount == 1, .world, "cellMetres",
            "cells of \(cellMetres) m; give a power of two from \(cells.lowerBound) to "
                + "\(cells.upperBound)")
        let interest = WorldLimits.interestMetres
        list.require(
            interest.contains(interestMetres), .world, "interestMetres",
            "an interest of \(interestMetres) m; give \(interest.lowerBound) to "
                + "\(interest.upperBound)")
        let reach = WorldLimits.reachMetres
        list.require(
            reach.contains(reachMetres), .world, "reachMetres",
            "a reach of \(reachMetres) m; give \(reach.lowerBound) to \(reach.upperBound)")
        list.require(
            bounds.isOrdered, .world, "bounds",
            "the highest corner lies below the lowest; exchange their coordinates")
        list.require(
            [bounds.lowest, bounds.highest].allSatisfy(Self.isWithinLimits), .world, "bounds",
            "a corner is more than 1,048 km from the origin; make the world smaller")
        if let origin { judgeOrigin(origin, &list) }
    }

    private func judgeOrigin(_ origin: GeoAnchor, _ list: inout FaultList) {
        list.require(
            (-90...90).contains(origin.latitudeDegrees), .world, "origin",
            "latitude \(origin.latitudeDegrees); give -90 to 90 degrees")
        list.require(
            (-180...180).contains(origin.longitudeDegrees), .world, "origin",
            "longitude \(origin.longitudeDegrees); give -180 to 180 degrees")
        list.require(
            (-12_000...100_000).contains(origin.heightMetres), .world, "origin",
            "height \(origin.heightMetres); give metres above the ellipsoid")
    }

    private func judgePlaces(_ list: inout FaultList) {
        list.requireCount(spawns.count, 1...WorldLimits.spawns, .world, "spawns")
        for (index, spawn) in spawns.enumerated() {
            let part = DescriptionFault.Part.spawn(index)
            requireInside(spawn, part, &list)
            if let zone = zones.first(where: { $0.role == .noGo && $0.contains(spawn) }) {
                list.note(
                    part, "", "the spawn lies in '\(zone.name)', where nobody may be; move it out")
            }
        }
        list.requireCount(zones.count, 0...WorldLimits.zones, .world, "zones")
        list.requireUnique(zones.map(\.name)) { .zone($0) }
        for (index, zone) in zones.enumerated() { judge(zone, .zone(index), &list) }
        list.requireCount(anchors.count, 0...WorldLimits.anchors, .world, "anchors")
        list.requireUnique(anchors.map(\.name)) { .anchor($0) }
        for (index, anchor) in anchors.enumerated() { judge(anchor, .anchor(index), &list) }
    }

    private func judge(
        _ zone: ZoneDescription, _ part: DescriptionFault.Part, _ list: inout FaultList
    ) {
        list.requireName(zone.name, part)
        list.require(
            (0...1000).contains(zone.weight), part, "weight",
            "a weight of \(zone.weight); give 0 to 1000")
        list.requireCount(
            zone.polygon.count, 3...WorldLimits.cornersPerZone, part, "polygon", things: "corners")
        list.require(
            zone.polygon.allSatisfy {
                Self.isWithinLimits(Position(x: $0.x, y: $0.y, z: 0))
            }, part, "polygon", "a corner is more than 1,048 km from the origin; bring it nearer")
        let extent = zone.extent
        list.require(
            extent.lowest.x < extent.highest.x && extent.lowest.y < extent.highest.y, part,
            "polygon", "all corners lie on one line; an area needs some width")
    }

    private func judge(
        _ anchor: AnchorDescription, _ part: DescriptionFault.Part, _ list: inout FaultList
    ) {
        list.requireName(anchor.name, part)
        requireInside(anchor.position, part, &list)
        list.require(
            anchor.sigmaMetres > 0 && anchor.sigmaMetres <= 100, part, "sigma",
            "a deviation of \(anchor.sigmaMetres) m; give more than 0 and at most 100")
    }

    private func judgePersonas(_ list: inout FaultList) {
        list.requireCount(personas.count, 0...WorldLimits.personas, .world, "personas")
        list.requireUnique(personas.map(\.name)) { .persona($0) }
        for (index, persona) in personas.enumerated() {
            let part = DescriptionFault.Part.persona(index)
            list.requireName(
                persona.name, atMostBytes: WorldLimits.entityNameBytes, part)
            list.requireText(
                persona.greeting, atMostBytes: WorldLimits.sayBytes, part, "greeting")
            list.requireCount(persona.lines.count, 0...WorldLimits.linesPerPersona, part, "lines")
            for line in persona.lines {
                list.requireText(line, atMostBytes: WorldLimits.sayBytes, part, "lines")
            }
            let kind = kind(persona.kind)
            list.require(
                kind?.role == .npc, part, "kind",
                "'\(kind?.name ?? "\(persona.kind.raw)")' is no kind of character; name one with "
                    + "role npc")
        }
    }

    func requireInside(
        _ position: Position, _ part: DescriptionFault.Part, _ list: inout FaultList
    ) {
        list.require(
            bounds.contains(position), part, "position",
            "the position lies outside the bounds of the world; move it in or widen the bounds")
    }

    private static func isWithinLimits(_ position: Position) -> Bool {
        let limit = WorldLimits.coordinateUnits
        return Bounds(
            lowest: Position(x: -limit, y: -limit, z: -limit),
            highest: Position(x: limit, y: limit, z: limit)
        ).contains(position)
    }
}
