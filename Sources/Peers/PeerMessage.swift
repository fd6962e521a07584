// What nodes say to one another, as bytes (protocol/PEERS.md). A message names who sent it to whom, in
// which boot, and ends in a digest of all that stands before: what the bus damages is refused whole.
// The digest keeps no attacker out; that takes a key, and is not done yet.
//
// Reading is total and allocates at most a constant times the bytes there are.

public import CairnBasics
public import CairnCRDT

/// Who speaks to whom.
public struct PeerHeader: Hashable, Sendable {
    public var from: UInt8
    public var to: UInt8
    /// The boot of the sender, and that of the receiver as far as the sender knows; 0 when it does
    /// not.
    public var fromBoot: UInt32
    public var toBoot: UInt32
    /// Which world this is about; two of them may share a bus.
    public var world: UInt64

    /// Version, kind, the two nodes, the two boots, the world.
    static let encodedByteCount = 20
    static let version: UInt8 = 1
}

/// One bucket's part of a list: every row that the sender has of the given ids in it.
public struct BucketList: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var id: EntityID
        public var digest: UInt64
    }

    public var bucket: UInt8
    public var ids: ClosedRange<EntityID>
    /// Ascending by id.
    public var entries: [Entry]
}

public enum PeerMessage: Equatable, Sendable {
    /// What the sender has committed, the sequence-th time in its boot. It no longer has, or has
    /// acknowledgements of, whatever came before `base`.
    case delta(sequence: UInt64, base: UInt64, Lattice)
    /// Which deltas of the receiver's boot the sender has joined.
    case acknowledgement(SequenceSet)
    /// Digests of the sender's state: of its context, and of each bucket of entities.
    case summary(context: UInt64, buckets: [UInt64])
    /// What the sender's context has seen of the given ids.
    case stretch(ids: ClosedRange<EntityID>, seen: CausalContext)
    case lists([BucketList])
    /// What the receiver seemed to lack.
    case repair(Lattice)
    /// Where the sender's bodies are at a tick of its own; best effort.
    case motions(tick: UInt64, body: [UInt8])
    /// A wish for rights to a bounded counter; asks are numbered within a boot.
    case ask(number: UInt32, RightsAsk)

    var kind: UInt8 {
        switch self {
        case .delta: 1
        case .acknowledgement: 2
        case .summary: 3
        case .stretch: 4
        case .lists: 5
        case .repair: 6
        case .motions: 7
        case .ask: 8
        }
    }
}

/// Which counter, and how much of it.
public struct RightsAsk: Hashable, Sendable {
    public var id: EntityID
    public var field: FieldID
    public var amount: UInt64

    public init(id: EntityID, field: FieldID, amount: UInt64) {
        self.id = id
        self.field = field
        self.amount = amount
    }
}

extension PeerMessage {
    /// The message with its envelope.
    ///
    /// Nil when it would be longer than `PeerLimits.messageByteCount`.
    public func encoded(_ header: PeerHeader) -> [UInt8]? {
        do throws(CodecError) {
            var bytes = try encodeBytes(capacity: PeerLimits.messageByteCount - 8) {
                (writer) throws(CodecError) in
                try writer.put(PeerHeader.version)
                try writer.put(kind)
                try writer.put(header.from)
                try writer.put(header.to)
                try writer.put(header.fromBoot)
                try writer.put(header.toBoot)
                try writer.put(header.world)
                try encodeBody(into: &writer)
            }
            StateDigest.seal(&bytes)
            return bytes
        } catch {
            return nil
        }
    }

    /// Reads a message of any origin.
    public static func read(
        _ bytes: RawSpan
    ) throws(CodecError) -> (header: PeerHeader, message: PeerMessage) {
        guard bytes.byteCount <= PeerLimits.messageByteCount else { throw .tooLarge }
        guard bytes.byteCount >= PeerLimits.envelopeByteCount else { throw .truncated }
        var reader = ByteReader(try StateDigest.unsealed(bytes))
        guard try reader.get(UInt8.self) == PeerHeader.version else { throw .malformed }
        let kind = try reader.get(UInt8.self)
        let header = PeerHeader(
            from: try reader.get(UInt8.self), to: try reader.get(UInt8.self),
            fromBoot: try reader.get(UInt32.self), toBoot: try reader.get(UInt32.self),
            world: try reader.get(UInt64.self))
        let message = try PeerMessage(decoding: &reader, kind: kind)
        guard reader.remaining == 0 else { throw .malformed }
        return (header, message)
    }
}
