// How much a server tells of what is near, by distance: the levels of detail.
//
// Level 0, near: the pages that hold the nearest bodies; exactly, in every tick.
// Level 1, around it: every few ticks; small errors are left out, and once a second nothing is.
// Level 2, as far as the client is told of others: once a second, with the page's new keyframe.
//
// A level's ticks depend on the page and the tick alone, so all receivers of a page at one level
// share one block. Level 2 keeps to keyframes because in a crowd most of what a change says is who
// has come since the keyframe: a receiver of every keyframe hears of each of them once. A far block
// against an older keyframe would say all of it again, which costs more than leaving small errors
// out saves.

import CairnBasics
import CairnWorld

/// The levels of detail of one server.
public struct InterestRules: Hashable, Sendable {
    /// At least so many of the nearest bodies are told of in every tick.
    public let freshEntities: Int
    /// World steps a second.
    public let tickHertz: Int
    /// How far whoever sees and whoever is seen can come nearer than they were at the last look,
    /// until the next, in position units.
    let slack: UInt32
    /// Ticks from look to look at who is near: a tenth of a second, since whoever could come near
    /// until the next look is told of as well.
    let lookPeriod: UInt32
    /// The same while nobody near is left out.
    var idleLookPeriod: UInt32 { 4 * lookPeriod }
    /// Every how many ticks a page of the level is told.
    let ringPeriod: UInt32
    let farPeriod: UInt32

    /// Bodies that are told of in every tick: as many as a person can keep apart in a crowd, and
    /// about what one datagram holds.
    public static let usualFreshEntities = 64
    /// A runner, where the world does not say how fast bodies are; in 1/256 m/s.
    public static let usualSpeed = 8 * 256

    /// - Parameter maxSpeedUnits: how fast bodies move at most, in 1/256 m/s.
    /// - Precondition: `tickHertz` is at least 1.
    public init(
        tickHertz: Int, freshEntities: Int = usualFreshEntities, maxSpeedUnits: Int = usualSpeed
    ) {
        precondition(tickHertz >= 1)
        self.tickHertz = tickHertz
        self.freshEntities = max(1, freshEntities)
        lookPeriod = UInt32(clamping: max(1, tickHertz / 10))
        // From one look to the tick before the next; the client's way counts twice, once for who is
        // nearest and once for where it is itself. A speed unit is four position units a second.
        let ticks = Int(lookPeriod) - 1
        slack = UInt32(clamping: 3 * max(0, maxSpeedUnits) * 4 * ticks / tickHertz + 1)
        // Powers of two, so that every tick in which a page gets a keyframe is among its ring's turns,
        // and far turns are those of the keyframes that are kept for longer.
        let keyframes = KeyframeSchedule(tickHertz: tickHertz)
        ringPeriod = min(4, keyframes.period)
        farPeriod = keyframes.longPeriod
    }

    /// The longest that a page which changes in every tick waits from one block to the next, though
    /// the budget is too small for everything and one packet in twenty is lost.
    ///
    /// A page has its patience, and two sweeps at most that notice that it waits and that it has
    /// waited for long. After that it goes in the order of all that are late, which are all of them
    /// at worst, each told whole; a quarter of the budget is theirs. A tenth more is for losses.
    public func refreshTicks(pages: Int, members: Int, bytesPerTick: Int) -> Int {
        let patience = Int(Self.farPatience + 2) * Int(farPeriod)
        let bytes = BlockStore.wholePageEstimate(pages: pages, members: members)
        return patience + bytes * 11 / 10 / ByteBudget.leastForDistant(perTick: bytesPerTick)
    }

    /// Turns that a page may miss before it goes before the others: two seconds of the ring, six of
    /// what is far.
    static let ringPatience: UInt32 = 10
    static let farPatience: UInt32 = 6

    /// A page's turn within a period: it is told in ticks of which the number is `turn` less than a
    /// multiple of the period.
    static func turn(of page: PageID, _ period: UInt32) -> UInt32 { page.raw % period }

    /// The turn that a tick is for.
    static func turn(at tick: Tick, _ period: UInt32) -> UInt32 {
        (period - tick.number % period) % period
    }
}
