// One client's tick while it is being told: what has news, how far the telling has come, and the blocks
// of the packet that was planned last. Clients are told one after the other, so one plan serves all.

public import CairnBasics
public import CairnWire
import CairnWorld

/// A block for the next packet.
public struct PlannedBlock: Hashable, Sendable {
    public var frameType: FrameType
    /// Where it is in the store: see `BlockStore.bytes`.
    public var range: Range<Int>

    /// What it takes in a packet: type, length, body.
    var frameBytes: Int { range.count + (range.count < 128 ? 2 : 3) }
}

/// The working memory of a tick's planning, and its result.
public struct TickPlan: ~Copyable {
    /// The blocks of the packet that was planned last, in their order.
    public internal(set) var blocks = OwnedList<PlannedBlock>()

    /// The kinds of pages that have news; each has its own purse (see `ByteBudget`).
    enum Part: Int { case near, entering, late, far }

    /// The candidates of one part that are still to be told.
    struct Stretch {
        var range = 0..<0
        /// True when nothing of it fits the packet being filled.
        var isClosed = false
    }

    /// The rows of all that has news, part by part.
    var candidates = OwnedList<UInt16>()
    private var stretches = InlineArray<4, Stretch>(repeating: Stretch())
    /// Where in `Subscription.ring` and `far` those are whose turn it is, and whether they have been
    /// looked at: they are not before there is room.
    var ringTurn = 0..<0
    var farTurn = 0..<0
    var isFarGathered = false

    var hasTurns: Bool { !ringTurn.isEmpty || !farTurn.isEmpty }

    var sortKeys = OwnedList<UInt64>()
    var rows = OwnedList<FollowedPage>()
    var formerNear = OwnedList<UInt16>()
    var found: [PageID] = []

    /// Stands for a candidate that is done before an earlier one.
    static let doneCandidate = UInt16.max

    public init() {}

    subscript(part: Part) -> Stretch {
        _read { yield stretches[part.rawValue] }
        _modify { yield &stretches[part.rawValue] }
    }

    /// Begins another client's tick.
    mutating func begin() {
        blocks.removeAll()
        candidates.removeAll()
        for part in stretches.indices { stretches[part] = Stretch() }
        isFarGathered = false
    }

    /// Begins another packet.
    mutating func beginPacket() {
        blocks.removeAll()
        for part in stretches.indices { stretches[part].isClosed = false }
    }
}
