// What a receiver has of each page, in flat arrays that are all indexed alike.
//
// An array of one struct a page would be handed out as copies, each of which retains all that the page
// has: a tenth of what taking in a block cost. So what every block asks is plain numbers, a line of the
// cache for each page, and snapshots change places or are copied into memory that is there already.

import CairnBasics
import CairnWorld

struct ReplicaPages {
    /// What is asked for every block.
    struct Head {
        let page: PageID
        /// The newest packet that had a block of the page, or ended it.
        var heard: Tick
        /// The tick of the newest state; there is none before the first and after the page was left.
        var known = Tick(0)
        var hasState = false
        /// True when the page was left; it is remembered for a while so that older packets do not
        /// bring it back.
        var isLeft = false
        var keyframeCount: UInt8 = 0
        /// Of the keyframes that are kept, unordered.
        var keyframeTicks = InlineArray<12, UInt32>(repeating: 0)
    }

    /// Of both kinds together; `Head.keyframeTicks` has as many places.
    private static let keyframesKept = BlockLimits.keyframes + 2 * BlockLimits.lateKeyframes

    var heads: [Head] = []
    /// The newest states.
    private(set) var states: [PageSnapshot] = []
    /// Pages that changes may be told against, twelve places for each page.
    private(set) var keyframes: [PageSnapshot] = []
    /// By page and slot, the row of the entity that was there last; a row is used again, so it is a
    /// guess.
    var rows: [UInt32] = []
    /// Members by their properties, that the state does not have yet.
    var awaited: [[EntityID]] = []

    var count: Int { heads.count }

    mutating func append(_ page: PageID, heard: Tick) {
        let empty = PageSnapshot(tick: heard, cell: CellKey(raw: 0))
        heads.append(Head(page: page, heard: heard))
        states.append(empty)
        keyframes.append(contentsOf: repeatElement(empty, count: Self.keyframesKept))
        rows.append(contentsOf: repeatElement(0, count: Page.capacity))
        awaited.append([])
    }

    /// Removes a page; the last one takes its index.
    mutating func remove(at index: Int) {
        let last = heads.count - 1
        heads[index] = heads[last]
        states.swapAt(index, last)
        awaited.swapAt(index, last)
        for place in 0..<Self.keyframesKept {
            keyframes.swapAt(
                index * Self.keyframesKept + place, last * Self.keyframesKept + place)
        }
        for slot in 0..<Page.capacity {
            rows[index * Page.capacity + slot] = rows[last * Page.capacity + slot]
        }
        heads.removeLast()
        states.removeLast()
        awaited.removeLast()
        keyframes.removeLast(Self.keyframesKept)
        rows.removeLast(Page.capacity)
    }

    /// True when the state is at least as new as `tick`.
    @inline(__always)
    func isKnown(_ index: Int, at tick: Tick) -> Bool {
        heads[index].hasState && !tick.isNewer(than: heads[index].known)
    }

    /// Forgets everything but that the page was heard of.
    mutating func clear(_ index: Int) {
        heads[index].hasState = false
        heads[index].keyframeCount = 0
        awaited[index] = []
    }

    /// Takes a newer state and gives back the one before, whose memory may be used again.
    mutating func advance(_ index: Int, to newer: inout PageSnapshot) {
        heads[index].known = newer.tick
        heads[index].hasState = true
        swap(&states[index], &newer)
    }

    /// Where in `keyframes` the page's keyframe of a tick is.
    @inline(__always)
    func keyframe(_ index: Int, at tick: Tick) -> Int? {
        for place in 0..<Int(heads[index].keyframeCount)
        where heads[index].keyframeTicks[place] == tick.number {
            return index * Self.keyframesKept + place
        }
        return nil
    }

    /// Keeps a copy of a keyframe, in place of the oldest of its kind when there are enough.
    mutating func keep(
        _ keyframe: borrowing PageSnapshot, _ index: Int, _ schedule: KeyframeSchedule
    ) {
        guard self.keyframe(index, at: keyframe.tick) == nil else { return }
        let head = heads[index]
        let isLong = schedule.isLong(head.page, at: keyframe.tick)
        let limit = isLong ? BlockLimits.longKeyframes : BlockLimits.shortKeyframes
        var count = 0
        var oldest = 0
        for place in 0..<Int(head.keyframeCount)
        where schedule.isLong(head.page, at: Tick(head.keyframeTicks[place])) == isLong {
            let tick = Tick(head.keyframeTicks[place])
            if count == 0 || Tick(head.keyframeTicks[oldest]).isNewer(than: tick) {
                oldest = place
            }
            count += 1
        }
        if count < limit + BlockLimits.lateKeyframes {
            put(keyframe, index, Int(head.keyframeCount))
            heads[index].keyframeCount += 1
        } else if keyframe.tick.isNewer(than: Tick(head.keyframeTicks[oldest])) {
            put(keyframe, index, oldest)
        }
    }

    private mutating func put(_ keyframe: borrowing PageSnapshot, _ index: Int, _ place: Int) {
        keyframes[index * Self.keyframesKept + place].copy(from: keyframe)
        heads[index].keyframeTicks[place] = keyframe.tick.number
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
