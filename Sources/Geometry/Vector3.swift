/// A vector or a point in metres, in double precision: for geometry off the tick.
///
/// What the world stores and sends is fixed point (`Position`); this is what frames, fits and the
/// Earth are computed in. At the Earth's radius a double still resolves a nanometre.
@frozen public struct Vector3: Hashable, Sendable {
    public var x: Double
    public var y: Double
    public var z: Double

    @inlinable public init(_ x: Double, _ y: Double, _ z: Double) {
        self.x = x
        self.y = y
        self.z = z
    }

    public static let zero = Vector3(0, 0, 0)

    /// True when no component is infinite or NaN.
    @inlinable public var isFinite: Bool { x.isFinite && y.isFinite && z.isFinite }
    /// The square of the Euclidean length.
    @inlinable public var squaredLength: Double { x * x + y * y + z * z }
    /// The Euclidean length.
    @inlinable public var length: Double { squaredLength.squareRoot() }

    /// The scalar product.
    @inlinable public func dot(_ other: Vector3) -> Double {
        x * other.x + y * other.y + z * other.z
    }

    /// The vector product, by the right-hand rule.
    @inlinable public func cross(_ other: Vector3) -> Vector3 {
        Vector3(
            y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    @inlinable public static func + (left: Vector3, right: Vector3) -> Vector3 {
        Vector3(left.x + right.x, left.y + right.y, left.z + right.z)
    }
    @inlinable public static func - (left: Vector3, right: Vector3) -> Vector3 {
        Vector3(left.x - right.x, left.y - right.y, left.z - right.z)
    }
    @inlinable public static prefix func - (vector: Vector3) -> Vector3 {
        Vector3(-vector.x, -vector.y, -vector.z)
    }
    @inlinable public static func * (vector: Vector3, factor: Double) -> Vector3 {
        Vector3(vector.x * factor, vector.y * factor, vector.z * factor)
    }
}

extension Vector3 {
    /// The place in metres; exact.
    public init(_ position: Position) {
        let metres = position.metres
        self.init(metres.x, metres.y, metres.z)
    }
}

extension Position {
    /// The fixed-point place nearest to `metres`; nil where it is not finite or out of range.
    public init?(_ metres: Vector3) { self.init(metresX: metres.x, metres.y, metres.z) }
}
