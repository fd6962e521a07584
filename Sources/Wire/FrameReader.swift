public import CairnBasics

/// One frame: a type and a body that the reader's bytes own.
@frozen public struct Frame: ~Escapable {
    public let type: FrameType
    public let body: RawSpan

    @_lifetime(copy body)
    @inlinable init(type: FrameType, body: RawSpan) {
        self.type = type
        self.body = body
    }
}

/// Walks over the frames of an opened packet: type (varint), length (varint), body.
///
/// Total: it ends, or throws when a length points outside the packet. It does not judge bodies.
@frozen public struct FrameReader: ~Escapable {
    @usableFromInline var reader: ByteReader
    /// No datagram is longer.
    @usableFromInline static let highestLength: UInt64 = 65_535

    @_lifetime(copy payload)
    @inlinable public init(_ payload: RawSpan) { reader = ByteReader(payload) }

    /// The next frame; nil after the last.
    @_lifetime(copy self)
    @inlinable public mutating func next() throws(CodecError) -> Frame? {
        guard reader.remaining > 0 else { return nil }
        let type = try reader.getVarint(atMost: FrameType.highest)
        let length = try reader.getVarint(atMost: Self.highestLength)
        let body = try reader.getBytes(Int(truncatingIfNeeded: length))
        return Frame(type: FrameType(UInt16(truncatingIfNeeded: type)), body: body)
    }
}
