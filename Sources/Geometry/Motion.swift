/// A place in the world: right-handed, x East, y North, z up, in units of 1/1024 m (±2,097 km).
///
/// Fixed point, so that every machine computes the same cell, the same distance and the same hash.
@frozen public struct Position: Hashable, Sendable {
    public var x: Int32
    public var y: Int32
    public var z: Int32

    @inlinable public init(x: Int32, y: Int32, z: Int32) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// How many units make a metre.
    public static let unitsPerMetre: Int32 = 1024
    public static let origin = Position(x: 0, y: 0, z: 0)

    /// The place nearest to the given metres; nil where one is not finite or out of range.
    public init?(metresX: Double, _ metresY: Double, _ metresZ: Double) {
        guard let x = Self.units(metresX), let y = Self.units(metresY), let z = Self.units(metresZ)
        else { return nil }
        self.init(x: x, y: y, z: z)
    }

    /// The coordinates in metres.
    public var metres: (x: Double, y: Double, z: Double) {
        (Double(x) / 1024, Double(y) / 1024, Double(z) / 1024)
    }

    /// The squared distance in square units; cannot overflow.
    @inlinable public func squaredDistance(to other: Position) -> UInt64 {
        // Safe: each difference has at most 32 bits of magnitude, so three squares fit in 66 bits
        // only for opposite corners of the world; they saturate there.
        let dx = (Int64(x) &- Int64(other.x)).magnitude
        let dy = (Int64(y) &- Int64(other.y)).magnitude
        let dz = (Int64(z) &- Int64(other.z)).magnitude
        guard dx | dy | dz < 1 << 31 else { return .max }
        return dx &* dx &+ dy &* dy &+ dz &* dz
    }

    private static func units(_ metres: Double) -> Int32? {
        let scaled = metres * 1024
        guard scaled.isFinite, abs(scaled) < 0x1p31 - 1 else { return nil }
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
}

/// A velocity in units of 1/256 m/s per axis (±127 m/s).
@frozen public struct Velocity: Hashable, Sendable {
    public var x: Int16
    public var y: Int16
    public var z: Int16

    @inlinable public init(x: Int16, y: Int16, z: Int16) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// How many units make a metre a second.
    public static let unitsPerMetrePerSecond: Int32 = 256
    public static let zero = Velocity(x: 0, y: 0, z: 0)

    /// The nearest velocity; components beyond the range are clamped, NaN becomes 0.
    public init(metresPerSecondX: Double, _ y: Double, _ z: Double) {
        self.init(x: Self.units(metresPerSecondX), y: Self.units(y), z: Self.units(z))
    }

    /// The components in metres a second.
    public var metresPerSecond: (x: Double, y: Double, z: Double) {
        (Double(x) / 256, Double(y) / 256, Double(z) / 256)
    }

    private static func units(_ speed: Double) -> Int16 {
        let scaled = speed * 256
        guard scaled == scaled else { return 0 }
        return Int16(max(-32_767, min(32_767, scaled < 0 ? scaled - 0.5 : scaled + 0.5)))
    }
}

/// Everything about an entity that changes many times a second: latest wins, never in the history.
@frozen public struct Motion: Hashable, Sendable {
    public var position: Position
    public var velocity: Velocity
    public var orientation: Orientation
    /// What the body does, as the world's schema numbers it; 0 is idle.
    public var animation: UInt8

    @inlinable public init(
        position: Position, velocity: Velocity = .zero, orientation: Orientation = .identity,
        animation: UInt8 = 0
    ) {
        self.position = position
        self.velocity = velocity
        self.orientation = orientation
        self.animation = animation
    }
}
