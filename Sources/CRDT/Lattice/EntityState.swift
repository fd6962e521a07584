// Under concurrency: fields join one by one, each by its own rule. A state without a life is an
// embryo: an edit of an entity whose creation has not arrived yet. It waits, joins what comes, and
// is whole when the creation does; if news of the deletion comes first, it goes.

public import CairnBasics

/// One entity's shared state, or a delta for it.
public struct EntityState: Equatable, Sendable {
    /// One field's state under its number.
    public struct Field: Equatable, Sendable {
        public var id: FieldID
        public var state: FieldState
    }

    /// Sorted by number. A field that nobody has written is not here.
    public internal(set) var fields = Fields()
    /// What the entity is; nil in an embryo and in a delta that edits.
    public internal(set) var life: EntityLife?

    init(life: EntityLife?) { self.life = life }

    init(field: FieldID, _ state: FieldState) { fields = Fields(field, state) }

    /// The state of a field; nil when nobody has written it.
    /// - Complexity: O(log fields)
    public subscript(field: FieldID) -> FieldState? { fields[field] }

    /// The value of a latest-wins field; nil for others.
    public func latest(_ field: FieldID) -> Scalar? { self[field]?.latest?.value }

    /// Joins another state or delta of the same entity.
    ///
    /// - Returns: True when this state changed.
    /// - Complexity: O(m log n) for m fields joined into n, and what the fields take.
    mutating func join(_ other: EntityState) -> Bool {
        let changed = fields.join(other.fields)
        guard let theirs = other.life else { return changed }
        if let life, life >= theirs { return changed }
        life = theirs
        return true
    }

    /// True when all there is to join in `other` is a register, and its like is here.
    func isJoined(byRegisterOf other: EntityState) -> Bool {
        other.life == nil && fields.areJoined(byRegisterOf: other.fields)
    }

    /// This state with none but the given fields.
    func restricted(to kept: [FieldID]) -> EntityState {
        var restricted = EntityState(life: life)
        for field in fields where kept.contains(field.id) { restricted.fields.append(field) }
        return restricted
    }
}

extension EntityState {
    //     varint(fields << 1 | alive), life when alive,
    //     per field, ascending: varint(number - previous number - 1, the first: number), state
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(fields.count) << 1 | (life == nil ? 0 : 1))
        try life?.encode(into: &writer)
        var earliest: UInt64 = 0
        for field in fields {
            try writer.putVarint(UInt64(field.id.raw) - earliest)
            try field.state.encode(into: &writer)
            earliest = UInt64(field.id.raw) + 1
        }
    }

    /// Reads a state from bytes of any origin; one without life and fields is refused.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let header = try reader.getVarint(atMost: Self.maximumFieldCount << 1 | 1)
        guard header > 0 else { throw .malformed }
        life = header & 1 == 1 ? try EntityLife(decoding: &reader) : nil
        // A field takes at least three bytes, so a hostile count reserves little.
        fields.reserveCapacity(Int(clamping: min(header >> 1, UInt64(reader.remaining / 3))))
        var earliest: UInt64 = 0
        for _ in 0..<header >> 1 {
            let gap = try reader.getVarint(atMost: UInt64(UInt16.max))
            // Safe: both are below 2^17.
            let raw = earliest &+ gap
            guard raw <= UInt64(UInt16.max) else { throw .malformed }
            let id = FieldID(UInt16(truncatingIfNeeded: raw))
            fields.append(Field(id: id, state: try FieldState(decoding: &reader)))
            earliest = raw &+ 1
        }
    }

    /// As many fields as there are numbers for them.
    private static let maximumFieldCount = UInt64(UInt16.max) + 1
}
