// When pages get keyframes. The younger a keyframe, the less there is to tell against it; but the more
// of them there are, the more are in use at a time, and a block is encoded once for each. A quarter
// of a second is where less is saved by a shorter one (a tenth from four ticks to three, for walkers)
// than it costs.
//
// Every fourth keyframe is kept for longer, for those who are told of a page more rarely or answer
// late. Pages take turns, so that their keyframes do not all fall into one tick. Both ends keep to
// this, so that a receiver has what its sender thinks it has.

package import CairnBasics
package import CairnWorld

/// The ticks in which pages get keyframes.
package struct KeyframeSchedule: Hashable, Sendable {
    /// Every how many ticks a page that changes gets a keyframe: the power of two that is nearest
    /// to a quarter of a second.
    package let period: UInt32
    /// Every how many ticks it gets one that is kept for longer.
    package let longPeriod: UInt32

    /// - Parameter tickHertz: world steps a second, at least 1.
    package init(tickHertz: Int) {
        var period = 1
        while period * 6 <= tickHertz { period *= 2 }
        self.period = UInt32(clamping: period)
        longPeriod = UInt32(clamping: 4 * period)
    }

    /// True at the ticks that are the page's number less than a multiple of the period.
    package func isDue(_ page: PageID, at tick: Tick) -> Bool {
        (tick.number &+ page.raw) % period == 0
    }

    /// True for keyframes that are kept for longer.
    package func isLong(_ page: PageID, at tick: Tick) -> Bool {
        (tick.number &+ page.raw) % longPeriod == 0
    }
}
