// A version byte, then everything there is, in a fixed order. There is one encoding of a description, and decoding takes no other: what comes out is valid, or nothing comes out.

public import CairnBasics
import CairnGeometry

extension WorldDescription {
    /// Counts up whenever the encoding changes.
    static let encodingVersion: UInt8 = 2
    /// Old data directories are known again by their hash, so its seed and what is in it stay.
    private static let hashSeed: UInt64 = 1

    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(Self.encodingVersion)
        try writer.putText(name)
        try encodeRules(into: &writer)
        try writer.put(UInt8(origin == nil ? 0 : 1))
        try origin?.encode(into: &writer)
        try writer.putVarint(UInt64(spawns.count))
        for spawn in spawns { try spawn.encode(into: &writer) }
        try writer.putVarint(UInt64(interestMetres))
        try writer.putVarint(UInt64(reachMetres))
        let carried = kinds.filter(\.isCarried)
        try writer.putVarint(UInt64(carried.count))
        for kind in carried { try writer.put(kind.id.raw) }
        try writer.putVarint(UInt64(zones.count))
        for zone in zones { try zone.encode(into: &writer) }
        try writer.putVarint(UInt64(anchors.count))
        for anchor in anchors { try anchor.encode(into: &writer) }
        try writer.putVarint(UInt64(personas.count))
        for persona in personas { try persona.encode(into: &writer) }
        try writer.putVarint(UInt64(objects.count))
        for object in objects { try object.encode(into: &writer) }
    }

    /// What both ends must agree on to understand each other's bytes and steps: nothing else is
    /// in the schema's hash.
    @_lifetime(writer: copy writer)
    private func encodeRules(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(UInt8(truncatingIfNeeded: tickHertz))
        try writer.putVarint(UInt64(cellMetres))
        try bounds.lowest.encode(into: &writer)
        try bounds.highest.encode(into: &writer)
        try writer.putVarint(UInt64(kinds.count))
        for kind in kinds { try kind.encode(into: &writer) }
        try writer.putVarint(UInt64(fields.count))
        for field in fields { try field.encode(into: &writer) }
    }

    /// Refuses what is not canonical and every description that has faults.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        guard try reader.get(UInt8.self) == Self.encodingVersion else { throw .malformed }
        let name = try reader.getText(atMost: WorldLimits.nameBytes)
        let tickHertz = Int(try reader.get(UInt8.self))
        let cellMetres = try reader.getCount(atMost: WorldLimits.cellMetres.upperBound)
        let lowest = try Position(decoding: &reader)
        let bounds = Bounds(lowest: lowest, highest: try Position(decoding: &reader))
        self.init(name: name, tickHertz: tickHertz, cellMetres: cellMetres, bounds: bounds)
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.kinds)) {
            kinds.append(try KindDescription(decoding: &reader))
        }
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.fields)) {
            fields.append(try FieldDescription(decoding: &reader))
        }
        fields.linkKinds(&kinds)
        if try reader.getFlag() { origin = try GeoAnchor(decoding: &reader) }
        spawns = []
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.spawns)) {
            spawns.append(try Position(decoding: &reader))
        }
        interestMetres = try reader.getCount(atMost: WorldLimits.interestMetres.upperBound)
        reachMetres = try reader.getCount(atMost: WorldLimits.reachMetres.upperBound)
        try kinds.readCarried(from: &reader)
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.zones)) {
            zones.append(try ZoneDescription(decoding: &reader))
        }
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.anchors)) {
            anchors.append(try AnchorDescription(decoding: &reader))
        }
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.personas)) {
            personas.append(try PersonaDescription(decoding: &reader))
        }
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.objects)) {
            objects.append(try ObjectDescription(decoding: &reader))
        }
        guard faults().isEmpty else { throw .malformed }
    }

    /// The description as one reliable message.
    /// - Precondition: the description has no faults, and so fits `WorldLimits.encodedBytes`.
    public func encoded() -> [UInt8] {
        guard let bytes = encodedIfItFits() else {
            preconditionFailure("a description without faults fits one message")
        }
        return bytes
    }

    /// Nil when the encoding is longer than `WorldLimits.encodedBytes`.
    func encodedIfItFits() -> [UInt8]? {
        var capacity = 4096
        while true {
            do throws(CodecError) {
                return try encodeBytes(capacity: capacity) { (writer) throws(CodecError) in
                    try encode(into: &writer)
                }
            } catch {
                guard capacity < WorldLimits.encodedBytes else { return nil }
                capacity = min(capacity * 2, WorldLimits.encodedBytes)
            }
        }
    }

    /// A digest of all that both ends must agree on: the tick, the cells, the bounds, the kinds and
    /// their fields, and not people, places and things. Data directories of format 1 kept it where
    /// those of format 2 keep the `WorldSchema`.
    /// - Precondition: the description has no faults.
    public var schemaHash: UInt64 {
        var digest = StateDigest(seed: Self.hashSeed)
        do throws(CodecError) {
            let rules = try encodeBytes(
                capacity: WorldLimits.encodedBytes
            ) { (writer) throws(CodecError) in try encodeRules(into: &writer) }
            digest.combine(rules.rawBytes)
        } catch {
            preconditionFailure("a description without faults fits one message")
        }
        return digest.value
    }
}

extension [KindDescription] {
    /// Which kinds may be carried: their numbers, ascending.
    @_lifetime(reader: copy reader)
    fileprivate mutating func readCarried(from reader: inout ByteReader) throws(CodecError) {
        var next = startIndex
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.kinds)) {
            let id = KindID(try reader.get(UInt16.self))
            guard let index = self[next...].firstIndex(where: { $0.id == id }) else {
                throw .malformed
            }
            self[index].isCarried = true
            next = index + 1
        }
    }
}

extension [FieldDescription] {
    /// Kinds list their fields, but a field names its kind, so only the latter travels.
    fileprivate func linkKinds(_ kinds: inout [KindDescription]) {
        for index in kinds.indices {
            kinds[index].fieldIDs = filter { $0.kind == kinds[index].id }.map(\.id)
        }
    }
}
