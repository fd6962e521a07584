import CairnBasics
import CairnWorld

/// What this tick's telling asks of a page, for each of its many receivers: one cache line. Made once
/// a tick from the world's page; the blocks that were asked for last are noted as they are encoded.
struct PageNews {
    let cell: CellKey
    let generation: UInt32
    let changedTick: Tick
    /// The low bits of the page's own.
    let propertyVersion: UInt32
    let isLive: Bool
    /// True for a page that gets a keyframe in this tick.
    var hasNewKeyframe = false
    /// The exact changes against up to three keyframes.
    private var changes = InlineArray<3, Change>(repeating: Change())
    private var nextChange: UInt8 = 0

    private struct Change {
        var keyframe = Tick(0)
        var start: UInt32 = 0
        /// 0 for none; a block is never empty.
        var count: UInt16 = 0
        var isKeyframe = false
    }

    init(_ page: Page) {
        cell = page.cell
        generation = page.generation
        changedTick = page.changedTick
        propertyVersion = UInt32(truncatingIfNeeded: page.propertyVersion)
        isLive = page.isLive
    }

    /// The change since a keyframe, if it is noted.
    @inline(__always) func change(since keyframe: Tick) -> ChangeBlock? {
        for index in 0..<3 where changes[index].keyframe == keyframe && changes[index].count > 0 {
            let start = Int(changes[index].start)
            return ChangeBlock(
                range: start..<start + Int(changes[index].count),
                isKeyframe: changes[index].isKeyframe, isExact: true)
        }
        return nil
    }

    /// Notes a change, in place of the oldest note.
    mutating func note(_ change: ChangeBlock, since keyframe: Tick) {
        changes[Int(nextChange)] = Change(
            keyframe: keyframe, start: UInt32(truncatingIfNeeded: change.range.lowerBound),
            count: UInt16(truncatingIfNeeded: change.range.count), isKeyframe: change.isKeyframe)
        nextChange = nextChange == 2 ? 0 : nextChange + 1
    }
}
