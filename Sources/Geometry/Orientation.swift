/// A unit quaternion in 32 bits, smallest three: two bits name the component of largest magnitude,
/// the other three take ten bits each. The error of a rotation is below 0.25 degrees.
///
/// Compared and hashed by its bits: what is on the wire is what the world knows.
@frozen public struct Orientation: Hashable, Sendable {
    /// Largest component's index (x, y, z, w) in bits 30–31, the others in order, ten bits each.
    public var bits: UInt32

    @inlinable public init(bits: UInt32) { self.bits = bits }

    /// No rotation: w is largest, the others are zero.
    public static let identity = Orientation(bits: 3 << 30 | 512 << 20 | 512 << 10 | 512)

    /// Packs a quaternion, which need not be of unit length; nil where it has none.
    public init?(x: Double, y: Double, z: Double, w: Double) {
        let norm = (x * x + y * y + z * z + w * w).squareRoot()
        guard norm.isFinite, norm > 1e-9 else { return nil }
        let components = [x / norm, y / norm, z / norm, w / norm]
        var largest = 0
        for index in 1..<4 where abs(components[index]) > abs(components[largest]) {
            largest = index
        }
        let sign = components[largest] < 0 ? -1.0 : 1.0
        var packed = UInt32(largest) << 30
        var shift: UInt32 = 20
        for index in 0..<4 where index != largest {
            // The three smaller components lie within ±1/√2; 511 steps each way, 512 is zero.
            let scaled = components[index] * sign * 2.0.squareRoot() * 511 + 512
            packed |= UInt32(max(1, min(1023, scaled + 0.5))) << shift
            if shift >= 10 { shift -= 10 }
        }
        bits = packed
    }

    /// A turn about the vertical axis, counter-clockwise from East, in radians.
    public init(yaw radians: Double) {
        let half = radians / 2
        self = Orientation(x: 0, y: 0, z: sine(half), w: cosine(half)) ?? .identity
    }

    /// The quaternion (x, y, z, w), of unit length.
    public var quaternion: (x: Double, y: Double, z: Double, w: Double) {
        let largest = Int(bits >> 30)
        var components = [0.0, 0.0, 0.0, 0.0]
        var shift: UInt32 = 20
        var sum = 0.0
        for index in 0..<4 where index != largest {
            let value = (Double(bits >> shift & 1023) - 512) / (511 * 2.0.squareRoot())
            components[index] = value
            sum += value * value
            if shift >= 10 { shift -= 10 }
        }
        components[largest] = max(0, 1 - sum).squareRoot()
        // Bits from outside may claim three components that are longer than one together.
        let length = max(1, sum.squareRoot())
        return (
            components[0] / length, components[1] / length, components[2] / length,
            components[3] / length
        )
    }

    /// The heading of the rotated x axis in radians, counter-clockwise from East, in -π...π.
    public var yaw: Double {
        let q = quaternion
        return arcTangent(
            2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z))
    }
}
