// Intents as bytes: total to read, since they come from clients.

public import CairnBasics
import CairnCRDT
import CairnGeometry

extension Intent {
    /// The most bytes of an intent: what a message has left beside its tag and number.
    public static let maximumEncodedBytes = ClientMessage.byteLimit - 5

    /// True when a message can carry it.
    /// - Complexity: O(bytes)
    public var fitsMessage: Bool {
        let bytes = try? encodeBytes(capacity: Self.maximumEncodedBytes) {
            (writer) throws(CodecError) in try encode(into: &writer)
        }
        return bytes != nil
    }

    private enum Tag: UInt8 {
        case create = 0
        case delete, set, add, insert, remove, put, removeKey, place, say
    }

    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .create(let kind, let motion, let name):
            try writer.put(Tag.create.rawValue)
            try writer.put(kind.raw)
            try motion.encode(into: &writer)
            try writer.put(UInt8(name == nil ? 0 : 1))
            if let name { try writer.putText(name) }
        case .delete(let id):
            try Self.put(.delete, id, into: &writer)
        case .set(let id, let field, let value):
            try Self.put(.set, id, field, into: &writer)
            try value.encode(into: &writer)
        case .add(let id, let field, let amount):
            try Self.put(.add, id, field, into: &writer)
            try writer.putZigzag(amount)
        case .insert(let id, let field, let element):
            try Self.put(.insert, id, field, into: &writer)
            try element.encode(into: &writer)
        case .remove(let id, let field, let element):
            try Self.put(.remove, id, field, into: &writer)
            try element.encode(into: &writer)
        case .put(let id, let field, let key, let value):
            try Self.put(.put, id, field, into: &writer)
            try writer.putText(key)
            try value.encode(into: &writer)
        case .removeKey(let id, let field, let key):
            try Self.put(.removeKey, id, field, into: &writer)
            try writer.putText(key)
        case .place(let id, let motion):
            try Self.put(.place, id, into: &writer)
            try motion.encode(into: &writer)
        case .say(let text):
            try writer.put(Tag.say.rawValue)
            try writer.putText(text)
        }
    }

    /// Refuses unknown tags, and what no message carries; the door judges the rest.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        guard let tag = Tag(rawValue: try reader.get(UInt8.self)) else { throw .malformed }
        switch tag {
        case .create:
            let kind = KindID(try reader.get(UInt16.self))
            let motion = try Motion(decoding: &reader)
            let isNamed = try reader.getFlag()
            self = .create(
                kind, motion,
                name: isNamed ? try reader.getText(atMost: Self.maximumEncodedBytes) : nil)
        case .say:
            self = .say(try reader.getText(atMost: Self.maximumEncodedBytes))
        case .delete:
            self = .delete(try Self.getID(&reader))
        case .place:
            self = .place(try Self.getID(&reader), try Motion(decoding: &reader))
        case .set, .add, .insert, .remove, .put, .removeKey:
            self = try Self.edit(
                tag, of: try Self.getID(&reader), FieldID(try reader.get(UInt16.self)), &reader)
        }
    }

    @_lifetime(reader: copy reader)
    private static func edit(
        _ tag: Tag, of id: EntityID, _ field: FieldID, _ reader: inout ByteReader
    ) throws(CodecError) -> Intent {
        switch tag {
        case .set: .set(id, field, try Scalar(decoding: &reader))
        case .add: .add(id, field, try reader.getZigzag())
        case .insert: .insert(id, field, try Scalar(decoding: &reader))
        case .remove: .remove(id, field, try Scalar(decoding: &reader))
        case .put:
            .put(
                id, field, key: try reader.getText(atMost: maximumEncodedBytes),
                try Scalar(decoding: &reader))
        case .removeKey:
            .removeKey(id, field, key: try reader.getText(atMost: maximumEncodedBytes))
        case .create, .delete, .place, .say: throw .malformed
        }
    }

    @_lifetime(writer: copy writer)
    private static func put(
        _ tag: Tag, _ id: EntityID, _ field: FieldID? = nil, into writer: inout ByteWriter
    ) throws(CodecError) {
        try writer.put(tag.rawValue)
        try writer.putVarint(id.raw)
        if let field { try writer.put(field.raw) }
    }

    @_lifetime(reader: copy reader)
    private static func getID(_ reader: inout ByteReader) throws(CodecError) -> EntityID {
        EntityID(raw: try reader.getVarint())
    }
}
