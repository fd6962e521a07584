// Under concurrency: a life begins once, at the dot that is the entity's id, and never changes. It
// ends when a delta has seen that dot and does not have the entity; it cannot begin again, because
// no dot is ever made again. So there are no tombstones and no resurrections.

public import CairnBasics

/// What an entity is from its creation to its deletion.
public struct EntityLife: Hashable, Comparable, Sendable {
    /// When it was created; for people to read, nothing is decided by it.
    public var created: HybridTime
    /// The identity that owns it; 0 is the world itself.
    public var owner: UInt64
    public var kind: KindID

    public init(kind: KindID, owner: UInt64, created: HybridTime = .zero) {
        self.kind = kind
        self.owner = owner
        self.created = created
    }

    /// The order by which replicas agree if a faulty one gives an id two lives.
    public static func < (left: EntityLife, right: EntityLife) -> Bool {
        (left.created, left.kind, left.owner) < (right.created, right.kind, right.owner)
    }

    //     kind: varint, owner: 8 bytes, created: 8 bytes
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(kind.raw))
        try writer.put(owner)
        try writer.put(created.raw)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        kind = KindID(UInt16(clamping: try reader.getVarint(atMost: UInt64(UInt16.max))))
        owner = try reader.get(UInt64.self)
        created = HybridTime(raw: try reader.get(UInt64.self))
    }
}
