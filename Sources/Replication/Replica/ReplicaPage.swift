import CairnBasics
import CairnWorld

/// What a receiver has of one page.
struct ReplicaPage {
    let page: PageID
    /// The newest state; nil before the first and after the page was left.
    var state: PageSnapshot?
    /// Pages that changes may be told against, unordered.
    var keyframes: [PageSnapshot] = []
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

    /// Forgets everything but that the page was heard of.
    mutating func clear() {
        state = nil
        keyframes = []
        awaited = []
    }

    func keyframe(_ tick: Tick) -> Int? { keyframes.firstIndex { $0.tick == tick } }

    /// Keeps a keyframe, in place of the oldest when there are enough.
    mutating func keep(_ keyframe: PageSnapshot) {
        guard self.keyframe(keyframe.tick) == nil else { return }
        guard keyframes.count >= BlockLimits.receivedKeyframes else {
            keyframes.append(keyframe)
            return
        }
        var oldest = 0
        for index in keyframes.indices
        where keyframes[oldest].tick.isNewer(than: keyframes[index].tick) {
            oldest = index
        }
        if keyframe.tick.isNewer(than: keyframes[oldest].tick) { keyframes[oldest] = keyframe }
    }
}
