// A closed outline on the ground, with the two questions that placement and steering ask of it.

import CairnWorld

/// A simple polygon in metres; the last vertex joins the first. Winding does not matter.
struct Polygon: Hashable, Sendable {
    let vertices: [PlanarVector]
    /// The smallest box about it: most questions are answered by it alone.
    let box: PlanarBox

    /// Nil for an outline of fewer than three points, which encloses nothing.
    init?(_ vertices: [PlanarVector]) {
        guard vertices.count >= 3, let box = PlanarBox(around: vertices) else { return nil }
        self.vertices = vertices
        self.box = box
    }

    init?(_ zone: ZoneDescription) {
        self.init(zone.polygon.map { PlanarVector(Double($0.x) / 1024, Double($0.y) / 1024) })
    }

    /// True inside, by the even-odd rule; the outline itself may count either way.
    /// - Complexity: O(vertices)
    func contains(_ point: PlanarVector) -> Bool {
        guard box.contains(point) else { return false }
        var inside = false
        var previous = vertices[vertices.count - 1]
        for vertex in vertices {
            if (vertex.y > point.y) != (previous.y > point.y) {
                let along = (point.y - vertex.y) / (previous.y - vertex.y)
                if point.x < vertex.x + along * (previous.x - vertex.x) { inside.toggle() }
            }
            previous = vertex
        }
        return inside
    }

    /// How far the outline is, in metres; negative inside.
    /// - Complexity: O(vertices)
    func signedDistance(to point: PlanarVector) -> Double {
        var nearest = Double.infinity
        var previous = vertices[vertices.count - 1]
        for vertex in vertices {
            nearest = min(nearest, point.squaredDistance(toSegmentFrom: previous, to: vertex))
            previous = vertex
        }
        return contains(point) ? -nearest.squareRoot() : nearest.squareRoot()
    }

    /// The centre of gravity of the enclosed area; of the vertices where the area is zero.
    var centre: PlanarVector {
        var area = 0.0
        var sum = PlanarVector.zero
        let origin = vertices[0]
        var previous = vertices[vertices.count - 1] - origin
        for vertex in vertices {
            let current = vertex - origin
            let cross = previous.x * current.y - current.x * previous.y
            area += cross
            sum = sum + (previous + current) * cross
            previous = current
        }
        guard abs(area) > 1e-9 else {
            return vertices.reduce(.zero, +) * (1 / Double(vertices.count))
        }
        return origin + sum * (1 / (3 * area))
    }
}
