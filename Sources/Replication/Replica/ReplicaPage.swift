import CairnBasics
import CairnWorld

/// What a receiver has of one page.
///
/// The ticks of the keyframes stand beside one another, apart from the keyframes: which of them a
/// change is told against is asked for every block, and each would be another line of the cache.
struct ReplicaPage {
    let page: PageID
    /// The newest state, if there is one: none before the first and after the page was left.
    private(set) var state: PageSnapshot
    private(set) var hasState = false
    /// Pages that changes may be told against, unordered; the first `keyframeCount` are in use.
    private(set) var keyframes: [PageSnapshot] = []
    /// As many as are kept of both kinds together (see `BlockLimits`).
    private(set) var keyframeTicks = InlineArray<12, UInt32>(repeating: 0)
    private(set) var keyframeCount = 0
    /// By slot, the row of the entity that was there last; a row is used again, so it is a guess.
    var rows = InlineArray<32, UInt32>(repeating: 0)
    /// The newest packet that had a block of the page, or ended it.
    var heard: Tick
    /// True when the page was left; it is remembered for a while so that older packets do not
    /// bring it back.
    var isLeft = false
    /// Members by their properties, that the state does not have yet.
    var awaited: [EntityID] = []

    init(page: PageID, heard: Tick) {
        self.page = page
        self.heard = heard
        state = PageSnapshot(tick: heard, cell: CellKey(raw: 0))
    }

    /// Forgets everything but that the page was heard of.
    mutating func clear() {
        hasState = false
        keyframeCount = 0
        awaited = []
    }

    /// Takes a newer state and gives back the one before, whose memory may be used again.
    mutating func advance(to newer: inout PageSnapshot) {
        swap(&state, &newer)
        hasState = true
    }

    /// Keeps a copy of a keyframe, in place of the oldest of its kind when there are enough.
    mutating func keep(_ keyframe: borrowing PageSnapshot, _ schedule: KeyframeSchedule) {
        for index in 0..<keyframeCount where keyframeTicks[index] == keyframe.tick.number { return }
        let isLong = schedule.isLong(page, at: keyframe.tick)
        let limit = isLong ? BlockLimits.longKeyframes : BlockLimits.shortKeyframes
        var count = 0
        var oldest = 0
        for index in 0..<keyframeCount
        where schedule.isLong(page, at: Tick(keyframeTicks[index])) == isLong {
            if count == 0 || Tick(keyframeTicks[oldest]).isNewer(than: Tick(keyframeTicks[index])) {
                oldest = index
            }
            count += 1
        }
        if count < limit + BlockLimits.lateKeyframes {
            if keyframeCount == keyframes.count {
                keyframes.append(PageSnapshot(tick: keyframe.tick, cell: keyframe.cell))
            }
            put(keyframe, at: keyframeCount)
            keyframeCount += 1
        } else if keyframe.tick.isNewer(than: Tick(keyframeTicks[oldest])) {
            put(keyframe, at: oldest)
        }
    }

    private mutating func put(_ keyframe: borrowing PageSnapshot, at index: Int) {
        keyframes[index].copy(from: keyframe)
        keyframeTicks[index] = keyframe.tick.number
    }
}

extension PageSnapshot {
    /// Becomes another page and keeps its own memory.
    mutating func copy(from other: borrowing PageSnapshot) {
        tick = other.tick
        cell = other.cell
        occupied = other.occupied
        makeRoom(for: other.occupied)
        for slot in Slots(other.occupied) { members[slot] = other.members[slot] }
    }
}
