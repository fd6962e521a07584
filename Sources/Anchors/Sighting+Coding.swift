public import CairnBasics

// A report on the wire: session (varint), count (varint), then per sighting anchor (varint),
// position and observer (three zigzag varints each, 1/8192 m), sigma (varint, 1e-5 m), capture
// time (Int64 nanoseconds), 0, or 1 and the rotation (four Int32 in 2^-30, x y z w) and its sigma
// (varint, 1e-5 rad). About 30 bytes each, 50 with the rotation.
//
// Reading gives well-formed values, not plausible ones: that is for `SightingGate`.

extension SightingReport {
    /// - Throws: `.tooLarge` for too many sightings, `.malformed` for values that do not fit.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        guard sightings.count <= Self.maximumCount else { throw .tooLarge }
        try writer.putVarint(UInt64(session))
        try writer.putVarint(UInt64(sightings.count))
        for sighting in sightings { try sighting.encode(into: &writer) }
    }

    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        let session = try reader.getVarint(atMost: UInt64(UInt32.max))
        let count = try reader.getVarint(atMost: UInt64(Self.maximumCount))
        var sightings: [Sighting] = []
        for _ in 0..<count { sightings.append(try Sighting(decoding: &reader)) }
        self.init(session: UInt32(truncatingIfNeeded: session), sightings: sightings)
    }
}

extension Sighting {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(anchor.raw))
        try writer.putPoint(position)
        try writer.putPoint(observer)
        try writer.putSigma(sigmaMetres)
        try writer.put(capturedAt.nanoseconds)
        try writer.put(UInt8(facing == nil ? 0 : 1))
        if let facing {
            try writer.putRotation(facing.deviceFromAnchor)
            try writer.putSigma(facing.sigmaRadians)
        }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let anchor = try reader.getVarint(atMost: UInt64(UInt16.max))
        let position = try reader.getPoint()
        let observer = try reader.getPoint()
        let sigma = try reader.getSigma()
        let captured = try reader.get(Int64.self)
        let flag = try reader.get(UInt8.self)
        guard flag <= 1 else { throw .malformed }
        var facing: Facing?
        if flag == 1 {
            let rotation = try reader.getRotation()
            facing = Facing(deviceFromAnchor: rotation, sigmaRadians: try reader.getSigma())
        }
        self.init(
            anchor: AnchorID(UInt16(truncatingIfNeeded: anchor)), position: position,
            observer: observer, facing: facing, sigmaMetres: sigma,
            capturedAt: Instant(nanoseconds: captured))
    }
}
