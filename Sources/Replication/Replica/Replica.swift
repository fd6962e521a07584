// The receiver's side: what one client sees of the world, put together from blocks that may come
// late, twice, out of order or not at all.
//
// A packet goes: `open` with the tick of its tick frame, then `receive` for every block after it;
// then drain `pollEvent`.
//
// Holds true, whatever the network does:
// - A page only goes forward: its state is that of one tick of the server, exactly, and a block of
//   an older tick changes nothing (but is kept when it is a keyframe).
// - An entity is where the newest evidence says, and is seen once. One that left its page is kept
//   for `ReplicaLimits.limbo`, so that it does not blink while it crosses from page to page.
// - Nothing that a server sends traps, and memory ends at `ReplicaLimits`.

public import CairnBasics
public import CairnGeometry
public import CairnWire
public import CairnWorld

/// One client's picture of the world around it.
public struct Replica {
    /// The newest tick that a packet has had, or that `advance` was told.
    public private(set) var tick: Tick?
    /// The newest tick that a packet has had.
    private var heardTick: Tick?
    public internal(set) var entities: ReplicaEntities
    public internal(set) var counts = ReplicaCounts()

    /// The receiver's newest intent that the state of the packet at hand contains, from its tick
    /// frame.
    public var performedIntent: UInt32 = 0

    let grid: CellGrid
    let reckoning: DeadReckoning
    let schedule: KeyframeSchedule
    /// How many ticks an entity stays without a page, and one that went to a cell in sight.
    let limboTicks: Int32
    let crossingTicks: Int32
    /// How many ticks old a packet may be.
    let horizonTicks: Int32

    var pages = ReplicaPages()
    var pageIndices = FlatMap<Int32>()
    /// Entities that left their page; some may have been found since.
    var limbo: [EntityID] = []
    var propertyByteCount = 0
    /// Where the client is and how far it is told of others, when it has said so.
    var interest: (cell: CellKey, metres: Int)?
    var models = BlockModels()
    /// The page of the block at hand; what a page does not need any more is the next one's memory.
    var scratch = PageSnapshot(tick: Tick(0), cell: CellKey(raw: 0))
    private var events = RingQueue<ReplicaEvent>()

    /// - Parameter isWatched: False where nobody looks: then what it takes to show entities
    ///   smoothly is not kept, and they are where they were last told to be.
    /// - Precondition: the world's cells and ticks, as its description has them.
    public init(cellMetres: Int, tickHertz: Int, isWatched: Bool = true) {
        grid = CellGrid(cellMetres: cellMetres)
        reckoning = DeadReckoning(tickHertz: tickHertz)
        schedule = KeyframeSchedule(tickHertz: tickHertz)
        entities = ReplicaEntities(tickHertz: tickHertz, isWatched: isWatched)
        limboTicks = Int32(clamping: (ReplicaLimits.limbo * tickHertz + 999) / 1_000)
        crossingTicks = Int32(
            clamping: (ReplicaLimits.crossing * tickHertz + 999) / 1_000)
        horizonTicks = Int32(clamping: ReplicaLimits.oldestPacket * tickHertz / 1_000)
    }

    /// Opens a packet.
    ///
    /// - Returns: False when it is too old; its blocks are then to be ignored.
    public mutating func open(tick newTick: Tick) -> Bool {
        if heardTick.map({ newTick.isNewer(than: $0) }) ?? true { heardTick = newTick }
        pass(to: newTick)
        guard let tick, tick.steps(since: newTick) <= horizonTicks else {
            counts.oldPackets += 1
            return false
        }
        return true
    }

    /// Says what is on screen, in ticks after `origin`, so that what is taken in from now on changes
    /// only what comes after it. Call it with every packet; without it motion is shown as told.
    public mutating func show(_ moment: (origin: Tick, ticks: Double)) { entities.show(moment) }

    /// Lets time pass: leaves the entities that have been without a page for too long.
    ///
    /// Packets do that by themselves; where none come, because nothing moves, call it with the
    /// tick that the server must have reached. A server that stands still makes no ticks, however
    /// much time passes here, so it is taken at its word but for what ends a limbo: or packets that
    /// it sends when it wakes would be too old.
    public mutating func advance(to newTick: Tick) {
        let limit = heardTick.map { $0 + UInt32(crossingTicks + 1) } ?? newTick
        pass(to: newTick.isNewer(than: limit) ? limit : newTick)
    }

    private mutating func pass(to newTick: Tick) {
        guard tick.map({ newTick.isNewer(than: $0) }) ?? true else { return }
        tick = newTick
        endLimbo(newTick)
        forgetLeftPages(newTick)
    }

    /// Applies one block of a packet of the given tick; frames of other types are ignored.
    ///
    /// - Returns: For a digest whether it agrees with the page, if the page is known at that very
    ///   tick; nil otherwise.
    /// - Throws: when the block is malformed. What it held may have been applied in part.
    @discardableResult public mutating func receive(
        _ type: FrameType, _ body: RawSpan, tick: Tick
    ) throws(CodecError) -> Bool? {
        var reader = ByteReader(body)
        switch type {
        case .keyframeBlock: try receiveKeyframe(&reader, tick)
        case .changeBlock: try receiveChange(&reader, tick)
        case .propertyBlock: try receiveProperties(&reader, tick)
        case .cellLeave: try receiveLeaves(&reader, tick)
        case .pageDigest:
            let page = try PageID(decoding: &reader)
            return checkDigest(page: page, tick: tick, digest: try reader.get(UInt64.self))
        default: break
        }
        return nil
    }

    /// Compares a page with the server's digest of it.
    ///
    /// - Returns: Nil when the page is not known at that very tick.
    public mutating func checkDigest(page: PageID, tick: Tick, digest: UInt64) -> Bool? {
        guard let index = index(of: page), pages.heads[index].hasState,
            pages.states[index].tick == tick
        else { return nil }
        let agrees = pages.states[index].digest == digest
        if agrees { counts.digestsAgreed += 1 } else { counts.digestsDiffered += 1 }
        return agrees
    }

    /// Says where the client is, so that whoever walks out of its sight is left at once and not
    /// after the time that a crossing may take.
    public mutating func follow(centre: Position, interestMetres: Int) {
        interest = (grid.cell(of: centre), max(0, interestMetres))
    }

    /// The next event, oldest first; drain after every packet.
    public mutating func pollEvent() -> ReplicaEvent? { events.popFirst() }

    mutating func note(_ event: ReplicaEvent) {
        guard events.count < ReplicaLimits.events else {
            counts.droppedEvents += 1
            return
        }
        events.append(event)
    }

    func index(of page: PageID) -> Int? {
        pageIndices[UInt64(page.raw)].map { Int($0) }
    }
}

/// What a receiver had to put up with.
public struct ReplicaCounts: Hashable, Sendable {
    /// States of entities that blocks have brought, each of the tick of its packet: all members of
    /// the page, those that only went on as predicted among them.
    public internal(set) var memberStates: UInt64 = 0
    /// Packets from too long ago.
    public internal(set) var oldPackets = 0
    /// Changes against a keyframe that has not come, or not yet; the server tells it again.
    public internal(set) var unknownKeyframes = 0
    /// Blocks older than what is known.
    public internal(set) var staleBlocks = 0
    /// Things refused because a limit was reached.
    public internal(set) var refusals = 0
    /// Events that were not polled in time.
    public internal(set) var droppedEvents = 0
    public internal(set) var digestsAgreed = 0
    public internal(set) var digestsDiffered = 0
}
