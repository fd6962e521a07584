// The server's side of "encode once, send to many": keyframes of every page, and the blocks of this
// tick in one arena. A block depends on (page, keyframe, tick) and not on who gets it, so it is
// encoded when the first client asks and copied from the arena for the others.
//
// A tick goes: the world changes; `beginTick` cuts the keyframes that are due; clients ask for
// blocks (see Subscription) and copy `bytes(range)`; the next `beginTick` forgets the arena.
//
// The world must hold still from `beginTick` until the last client has been told, since blocks are
// encoded when they are first asked for: a change in between would reach some clients and not the
// others, who would count as told. Debug builds check it.
//
// Holds true: every change block that is handed out fits `BlockLimits.byteCount`. Where a change
// would not fit, the page gets a keyframe in that tick, and a whole page always fits.
//
// Costs: about 11 KB for the keyframes of a full page; the arena is as large as the largest tick.

public import CairnBasics
public import CairnWorld

/// Keyframes of all pages, and the blocks of the current tick.
public struct BlockStore: ~Copyable {
    private let pin = Pin()
    /// The tick whose blocks these are.
    public private(set) var tick = Tick(0)
    /// What has been encoded since the start.
    public internal(set) var counts = BlockCounts()
    public let reckoning: DeadReckoning

    /// The blocks of this tick, one after the other.
    var arena = BlockArena()
    var rings: [KeyframeRing] = []
    /// Keyframe k of page p is at p × `BlockLimits.keyframes` + k.
    var keyframes: [PageSnapshot] = []
    /// The change against each keyframe, in the same places; rough ones apart.
    var changes: [CachedBlock] = []
    var roughChanges: [CachedBlock] = []
    /// The newest keyframe's block, by page.
    var wholes: [CachedBlock] = []
    /// The digest's block, by page.
    var digests: [CachedBlock] = []
    /// The first of this tick's property blocks, by page; the others are linked to it.
    var firstProperties: [Int32] = []
    var properties: [CachedProperties] = []
    /// What the receivers ask of each page.
    var news = OwnedList<PageNews>()
    /// Where bodies are, for those who look who is near.
    var bodies = BodyPlaces()
    /// The page that was looked at last, as it is now.
    var current = PageSnapshot(tick: Tick(0), cell: CellKey(raw: 0))
    var currentPage = PageID.none
    var pieces = PropertyPieces()
    var coder = BlockCoder()
    let schedule: KeyframeSchedule
    /// `WorldState.changeCount` at the start of the tick.
    private var changeCount: UInt64 = 0

    /// - Precondition: `tickHertz` is at least 1.
    public init(tickHertz: Int) {
        reckoning = DeadReckoning(tickHertz: tickHertz)
        schedule = KeyframeSchedule(tickHertz: tickHertz)
    }

    /// Forgets the blocks of the last tick and cuts the keyframes that are due.
    ///
    /// Call when the world has done everything it does in its tick.
    /// - Complexity: O(pages)
    public mutating func beginTick(world: borrowing WorldState) {
        tick = world.tick
        changeCount = world.changeCount
        arena.removeAll()
        properties.removeAll(keepingCapacity: true)
        currentPage = .none
        news.removeAll()
        grow(to: world.hash.pages.count)
        for index in world.hash.pages.indices {
            let page = world.hash.pages[index]
            bodies.update(index, page, world: world)
            news.append(PageNews(page))
            firstProperties[index] = -1
            if page.isLive { cutIfDue(PageID(UInt32(index)), page, world) }
        }
    }

    /// The bytes of a block of this tick.
    @_lifetime(borrow self)
    public func bytes(_ range: Range<Int>) -> RawSpan {
        arena.bytes(range)
    }

    /// Whether the world is as it was when the tick began.
    func isStill(_ world: borrowing WorldState) -> Bool {
        world.tick == tick && world.changeCount == changeCount
    }

    private mutating func grow(to pageCount: Int) {
        let missing = pageCount - rings.count
        guard missing > 0 else { return }
        let blank = PageSnapshot(tick: Tick(0), cell: CellKey(raw: 0))
        let slots = missing * BlockLimits.keyframes
        rings.append(contentsOf: repeatElement(KeyframeRing(), count: missing))
        keyframes.append(contentsOf: repeatElement(blank, count: slots))
        changes.append(contentsOf: repeatElement(CachedBlock(), count: slots))
        roughChanges.append(contentsOf: repeatElement(CachedBlock(), count: slots))
        wholes.append(contentsOf: repeatElement(CachedBlock(), count: missing))
        digests.append(contentsOf: repeatElement(CachedBlock(), count: missing))
        firstProperties.append(contentsOf: repeatElement(-1, count: missing))
    }

