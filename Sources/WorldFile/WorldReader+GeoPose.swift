// Places on Earth: an anchor may be given as a GeoPose (OGC 21-056r11), as surveyors and other
// systems hand it out, and stands in the world where that is. Always through the Earth's shape, never
// as if the ground were flat.

import CairnGeometry
import CairnWorld
import Yams

extension WorldReader {
    /// Where a GeoPose lies in the world; needs the world's `origin`.
    ///
    /// Basic-Quaternion and Basic-YPR, with the member names of the standard. YAML reads its JSON form
    /// as it is.
    func place(
        _ node: Node, in world: WorldDescription
    ) throws(WorldFileError) -> (position: Position, orientation: Orientation) {
        guard let origin = world.origin,
            let frame = WorldOrigin(
                latitudeDegrees: origin.latitudeDegrees,
                longitudeDegrees: origin.longitudeDegrees, heightMetres: origin.heightMetres)
        else {
            throw source.error(
                at: node, "a 'geoPose' needs to know where the world is; give the world an 'origin'"
            )
        }
        guard let place = frame.place(of: try geoPose(node)) else {
            throw source.error(
                at: node,
                "the 'geoPose' is more than 2,000 km from the world's origin; check both")
        }
        return place
    }

    private func geoPose(_ node: Node) throws(WorldFileError) -> GeoPose {
        let table = try Table(
            node, "'geoPose'", keys: ["position", "quaternion", "angles"], in: source)
        let position = try geodeticPosition(try table.require("position"))
        if let node = table["angles"] {
            let parts = try numbers(node, "'angles'", ["yaw", "pitch", "roll"])
            return GeoPose(
                position: position,
                angles: YawPitchRoll(
                    yawDegrees: parts[0], pitchDegrees: parts[1], rollDegrees: parts[2]))
        }
        let node = try table.require("quaternion")
        let parts = try numbers(node, "'quaternion'", ["x", "y", "z", "w"])
        let given = Quaternion(x: parts[0], y: parts[1], z: parts[2], w: parts[3])
        guard let rotation = Quaternion(nearUnit: given) else {
            throw source.error(
                at: node, "the 'quaternion' is not of length 1; x² + y² + z² + w² must be 1")
        }
        return GeoPose(position: position, rotation: rotation)
    }

    private func geodeticPosition(_ node: Node) throws(WorldFileError) -> GeodeticPosition {
        let parts = try numbers(node, "'position'", ["lat", "lon", "h"])
        let position = GeodeticPosition(
            latitudeDegrees: parts[0], longitudeDegrees: parts[1], heightMetres: parts[2])
        guard let position else {
            throw source.error(
                at: node, "no such place on Earth; 'lat' is -90 to 90 and 'lon' -180 to 180 degrees"
            )
        }
        return position
    }

    /// The numbers of a table, in the order of their keys; all must be there.
    private func numbers(
        _ node: Node, _ what: String, _ keys: [String]
    ) throws(WorldFileError) -> [Double] {
        let table = try Table(node, what, keys: keys, in: source)
        var numbers: [Double] = []
        for key in keys {
            numbers.append(try source.number(try table.require(key), "'\(key)'"))
        }
        return numbers
    }
}
