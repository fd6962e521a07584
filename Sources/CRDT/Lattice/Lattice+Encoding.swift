// The canonical encoding: equal lattices have equal bytes, and bytes that are not the encoding of
// some lattice are refused. There are no counts to cap beyond the bytes themselves: everything
// counted takes at least two bytes, so reading allocates at most a constant times its input, and
// whatever can be held can be written and read back. Scalars and keys have caps of their own.
//
//     context, rows: varint, per row, ascending by id: varint(id - previous id - 1, the first: id),
//     entity state

public import CairnBasics

extension Lattice {
    /// Writes the lattice in its one canonical form.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try context.encode(into: &writer)
        try writer.putVarint(UInt64(rows.count))
        var earliest: UInt64 = 0
        for row in rows.sortedRows {
            let id = rows[row].id.raw
            try writer.putVarint(id - earliest)
            try rows[row].state.encode(into: &writer)
            // Safe: past the largest id there is no row left to write.
            earliest = id &+ 1
        }
    }

    /// Reads a lattice from bytes of any origin: total, and bounded by the bytes there are.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        self.init()
        context = try CausalContext(decoding: &reader)
        let count = try reader.getVarint(atMost: UInt64(reader.remaining))
        var earliest: UInt64? = 0
        for _ in 0..<count {
            guard let least = earliest else { throw .malformed }
            let (raw, overflow) = least.addingReportingOverflow(try reader.getVarint())
            let id = EntityID(raw: raw)
            guard !overflow, id.number > 0 else { throw .malformed }
            let state = try EntityState(decoding: &reader)
            guard (state.life != nil) == context.contains(id.dot) else { throw .malformed }
            rows.append(id, state)
            if state.life != nil { entityCount += 1 }
            earliest = raw == .max ? nil : raw &+ 1
        }
    }

    /// The canonical encoding as an array.
    /// - Complexity: O(n log n)
    public func encoded() -> [UInt8] {
        encodeBytes(growingFrom: 128 + rows.count * 128) { (writer) throws(CodecError) in
            try encode(into: &writer)
        }
    }

    /// Reads a lattice that takes up all of the bytes.
    public init(encoded bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes.rawBytes)
        try self.init(decoding: &reader)
        guard reader.remaining == 0 else { throw .malformed }
    }

    /// A digest of the canonical encoding: equal states have equal digests.
    /// - Complexity: O(n log n)
    public var digest: StateDigest {
        var digest = StateDigest()
        digest.combine(encoded().rawBytes)
        return digest
    }
}
