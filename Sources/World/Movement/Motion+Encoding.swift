// The plain form of motions: 23 bytes, fixed, for what is sent rarely or kept. Cell blocks have a
// tighter one of their own (see Replication).

public import CairnBasics
public import CairnGeometry

extension Motion {
    /// Bytes that a motion takes, always.
    public static let encodedByteCount = 23

    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        guard writer.room >= Self.encodedByteCount else { throw .overflow }
        try position.encode(into: &writer)
        try velocity.encode(into: &writer)
        try writer.put(orientation.bits)
        try writer.put(animation)
    }

    /// Refuses an orientation that is none; every position and velocity is one.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        let position = try Position(decoding: &reader)
        let velocity = try Velocity(decoding: &reader)
        let orientation = try Orientation(decoding: &reader)
        self.init(
            position: position, velocity: velocity, orientation: orientation,
            animation: try reader.get(UInt8.self))
    }

    /// The value of the built-in `placement` field for an entity that rests here.
    public var restingBytes: [UInt8] {
        var resting = self
        resting.velocity = .zero
        return resting.encodedBytes
    }

    /// The motion as an array; for cold paths.
    public var encodedBytes: [UInt8] {
        do throws(CodecError) {
            return try encodeBytes(capacity: Self.encodedByteCount) { (writer) throws(CodecError) in
                try encode(into: &writer)
            }
        } catch {
            preconditionFailure("a motion takes encodedByteCount bytes")
        }
    }

    /// Reads the value of a `placement` field; nil when the bytes are none.
    public init?(restingBytes bytes: [UInt8]) {
        guard bytes.count == Self.encodedByteCount else { return nil }
        var reader = ByteReader(bytes.rawBytes)
        do throws(CodecError) {
            try self.init(decoding: &reader)
        } catch {
            return nil
        }
    }
}

extension Position {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(x)
        try writer.put(y)
        try writer.put(z)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        self.init(
            x: try reader.get(Int32.self), y: try reader.get(Int32.self),
            z: try reader.get(Int32.self))
    }
}

extension Velocity {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(x)
        try writer.put(y)
        try writer.put(z)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        self.init(
            x: try reader.get(Int16.self), y: try reader.get(Int16.self),
            z: try reader.get(Int16.self))
    }
}

extension Orientation {
    /// Refuses bits that no unit quaternion packs to: three smallest components cannot hold more
    /// than 3/4 of the square of the norm, which is 391,681 in packed steps; rounding adds 1,084.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let bits = try reader.get(UInt32.self)
        let sum =
            Self.square(ofSteps: bits) &+ Self.square(ofSteps: bits >> 10)
            &+ Self.square(ofSteps: bits >> 20)
        guard sum <= 392_765 else { throw .malformed }
        self.init(bits: bits)
    }

    /// The square of the packed component in the lowest ten bits.
    private static func square(ofSteps bits: UInt32) -> Int32 {
        // Safe: ten bits less 512, squared, has at most 19 bits; three of them have 21.
        let steps = Int32(truncatingIfNeeded: bits & 1023) &- 512
        return steps &* steps
    }
}
