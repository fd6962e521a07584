public import CairnBasics
public import CairnCRDT

/// What the server says reliably: in order, exactly once, on stream `ServerMessage.stream`.
///
/// State does not come this way: it leaves in cell blocks. Layout: one byte that names the case,
/// then its fields.
public enum ServerMessage: Equatable, Sendable {
    /// The answer to `ClientMessage.enter`; nothing else comes before it.
    case welcome(Welcome)
    /// The intent passed the door and is part of the world. `created` is the new entity of a
    /// creation, `EntityID.none` otherwise. `effects` are what it did to fields, as deltas: whoever
    /// joins them need not wait for the state that brings them to everybody. They may be left out.
    case accepted(number: UInt32, created: EntityID, effects: [Effect] = [])
    /// Every intent up to this number that was accepted is on disk here.
    case durable(through: UInt32)
    /// The intent did not pass the door.
    case refused(number: UInt32, Refusal)
    /// Somebody near said something.
    case heard(speaker: EntityID, name: String, text: String)
    /// Where a device's own frame lies in the world, as the Anchors room encodes it.
    case devicePose([UInt8])
    /// Another body offers an exchange; the mirror image of it, as an intent, takes it up.
    case offered(by: EntityID, gives: [EntityID], wants: [EntityID])

    public static let stream: UInt8 = 0
    /// The longest encoded message; the world's description is by far the largest.
    public static let byteLimit = 256 * 1_024
    static let devicePoseByteLimit = 512
}

/// What a client must know before it can understand anything else.
public struct Welcome: Hashable, Sendable {
    /// The client's own entity; `EntityID.none` for a spectator.
    public var entity: EntityID
    /// What the session's next entrance must give back; 0 for one that cannot be resumed.
    public var resumption: UInt64
    /// False when it is not known here any more which of the session's intents were performed:
    /// those that were sent may only be asked for.
    public var isSessionKnown: Bool
    /// The world's description, as `WorldDescription` encodes it.
    public var description: [UInt8]

    public init(
        entity: EntityID, resumption: UInt64 = 0, isSessionKnown: Bool = true,
        description: [UInt8]
    ) {
        self.entity = entity
        self.resumption = resumption
        self.isSessionKnown = isSessionKnown
        self.description = description
    }
}

/// What an intent did to one field: a delta for the field's state.
public struct Effect: Equatable, Sendable {
    public var entity: EntityID
    public var field: FieldID
    public var delta: FieldState

    public init(entity: EntityID, field: FieldID, delta: FieldState) {
        self.entity = entity
        self.field = field
        self.delta = delta
    }
}

extension ServerMessage {
    /// - Throws: `CodecError.overflow` when the writer has no room.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .welcome(let welcome):
            try writer.put(UInt8(1))
            try writer.put(welcome.entity.raw)
            try writer.put(welcome.resumption)
            try writer.put(UInt8(welcome.isSessionKnown ? 1 : 0))
            try writer.putBytes(welcome.description.rawBytes)
        case .accepted(let number, let created, let effects):
            try writer.put(UInt8(2))
            try writer.put(number)
            try writer.put(created.raw)
            for effect in effects {
                try writer.putVarint(effect.entity.raw)
                try writer.put(effect.field.raw)
                try effect.delta.encode(into: &writer)
            }
        case .durable(let number):
            try writer.put(UInt8(3))
            try writer.put(number)
        case .refused(let number, let refusal):
            try writer.put(UInt8(4))
            try writer.put(number)
            try refusal.encode(into: &writer)
        case .heard(let speaker, let name, let text):
            try writer.put(UInt8(5))
            try writer.put(speaker.raw)
            try writer.putText(name)
            try writer.putText(text)
        case .devicePose(let bytes):
            try writer.put(UInt8(6))
            try writer.putBytes(bytes.rawBytes)
        case .offered(let body, let gives, let wants):
            try writer.put(UInt8(12))
            try writer.put(body.raw)
            for things in [gives, wants] {
                try writer.putVarint(UInt64(things.count))
                for id in things { try writer.putVarint(id.raw) }
            }
        }
    }

    /// The encoded message.
    /// - Complexity: O(bytes)
    public func encoded() -> [UInt8] {
        encodeBytes(growingFrom: 512) { (writer) throws(CodecError) in
            try encode(into: &writer)
        }
    }

    /// Reads one whole message; bytes left over make it malformed.
    public init(decoding bytes: RawSpan) throws(CodecError) {
        guard bytes.byteCount <= Self.byteLimit else { throw .tooLarge }
        var reader = ByteReader(bytes)
        self = try Self.read(from: &reader)
        guard reader.remaining == 0 else { throw .malformed }
    }

    private static func read(from reader: inout ByteReader) throws(CodecError) -> ServerMessage {
        switch try reader.get(UInt8.self) {
        case 1:
            let entity = EntityID(raw: try reader.get(UInt64.self))
            let resumption = try reader.get(UInt64.self)
            let isSessionKnown = try reader.getFlag()
            return .welcome(
                Welcome(
                    entity: entity, resumption: resumption, isSessionKnown: isSessionKnown,
                    description: reader.getRest().array))
        case 2: return try accepted(from: &reader)
        case 3: return .durable(through: try reader.get(UInt32.self))
        case 4:
            let number = try reader.get(UInt32.self)
            return .refused(number: number, try Refusal(decoding: &reader))
        case 5:
            return .heard(
                speaker: EntityID(raw: try reader.get(UInt64.self)),
                name: try reader.getText(atMost: WorldLimits.entityNameBytes),
                text: try reader.getText(atMost: WorldLimits.textBytes))
        case 6:
            guard reader.remaining <= devicePoseByteLimit else { throw .tooLarge }
            return .devicePose(reader.getRest().array)
        case 12:
            let body = EntityID(raw: try reader.get(UInt64.self))
            return .offered(
                by: body, gives: try Intent.getIDs(&reader), wants: try Intent.getIDs(&reader))
        default: throw .malformed
        }
    }

    private static func accepted(
        from reader: inout ByteReader
    ) throws(CodecError) -> ServerMessage {
        let number = try reader.get(UInt32.self)
        let created = EntityID(raw: try reader.get(UInt64.self))
        var effects: [Effect] = []
        while reader.remaining > 0 {
            guard effects.count < Effect.limit else { throw .tooLarge }
            let entity = EntityID(raw: try reader.getVarint())
            let field = FieldID(try reader.get(UInt16.self))
            let delta = try FieldState(decoding: &reader)
            effects.append(Effect(entity: entity, field: field, delta: delta))
        }
        return .accepted(number: number, created: created, effects: effects)
    }
}

extension Effect {
    /// The most effects that one answer names; an intent that does more has none named.
    public static let limit = 32
}
