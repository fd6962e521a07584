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
        case all, pickUp, putDown, give, trade, share, unshare, handOver
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
        case .all(let parts):
            try writer.put(Tag.all.rawValue)
            try writer.putVarint(UInt64(parts.count))
            for part in parts { try part.encode(into: &writer) }
        case .pickUp, .putDown, .give, .trade, .share, .unshare, .handOver:
            try encodeCarrying(into: &writer)
        }
    }

    @_lifetime(writer: copy writer)
    private func encodeCarrying(into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .pickUp(let id): try Self.put(.pickUp, id, into: &writer)
        case .putDown(let id, let motion):
            try Self.put(.putDown, id, into: &writer)
            try motion.encode(into: &writer)
        case .give(let id, let receiver):
            try Self.put(.give, id, into: &writer)
            try writer.putVarint(receiver.raw)
        case .trade(let other, let mine, let theirs):
            try Self.put(.trade, other, into: &writer)
            for things in [mine, theirs] {
                try writer.putVarint(UInt64(things.count))
                for id in things { try writer.putVarint(id.raw) }
            }
        case .share(let id, let identity): try Self.put(.share, id, identity, into: &writer)
        case .unshare(let id, let identity): try Self.put(.unshare, id, identity, into: &writer)
        case .handOver(let id, let identity): try Self.put(.handOver, id, identity, into: &writer)
        default: return
        }
    }

    /// Refuses unknown tags, and what no message carries; the door judges the rest.
    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        guard let tag = Tag(rawValue: try reader.get(UInt8.self)) else { throw .malformed }
        if tag == .all {
            var parts: [Intent] = []
            for _ in 0..<(try reader.getCount(atMost: Self.readableParts)) {
                parts.append(try Self.single(&reader))
            }
            self = .all(parts)
        } else {
            self = try Self.single(tag, &reader)
        }
    }

    /// Wholes that are too large are read up to here, so that the door can say so.
    private static let readableParts = 64

    /// A whole has no wholes in it: whoever nests does not get to recurse.
    @_lifetime(reader: copy reader)
    private static func single(_ reader: inout ByteReader) throws(CodecError) -> Intent {
        guard let tag = Tag(rawValue: try reader.get(UInt8.self)), tag != .all else {
            throw .malformed
        }
        return try single(tag, &reader)
    }

    @_lifetime(reader: copy reader)
    private static func single(
        _ tag: Tag, _ reader: inout ByteReader
    ) throws(CodecError) -> Intent {
        switch tag {
        case .create:
            let kind = KindID(try reader.get(UInt16.self))
            let motion = try Motion(decoding: &reader)
            let isNamed = try reader.getFlag()
            return .create(
                kind, motion,
                name: isNamed ? try reader.getText(atMost: Self.maximumEncodedBytes) : nil)
        case .say:
            return .say(try reader.getText(atMost: Self.maximumEncodedBytes))
        case .delete:
            return .delete(try getID(&reader))
        case .place:
            return .place(try getID(&reader), try Motion(decoding: &reader))
        case .set, .add, .insert, .remove, .put, .removeKey:
            return try edit(
                tag, of: try getID(&reader), FieldID(try reader.get(UInt16.self)), &reader)
        case .pickUp: return .pickUp(try getID(&reader))
        case .putDown: return .putDown(try getID(&reader), try Motion(decoding: &reader))
        case .give: return .give(try getID(&reader), to: try getID(&reader))
        case .trade:
            return .trade(
                with: try getID(&reader), mine: try getIDs(&reader), theirs: try getIDs(&reader))
        case .share: return .share(try getID(&reader), try reader.getVarint())
        case .unshare: return .unshare(try getID(&reader), try reader.getVarint())
        case .handOver: return .handOver(try getID(&reader), try reader.getVarint())
        case .all: throw .malformed
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
        default: throw .malformed
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

    @_lifetime(writer: copy writer)
    private static func put(
        _ tag: Tag, _ id: EntityID, _ identity: UInt64, into writer: inout ByteWriter
    ) throws(CodecError) {
        try put(tag, id, into: &writer)
        try writer.putVarint(identity)
    }

    /// The things of one side of a trade.
    @_lifetime(reader: copy reader)
    static func getIDs(_ reader: inout ByteReader) throws(CodecError) -> [EntityID] {
        var ids: [EntityID] = []
        for _ in 0..<(try reader.getCount(atMost: maximumTraded)) {
            ids.append(try getID(&reader))
        }
        return ids
    }

    @_lifetime(reader: copy reader)
    private static func getID(_ reader: inout ByteReader) throws(CodecError) -> EntityID {
        EntityID(raw: try reader.getVarint())
    }
}
