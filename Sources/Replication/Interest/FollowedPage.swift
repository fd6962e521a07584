import CairnBasics
import CairnWorld

/// What one client has of one page, as far as the server knows.
struct FollowedPage {
    let page: PageID
    /// Another page with the same index is another page.
    let generation: UInt32
    /// Distinguishes this following from earlier ones of the same page, whose packets may still be
    /// acknowledged.
    let epoch: UInt16
    var marks: Marks = []
    /// How far the current tick's planning for the page has come.
    var stage = Stage.done
    /// The packet in which `offer` was planned, by `Subscription.packetSerial`.
    var offerSerial: UInt16 = 0

    /// The newest keyframe that the client has acknowledged; changes are told against it.
    var base = Tick(0)
    /// A keyframe on its way.
    var offer = Tick(0)
    /// The newest state that the client has acknowledged, and the newest that is on its way or
    /// there.
    var delivered = Tick(0)
    var sent = Tick(0)
    /// The same for properties, as versions of the page.
    var deliveredVersion: UInt64 = 0
    var sentVersion: UInt64 = 0

    /// How far away the page is: squared, in cells.
    var squaredCells: UInt32
    /// Grows by `weight` for every tick in which the page had news and no room for them.
    var waiting: UInt32 = 0

    struct Marks: OptionSet {
        var rawValue: UInt8

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
    }

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
    func wantsMotion(_ page: Page) -> Bool {
        !marks.contains(.hasSent) || page.changedTick.isNewer(than: sent)
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
