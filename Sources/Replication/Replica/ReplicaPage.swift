import CairnBasics
import CairnWorld

/// What a receiver has of one page.
struct ReplicaPage {
    let page: PageID
    /// The newest state; nil before the first and after the page was left.
    private(set) var state: PageSnapshot?
    /// Pages that changes may be told against, unordered.
    private(set) var keyframes: [PageSnapshot] = []
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
    }

    /// True when the state is at least as new as `tick`.
    func isKnown(at tick: Tick) -> Bool {
        guard let state else { return false }
        return !tick.isNewer(than: state.tick)
    }

    /// Forgets everything but that the page was heard of.
    mutating func clear() {
        state = nil
        keyframes = []
        awaited = []
    }

    mutating func advance(to newer: PageSnapshot) { state = newer }

    /// Where the keyframe of a tick is.
    func keyframe(_ tick: Tick) -> Int? {
        for index in keyframes.indices where keyframes[index].tick == tick { return index }
        return nil
    }

    /// Keeps a keyframe, in place of the oldest of its kind when there are enough.
    mutating func keep(_ keyframe: PageSnapshot, _ schedule: KeyframeSchedule) {
        guard self.keyframe(keyframe.tick) == nil else { return }
        let isLong = schedule.isLong(page, at: keyframe.tick)
        let limit = isLong ? BlockLimits.longKeyframes : BlockLimits.shortKeyframes
        var count = 0
        var oldest = 0
        for index in keyframes.indices
        where schedule.isLong(page, at: keyframes[index].tick) == isLong {
            if count == 0 || keyframes[oldest].tick.isNewer(than: keyframes[index].tick) {
                oldest = index
            }
            count += 1
        }
        if count < limit + BlockLimits.lateKeyframes {
            keyframes.append(keyframe)
        } else if keyframe.tick.isNewer(than: keyframes[oldest].tick) {
            keyframes[oldest] = keyframe
        }
    }
}
