public import CairnBasics
public import CairnGeometry

/// What a client says reliably: in order, exactly once, on stream `ClientMessage.stream`.
///
/// Motion does not come this way: steering inputs and pose claims are frames of their own, since a
/// late one is worth nothing. Layout: one byte that names the case, then its fields.
public enum ClientMessage: Hashable, Sendable {
    /// The first message of a session: what the client wants to see.
    case enter(Entrance)
    /// The client has understood the welcome, so state may flow: what came before could only have
    /// been thrown away and still been acknowledged.
    case ready
    /// A wish to change shared state; `number` comes back in the answer.
    case intent(number: UInt32, Intent)
    /// The same, and what was on the client's screen when it acted: sent of intents that are judged by
    /// how near somebody is, who may have gone on meanwhile.
    case seenIntent(number: UInt32, seen: PresentedMoment, Intent)
    /// What a device saw of the anchors around it, as the Anchors room encodes it.
    case sightings([UInt8])
    /// A spectator looks at another place.
    case look(at: Position, radiusMetres: UInt16)
    /// What has become of an intent that was sent before the server lost track of the session; it
    /// is answered as far as that is known, and performed in no case.
    case ask(number: UInt32)

    public static let stream: UInt8 = 0
    /// The longest encoded message; anything longer is refused before it is parsed.
    public static let byteLimit = 4_096
    /// The longest sightings message: 24 anchors with room to spare.
    static let sightingsByteLimit = 2_048
}

/// The first thing a client says. Who it is, the server knows from its connect token.
public struct Entrance: Hashable, Sendable {
    /// How far the client wants to see; the server may give less. 0 takes the world's own radius.
    public var interestMetres: UInt16
    /// Whether to send the server's own digest of every page, so that the client can compare.
    public var wantsDigests: Bool
    /// Which of this identity's outboxes the intents come from; 0 for a client that will not come
    /// back with edits of an earlier connection.
    public var session: UInt64
    /// What the session's last welcome gave out; 0 before the first. Nobody else reads anything
    /// into it.
    public var resumption: UInt64

    public init(
        interestMetres: UInt16 = 0, wantsDigests: Bool = false, session: UInt64 = 0,
        resumption: UInt64 = 0
    ) {
        self.interestMetres = interestMetres
        self.wantsDigests = wantsDigests
        self.session = session
        self.resumption = resumption
    }
}

extension ClientMessage {
    /// - Throws: `CodecError.overflow` when the writer has no room.
    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .enter(let entrance):
            try writer.put(UInt8(1))
            try writer.put(entrance.interestMetres)
            try writer.put(UInt8(entrance.wantsDigests ? 1 : 0))
            try writer.put(entrance.session)
            try writer.put(entrance.resumption)
        case .intent(let number, let intent):
            try writer.put(UInt8(2))
            try writer.put(number)
            try intent.encode(into: &writer)
        case .seenIntent(let number, let seen, let intent):
            try writer.put(UInt8(7))
            try writer.put(number)
            try seen.encode(into: &writer)
            try intent.encode(into: &writer)
        case .sightings(let bytes):
            try writer.put(UInt8(3))
            try writer.putBytes(bytes.rawBytes)
        case .ready: try writer.put(UInt8(5))
        case .look(let position, let radiusMetres):
            try writer.put(UInt8(4))
            try position.encode(into: &writer)
            try writer.put(radiusMetres)
        case .ask(let number):
            try writer.put(UInt8(6))
            try writer.put(number)
        }
    }

    /// Reads one whole message; bytes left over make it malformed.
    public init(decoding bytes: RawSpan) throws(CodecError) {
        guard bytes.byteCount <= Self.byteLimit else { throw .tooLarge }
        var reader = ByteReader(bytes)
        self = try Self.read(from: &reader)
        guard reader.remaining == 0 else { throw .malformed }
    }

    private static func read(from reader: inout ByteReader) throws(CodecError) -> ClientMessage {
        switch try reader.get(UInt8.self) {
        case 1:
            let interestMetres = try reader.get(UInt16.self)
            let wantsDigests = try reader.getFlag()
            return .enter(
                Entrance(
                    interestMetres: interestMetres, wantsDigests: wantsDigests,
                    session: try reader.get(UInt64.self),
                    resumption: try reader.get(UInt64.self)))
        case 2:
            let number = try reader.get(UInt32.self)
            return .intent(number: number, try Intent(decoding: &reader))
        case 3:
            guard reader.remaining <= sightingsByteLimit else { throw .tooLarge }
            return .sightings(reader.getRest().array)
        case 4:
            let position = try Position(decoding: &reader)
            return .look(at: position, radiusMetres: try reader.get(UInt16.self))
        case 5: return .ready
        case 6: return .ask(number: try reader.get(UInt32.self))
        case 7:
            let number = try reader.get(UInt32.self)
            let seen = try PresentedMoment(decoding: &reader)
            return .seenIntent(number: number, seen: seen, try Intent(decoding: &reader))
        default: throw .malformed
        }
    }
}