    private mutating func cutIfDue(
        _ id: PageID, _ page: Page, _ world: borrowing WorldState
    ) {
        if rings[id.index].generation != page.generation {
            rings[id.index] = KeyframeRing(generation: page.generation)
        }
        guard let newest = newestKeyframe(of: id) else {
            if !page.isEmpty { cut(id, world) }
            return
        }
        if page.changedTick.isNewer(than: newest), schedule.isDue(id, at: tick) { cut(id, world) }
    }
}

/// What a store has encoded since it was made: each block once, however many asked.
public struct BlockCounts: Hashable, Sendable {
    /// Keyframes taken; most reach their receivers as a mark on a change block.
    public internal(set) var keyframesCut = 0
    public internal(set) var keyframeBlocks = 0
    public internal(set) var changeBlocks = 0
    public internal(set) var propertyBlocks = 0
    /// Changes that would not fit, so that the page got a keyframe instead.
    public internal(set) var oversizeChanges = 0
    /// Properties that no block can hold; they are never sent.
    public internal(set) var oversizeProperties = 0
}

/// Which of a page's places for keyframes are in use, and by which: first those of the newest, then
/// those of the ones that are kept for longer.
struct KeyframeRing {
    /// The page's generation; another one's keyframes are void.
    var generation: UInt32 = 0
    /// The keyframe in each place.
    private var ticks = InlineArray<8, Tick>(repeating: Tick(0))
    /// Bit k is set when place k has a keyframe.
    private(set) var filled: UInt8 = 0
    /// The place of the newest.
    private(set) var newest = 0
    private var shortCount: UInt8 = 0
    private var longCount: UInt8 = 0

    init(generation: UInt32 = 0) { self.generation = generation }

    /// The tick of the newest keyframe; nil without any.
    var newestTick: Tick? { filled == 0 ? nil : ticks[newest] }

    /// Gives up the oldest of a kind for a new one, and says where that goes.
    mutating func add(_ tick: Tick, isLong: Bool) -> Int {
        if isLong {
            newest = BlockLimits.shortKeyframes &+ Int(longCount) % BlockLimits.longKeyframes
            longCount &+= 1
        } else {
            newest = Int(shortCount) % BlockLimits.shortKeyframes
            shortCount &+= 1
        }
        filled |= 1 << UInt8(newest)
        ticks[newest] = tick
        return newest
    }

    /// The place of a keyframe; nil when it is not held any more.
    func place(of keyframe: Tick) -> Int? {
        guard filled != 0 else { return nil }
        if ticks[newest] == keyframe { return newest }
        return Slots(UInt32(filled)).first { ticks[$0] == keyframe }
    }
}

/// A block that may be in the arena already.
struct CachedBlock {
    private var start: UInt32 = 0
    private var count: UInt16 = 0
    private var tick = Tick(0)
    private var marks: Marks = []

    private struct Marks: OptionSet {
        var rawValue: UInt8
        static let isSet = Marks(rawValue: 1)
        static let fits = Marks(rawValue: 2)
        static let isKeyframe = Marks(rawValue: 4)
        static let isExact = Marks(rawValue: 8)
    }

    /// Nothing yet.
    init() {}

    /// - Parameter range: nil when it was tried and does not fit.
    init(tick: Tick, range: Range<Int>?, isKeyframe: Bool = false, isExact: Bool = true) {
        self.tick = tick
        marks = .isSet
        if isKeyframe { marks.insert(.isKeyframe) }
        if isExact { marks.insert(.isExact) }
        guard let range else { return }
        marks.insert(.fits)
        start = UInt32(range.lowerBound)
        count = UInt16(range.count)
    }

    var range: Range<Int>? {
        marks.contains(.fits) ? Int(start)..<Int(start) + Int(count) : nil
    }
    /// True for a change that is a keyframe as well.
    var isKeyframe: Bool { marks.contains(.isKeyframe) }
    /// True for a change that leaves no error out.
    var isExact: Bool { marks.contains(.isExact) }

    /// True when the block has been tried in this tick.
    func isKnown(in tick: Tick) -> Bool { marks.contains(.isSet) && self.tick == tick }

    mutating func forget() { marks = [] }
}
