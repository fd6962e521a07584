// Containment is decided in whole numbers, so that the server, its clients and a replay agree on
// every point, also on those that lie exactly on an edge.

public import CairnGeometry

/// An area of the ground with a meaning, as a polygon seen from above; height plays no part.
public struct ZoneDescription: Hashable, Sendable {
    /// Unique among the world's zones.
    public var name: String
    public var role: ZoneRole
    /// The corners in order, either way round, at least three; the last joins the first.
    public var polygon: [PlanarPoint]
    /// How much a point of interest draws, from 0; 1 is usual.
    public var weight: Double

    public init(name: String, role: ZoneRole, polygon: [PlanarPoint], weight: Double = 1) {
        self.name = name
        self.role = role
        self.polygon = polygon
        self.weight = weight
    }
}

public enum ZoneRole: UInt8, Hashable, Sendable, CaseIterable {
    /// Nothing is put here and no character walks here.
    case noGo = 0
    /// Where characters may walk; a world without any lets them walk everywhere else.
    case walkable = 1
    /// What people come to see.
    case pointOfInterest = 2
}

/// A point of the ground in units of 1/1024 m, as `Position` has them.
public struct PlanarPoint: Hashable, Sendable {
    public var x: Int32
    public var y: Int32

    public init(x: Int32, y: Int32) {
        self.x = x
        self.y = y
    }

    /// The point below or above `position`.
    public init(_ position: Position) {
        x = position.x
        y = position.y
    }
}

extension ZoneDescription {
    /// Corners of the regular polygon that stands for a circle, counter-clockwise from East;
    /// coordinates beyond the range of a position are clamped.
    public static func circle(
        around centre: PlanarPoint, radiusUnits: Int32, corners: Int = 24
    ) -> [PlanarPoint] {
        (0..<max(3, corners)).map { index in
            let angle = 2 * Double.pi * Double(index) / Double(max(3, corners))
            return PlanarPoint(
                x: rounded(Double(centre.x) + Double(radiusUnits) * cosine(angle)),
                y: rounded(Double(centre.y) + Double(radiusUnits) * sine(angle)))
        }
    }

    /// The smallest rectangle with sides along the axes around the corners, as (lowest, highest).
    public var extent: (lowest: PlanarPoint, highest: PlanarPoint) {
        var lowest = PlanarPoint(x: .max, y: .max)
        var highest = PlanarPoint(x: .min, y: .min)
        for corner in polygon {
            lowest = PlanarPoint(x: min(lowest.x, corner.x), y: min(lowest.y, corner.y))
            highest = PlanarPoint(x: max(highest.x, corner.x), y: max(highest.y, corner.y))
        }
        return (lowest, highest)
    }

    public func contains(_ position: Position) -> Bool { contains(x: position.x, y: position.y) }

    /// True when the point lies inside or on an edge; where edges cross, the even-odd rule holds.
    ///
    /// Exact for all coordinates. Crossing number: Shimrat, "Algorithm 112", CACM 1962.
    /// - Complexity: O(corners).
    public func contains(x: Int32, y: Int32) -> Bool {
        guard var previous = polygon.last else { return false }
        let point = PlanarPoint(x: x, y: y)
        var isInside = false
        for corner in polygon {
            let side = point.side(ofEdgeFrom: previous, to: corner)
            if side == 0 && point.isBetween(previous, corner) { return true }
            // Half-open, so that a ray through a corner counts it once.
            if (previous.y > y) != (corner.y > y) {
                if (side > 0) == (corner.y > previous.y) { isInside.toggle() }
            }
            previous = corner
        }
        return isInside
    }
}

extension PlanarPoint {
    /// 1 when the point lies left of the edge, -1 right of it, 0 on its line.
    func side(ofEdgeFrom start: PlanarPoint, to end: PlanarPoint) -> Int {
        // Safe: differences of 32-bit numbers fit 64 bits, and their products are taken in 128.
        let left = (Int64(end.x) &- Int64(start.x))
            .multipliedFullWidth(by: Int64(y) &- Int64(start.y))
        let right = (Int64(x) &- Int64(start.x))
            .multipliedFullWidth(by: Int64(end.y) &- Int64(start.y))
        if left.high != right.high { return left.high > right.high ? 1 : -1 }
        if left.low != right.low { return left.low > right.low ? 1 : -1 }
        return 0
    }

    /// True when the point is in the smallest rectangle around two others.
    func isBetween(_ first: PlanarPoint, _ second: PlanarPoint) -> Bool {
        x >= min(first.x, second.x) && x <= max(first.x, second.x)
            && y >= min(first.y, second.y) && y <= max(first.y, second.y)
    }
}

private func rounded(_ units: Double) -> Int32 {
    Int32(max(-0x1p31 + 1, min(0x1p31 - 1, units < 0 ? units - 0.5 : units + 0.5)))
}
