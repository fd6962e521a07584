// Agents plan on the ground plane, in metres, off the tick. Only +, -, *, / and square roots are
// used, which IEEE 754 rounds the same way everywhere, so plans are the same on every machine.

public import CairnGeometry

/// A point or a direction on the ground, in metres: x East, y North.
public struct PlanarVector: Hashable, Sendable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }

    /// The point below or above a position.
    public init(_ position: Position) {
        self.init(Double(position.x) / 1024, Double(position.y) / 1024)
    }

    /// The ground part of a velocity, in metres a second.
    public init(_ velocity: Velocity) {
        self.init(Double(velocity.x) / 256, Double(velocity.y) / 256)
    }

    public static let zero = PlanarVector(0, 0)

    public var squaredLength: Double { x * x + y * y }
    public var length: Double { squaredLength.squareRoot() }

    /// The vector of length 1 in this direction; zero stays zero.
    public var direction: PlanarVector {
        let length = length
        return length > 0 ? PlanarVector(x / length, y / length) : .zero
    }

    /// The square of the distance to another point, in square metres.
    public func squaredDistance(to other: PlanarVector) -> Double { (self - other).squaredLength }
    /// The distance to another point, in metres.
    public func distance(to other: PlanarVector) -> Double { (self - other).length }
    /// The square of the distance to the nearest point of a segment, in square metres.
    func squaredDistance(toSegmentFrom start: PlanarVector, to end: PlanarVector) -> Double {
        let way = end - start
        let squaredLength = way.squaredLength
        guard squaredLength > 0 else { return squaredDistance(to: start) }
        let along = max(0, min(1, (self - start).dot(way) / squaredLength))
        return squaredDistance(to: start + way * along)
    }
    /// The inner product.
    public func dot(_ other: PlanarVector) -> Double { x * other.x + y * other.y }

    /// This vector turned by the angle of the unit vector `turn` (complex multiplication).
    func turned(by turn: PlanarVector) -> PlanarVector {
        PlanarVector(x * turn.x - y * turn.y, x * turn.y + y * turn.x)
    }

    /// The position at this point, `height` units up; clamped to the world's coordinates.
    public func position(height: Int32) -> Position {
        Position(x: Self.units(x), y: Self.units(y), z: height)
    }

    private static func units(_ metres: Double) -> Int32 {
        let scaled = max(-0x1p31 + 1, min(0x1p31 - 2, metres * 1024))
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }

    public static func + (left: PlanarVector, right: PlanarVector) -> PlanarVector {
        PlanarVector(left.x + right.x, left.y + right.y)
    }
    public static func - (left: PlanarVector, right: PlanarVector) -> PlanarVector {
        PlanarVector(left.x - right.x, left.y - right.y)
    }
    public static func * (vector: PlanarVector, factor: Double) -> PlanarVector {
        PlanarVector(vector.x * factor, vector.y * factor)
    }
}

/// An axis-parallel rectangle of the ground, in metres.
struct PlanarBox: Hashable, Sendable {
    var lowest: PlanarVector
    var highest: PlanarVector

    /// The box between two opposite corners.
    init(_ corner: PlanarVector, _ opposite: PlanarVector) {
        lowest = PlanarVector(min(corner.x, opposite.x), min(corner.y, opposite.y))
        highest = PlanarVector(max(corner.x, opposite.x), max(corner.y, opposite.y))
    }

    /// The smallest box about some points; nil for none.
    init?(around points: [PlanarVector]) {
        guard let first = points.first else { return nil }
        self.init(first, first)
        for point in points {
            lowest = PlanarVector(min(lowest.x, point.x), min(lowest.y, point.y))
            highest = PlanarVector(max(highest.x, point.x), max(highest.y, point.y))
        }
    }

    /// True when `point` lies within `margin` metres of the box along both axes.
    func contains(_ point: PlanarVector, margin: Double = 0) -> Bool {
        point.x >= lowest.x - margin && point.x <= highest.x + margin
            && point.y >= lowest.y - margin && point.y <= highest.y + margin
    }

    /// The box that both boxes share; nil where they do not meet.
    func intersection(_ other: PlanarBox) -> PlanarBox? {
        let low = PlanarVector(max(lowest.x, other.lowest.x), max(lowest.y, other.lowest.y))
        let high = PlanarVector(min(highest.x, other.highest.x), min(highest.y, other.highest.y))
        guard low.x <= high.x, low.y <= high.y else { return nil }
        return PlanarBox(low, high)
    }
}
