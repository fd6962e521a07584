import CairnBasics
import CairnWorld

/// What one client has of one page, as far as the server knows; one cache line.
struct FollowedPage {
    let page: PageID
    /// Another page with the same index is another page.
    let generation: UInt32
    /// The newest keyframe that the client has acknowledged; changes are told against it.
    var base = Tick(0)
    /// A keyframe on its way.
    var offer = Tick(0)
    /// The newest state that the client has acknowledged, and the newest that is on its way or
    /// there. States from which small errors were left out do not count.
    var delivered = Tick(0)
    var sent = Tick(0)
    /// The same for properties, as versions of the page.
    var deliveredVersion: UInt64 = 0
    var sentVersion: UInt64 = 0
    /// How far away the page is: squared, in cells.
    var squaredCells: UInt32
    /// Near: grows by `weight` for every tick in which the page had news and no room for them. Far:
    /// counts the turns in which it had.
    var waiting: UInt32 = 0
    /// Distinguishes this following from earlier ones in the same place, whose packets may still be
    /// acknowledged.
    let epoch: UInt16
    /// The packet in which `offer` was planned, by `SentLedger.packetSerial`.
    var offerSerial: UInt16 = 0
    var marks: Marks = []
    var level = Level.far
    /// How far the current tick's planning for the page has come.
    var stage = Stage.done

    struct Marks: OptionSet {
        var rawValue: UInt16

        static let hasBase = Marks(rawValue: 1 << 0)
        static let hasOffer = Marks(rawValue: 1 << 1)
        static let hasDelivered = Marks(rawValue: 1 << 2)
        static let hasSent = Marks(rawValue: 1 << 3)
        /// The client is being told to forget the page.
        static let isLeaving = Marks(rawValue: 1 << 4)
        static let leaveIsOnItsWay = Marks(rawValue: 1 << 5)
        /// The client has forgotten the page.
        static let isGone = Marks(rawValue: 1 << 6)
        /// Properties had no room last time: they go first.
        static let owesProperties = Marks(rawValue: 1 << 7)
        /// The page waits in `Subscription.late`.
        static let isLate = Marks(rawValue: 1 << 8)
        /// Nothing is followed in this place.
        static let isVacant = Marks(rawValue: 1 << 9)

        static let ended: Marks = [.isLeaving, .isGone, .isVacant]
        static let begun: Marks = [.hasBase, .hasOffer]
    }

    /// The level of detail, see `InterestRules`. Passing: was near, and may be again in a moment.
    enum Level: UInt8 { case near, ring, far, passing }

    enum Stage: UInt8 { case owedProperties, motion, digest, properties, done }

    init(page: PageID, generation: UInt32, epoch: UInt16, squaredCells: UInt32) {
        self.page = page
        self.generation = generation
        self.epoch = epoch
        self.squaredCells = squaredCells
    }

    /// Near pages catch up sooner: 16 for the own cell and those around it, 1 from four cells on.
    var weight: UInt32 {
        switch squaredCells {
        case 0: 16
        case 1..<4: 8
        case 4..<9: 4
        case 9..<16: 2
        default: 1
        }
    }

    /// True when the page has changed since the newest state that is on its way or there.
    @inline(__always) func wantsMotion(_ page: Page) -> Bool {
        !marks.contains(.hasSent) || page.changedTick.isNewer(than: sent)
    }

    /// True when there is something to tell of the page.
    @inline(__always) func hasNews(_ page: Page) -> Bool {
        wantsMotion(page) || marks.contains(.hasBase) && sentVersion != page.propertyVersion
    }

    mutating func noteSent(_ tick: Tick) {
        if !marks.contains(.hasSent) || tick.isNewer(than: sent) { sent = tick }
        marks.insert(.hasSent)
    }

    mutating func noteDelivered(_ tick: Tick) {
        if !marks.contains(.hasDelivered) || tick.isNewer(than: delivered) { delivered = tick }
        marks.insert(.hasDelivered)
    }

    mutating func noteBase(_ tick: Tick) {
        if !marks.contains(.hasBase) || tick.isNewer(than: base) { base = tick }
        marks.insert(.hasBase)
    }

    /// Goes back to what has been acknowledged when the newest state got lost.
    mutating func noteLost(_ tick: Tick) {
        guard marks.contains(.hasSent), sent == tick else { return }
        sent = delivered
        if !marks.contains(.hasDelivered) { marks.remove(.hasSent) }
    }
}
