// How many bytes of blocks one client gets in a tick, and which kinds of blocks get them.
//
// Near pages go first, but may not spend what is put by for the others, which is a quarter of the
// budget while any of them waits. When that is enough for a block of any size, such a block goes
// before the near ones: so whatever room the network leaves, far pages and first keyframes have
// their turns, and they take a quarter of it.
//
// First keyframes have a budget beside this one, which fills slowly and is full at the start: whoever
// joins is told quickly what stands around, and it costs the near pages nothing.

/// Tokens of one byte each. Blocks may be planned while there are as many as they have bytes.
struct ByteBudget {
    /// What a tick adds.
    private(set) var perTick: Int
    /// What may be spent, `credit` included.
    private(set) var bytes: Int
    /// What near pages may not spend.
    private(set) var credit = 0
    /// Whether a first keyframe has its turn before a far page the next time.
    private(set) var isTurnOfEntering = true
    /// What only first keyframes may spend.
    private(set) var entering: Int

    /// A packet's own bytes around the blocks: header, tag, tick frame, acknowledgements.
    static let packetOverhead = 84
    /// A packet more than the one that every tick has must carry at least so much.
    static let worthAPacket = 512
    /// First keyframes at once, after a quiet time: what stands in some hundred pages.
    private static let enterBurst = 64 << 10
    private static let creditLimit = BlockLimits.byteCount + 8
    /// What fills a datagram: those who may have more than one a tick put by as much as others.
    private static let datagram = 1_200
    static let unlimited = 1 << 40

    init(perTick: Int) {
        self.perTick = perTick
        bytes = perTick
        entering = max(Self.enterBurst, perTick == Self.unlimited ? perTick : 0)
    }

    mutating func change(perTick: Int) {
        self.perTick = perTick
        bytes = min(bytes, limit)
    }

    /// What is carried over: enough for a block of any size, else two ticks' worth.
    private var limit: Int { max(2 * perTick, BlockLimits.byteCount + Self.packetOverhead + 8) }

    mutating func beginTick() {
        bytes = min(bytes + perTick, limit)
        entering = max(entering, min(entering + perTick / 4, Self.enterBurst))
    }

    mutating func putBy() {
        credit = min(credit + Self.leastForDistant(perTick: perTick), Self.creditLimit)
    }

    /// What a tick gives to what is not near, at least.
    static func leastForDistant(perTick: Int) -> Int { max(1, min(perTick, datagram) / 4) }

    /// True when it is the turn of what is not near.
    var isCreditFull: Bool { credit == Self.creditLimit }

    /// What a part of a tick's news may take now.
    func room(for part: TickPlan.Part) -> Int {
        switch part {
        case .near: bytes - credit
        case .entering: max(entering, bytes)
        case .late, .far: bytes
        }
    }

    mutating func spendPacket() { bytes -= Self.packetOverhead }

    mutating func spend(_ count: Int, for part: TickPlan.Part) {
        switch part {
        case .near: bytes -= count
        case .entering: spendEntering(count)
        case .late, .far:
            isTurnOfEntering = true
            spendCredit(count)
        }
    }

    private mutating func spendEntering(_ count: Int) {
        isTurnOfEntering = false
        if isCreditFull { credit = max(0, credit - count) }
        if entering >= count { entering -= count } else { spendCredit(count) }
    }

    private mutating func spendCredit(_ count: Int) {
        bytes -= count
        credit = max(0, credit - count)
    }
}
