import CairnBasics
import CairnGeometry

// How real numbers stand on the wire: whole numbers of a fixed unit, so that no bit pattern is NaN
// and every value is in range once it is read. Values that do not fit make the writer throw.

/// Steps of 1/8192 m (0.12 mm), a tenth of what any sensor resolves.
private let unitsPerMetre = 8192.0
/// Coordinates are below 2^24 m: eight times the width of a world.
private let coordinateLimit = Int64(1) << 37
/// Quaternion components are whole numbers of 2^-30, which resolves 2e-9 rad.
private let quaternionScale = 0x1p30
/// Standard deviations are up to 2^31 steps of 1e-5 (metres or radians).
private let sigmasPerUnit = 1e5

extension ByteWriter {
    /// Writes a point in metres.
    @_lifetime(self: copy self)
    mutating func putPoint(_ point: Vector3) throws(CodecError) {
        for metres in [point.x, point.y, point.z] {
            let units = nearestWhole(metres * unitsPerMetre)
            guard abs(units) <= Double(coordinateLimit) else { throw .malformed }
            try putZigzag(Int64(units))
        }
    }

    /// Writes a rotation of unit length.
    @_lifetime(self: copy self)
    mutating func putRotation(_ rotation: Quaternion) throws(CodecError) {
        for component in [rotation.x, rotation.y, rotation.z, rotation.w] {
            guard abs(component) <= 1 + 1e-6 else { throw .malformed }
            try put(Int32(nearestWhole(component * quaternionScale)))
        }
    }

    /// Writes a standard deviation, rounded up so that it never becomes more certain; beyond
    /// 21 km (or radians) it is no worse than that.
    @_lifetime(self: copy self)
    mutating func putSigma(_ sigma: Double) throws(CodecError) {
        let units = nearestWhole(sigma * sigmasPerUnit + 0.5 - 1e-9)
        guard units >= 0 else { throw .malformed }
        try putVarint(UInt64(min(units, 0x1p31)))
    }
}

extension ByteReader {
    /// Reads a point in metres; coordinates beyond their limit are refused.
    @_lifetime(self: copy self)
    mutating func getPoint() throws(CodecError) -> Vector3 {
        let x = try getCoordinate()
        let y = try getCoordinate()
        return Vector3(x, y, try getCoordinate())
    }

    /// Reads a rotation; one that is not of unit length is refused.
    @_lifetime(self: copy self)
    mutating func getRotation() throws(CodecError) -> Quaternion {
        let x = try get(Int32.self)
        let y = try get(Int32.self)
        let z = try get(Int32.self)
        let w = try get(Int32.self)
        let read = Quaternion(
            x: Double(x) / quaternionScale, y: Double(y) / quaternionScale,
            z: Double(z) / quaternionScale, w: Double(w) / quaternionScale)
        guard let unit = Quaternion(nearUnit: read) else { throw .malformed }
        return unit
    }

    /// Reads a standard deviation.
    @_lifetime(self: copy self)
    mutating func getSigma() throws(CodecError) -> Double {
        Double(try getVarint(atMost: 1 << 31)) / sigmasPerUnit
    }

    @_lifetime(self: copy self)
    private mutating func getCoordinate() throws(CodecError) -> Double {
        let units = try getZigzag()
        guard units.magnitude <= UInt64(coordinateLimit) else { throw .tooLarge }
        return Double(units) / unitsPerMetre
    }
}
