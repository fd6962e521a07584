/// A rotation as a unit quaternion (x, y, z, w), Hamilton's convention: `q.rotate(v)` turns `v`
/// actively, and `a * b` first turns by `b`, then by `a`.
///
/// Values made by this module are of unit length to rounding; whoever brings components from
/// outside goes through `normalised` or `init?(nearUnit:)`.
@frozen public struct Quaternion: Hashable, Sendable {
    public var x: Double
    public var y: Double
    public var z: Double
    public var w: Double

    @inlinable public init(x: Double, y: Double, z: Double, w: Double) {
        self.x = x
        self.y = y
        self.z = z
        self.w = w
    }

    /// No rotation.
    public static let identity = Quaternion(x: 0, y: 0, z: 0, w: 1)

    /// How far a length may be from one and still be taken for rounding: GeoPose samples with five
    /// digits are off by 1e-5; what is off by more than this is not a rotation but a mistake.
    public static let unitTolerance = 1e-3

    /// A turn about one of the axes x, y, z (a unit vector) by an angle in radians.
    public init(axis: Vector3, angle radians: Double) {
        let part = sine(radians / 2)
        self.init(x: axis.x * part, y: axis.y * part, z: axis.z * part, w: cosine(radians / 2))
    }

    /// A turn about the z axis, counter-clockwise seen from above, in radians.
    public init(yaw radians: Double) {
        self.init(x: 0, y: 0, z: sine(radians / 2), w: cosine(radians / 2))
    }

    /// Takes components from outside: those of nearly unit length are normalised, others refused.
    public init?(nearUnit candidate: Quaternion) {
        guard abs(candidate.norm - 1) <= Self.unitTolerance, let unit = candidate.normalised
        else { return nil }
        self = unit
    }

    /// The length of the four components.
    @inlinable public var norm: Double { (x * x + y * y + z * z + w * w).squareRoot() }

    /// The same rotation with unit length; nil where there is none (zero, infinite or NaN).
    public var normalised: Quaternion? {
        let length = norm
        guard length.isFinite, length > 1e-9 else { return nil }
        return Quaternion(x: x / length, y: y / length, z: z / length, w: w / length)
    }

    /// The inverse rotation of a unit quaternion.
    @inlinable public var conjugate: Quaternion { Quaternion(x: -x, y: -y, z: -z, w: w) }

    @inlinable public static func * (a: Quaternion, b: Quaternion) -> Quaternion {
        Quaternion(
            x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
            y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
            z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
            w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z)
    }

    /// The vector turned by this rotation.
    @inlinable public func rotate(_ vector: Vector3) -> Vector3 {
        let axis = Vector3(x, y, z)
        let twice = axis.cross(vector) * 2
        return vector + twice * w + axis.cross(twice)
    }

    /// The angle of the smallest turn that leads from this rotation to the other, in 0...π radians.
    ///
    /// By the arc tangent, so that small angles keep their precision.
    public func angle(to other: Quaternion) -> Double {
        let turn = conjugate * other
        return 2 * arcTangent(Vector3(turn.x, turn.y, turn.z).length, abs(turn.w))
    }
}

extension Quaternion {
    /// The rotation that the 32 bits stand for.
    public init(_ orientation: Orientation) {
        let q = orientation.quaternion
        self.init(x: q.x, y: q.y, z: q.z, w: q.w)
    }
}

extension Orientation {
    /// The 32-bit rotation nearest to `rotation`; nil where it has no length.
    public init?(_ rotation: Quaternion) {
        self.init(x: rotation.x, y: rotation.y, z: rotation.z, w: rotation.w)
    }
}
