// The schema as a store keeps it: a version, the bounds, then kinds and fields, ascending. One
// encoding for each schema, and decoding takes no other.

public import CairnBasics
import CairnGeometry

extension WorldSchema {
    /// Counts up whenever the encoding changes.
    static let encodingVersion: UInt8 = 1

    /// The schema as bytes.
    /// - Complexity: O(kinds + fields).
    public func encoded() -> [UInt8] {
        encodeBytes(growingFrom: 4_096) { (writer) throws(CodecError) in
            try encode(into: &writer)
        }
    }

    /// Reads a schema that takes up all of the bytes, whatever their origin.
    public init(encoded bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes.rawBytes)
        try self.init(decoding: &reader)
        guard reader.remaining == 0 else { throw .malformed }
    }

    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(Self.encodingVersion)
        try bounds.lowest.encode(into: &writer)
        try bounds.highest.encode(into: &writer)
        try writer.putVarint(UInt64(kinds.count))
        for kind in kinds {
            try writer.put(kind.id.raw)
            try writer.putText(kind.name)
            try writer.put(kind.role.rawValue)
            try writer.put(UInt8(kind.isRetired ? 1 : 0))
        }
        try writer.putVarint(UInt64(fields.count))
        for field in fields {
            try field.rules.encode(into: &writer)
            try writer.put(UInt8(field.isRetired ? 1 : 0))
        }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        guard try reader.get(UInt8.self) == Self.encodingVersion else { throw .malformed }
        let lowest = try Position(decoding: &reader)
        let bounds = Bounds(lowest: lowest, highest: try Position(decoding: &reader))
        var kinds: [Kind] = []
        for _ in 0..<(try reader.getCount(atMost: Int(UInt16.max))) {
            let id = KindID(try reader.get(UInt16.self))
            let name = try reader.getText(atMost: WorldLimits.nameBytes)
            guard let role = KindRole(rawValue: try reader.get(UInt8.self)) else {
                throw .malformed
            }
            let isRetired = try reader.getFlag()
            kinds.append(Kind(id: id, name: name, role: role, isRetired: isRetired))
        }
        var fields: [Field] = []
        for _ in 0..<(try reader.getCount(atMost: Int(UInt16.max))) {
            let rules = try FieldDescription(decoding: &reader)
            fields.append(Field(rules: rules, isRetired: try reader.getFlag()))
        }
        self.init(bounds: bounds, kinds: kinds, fields: fields)
        guard isConsistent else { throw .malformed }
    }

    /// Numbers ascend, and no two parts have one meaning.
    private var isConsistent: Bool {
        var kindIDs: Set<KindID> = []
        var kindNames: Set<String> = []
        var meanings: Set<Meaning> = []
        var lastKind: KindID?
        for kind in kinds {
            guard lastKind.map({ $0 < kind.id }) ?? true else { return false }
            guard meanings.insert(.kind(kind.name, kind.role)).inserted else { return false }
            guard kind.isRetired || kindNames.insert(kind.name).inserted else { return false }
            lastKind = kind.id
            kindIDs.insert(kind.id)
        }
        var lastField = FieldID.name
        var fieldNames: Set<Meaning> = []
        for field in fields {
            let rules = field.rules
            guard lastField < rules.id, kindIDs.contains(rules.kind) else { return false }
            let meaning = Meaning.field(rules.kind, rules.name, FieldForm(of: rules))
            guard meanings.insert(meaning).inserted else { return false }
            let name = Meaning.fieldName(rules.kind, rules.name)
            guard field.isRetired || fieldNames.insert(name).inserted else { return false }
            lastField = rules.id
        }
        return bounds.isOrdered
    }

    private enum Meaning: Hashable {
        case kind(String, KindRole)
        case field(KindID, String, FieldForm)
        case fieldName(KindID, String)
    }
}
