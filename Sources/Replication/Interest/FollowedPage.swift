import CairnBasics
import CairnWorld

/// What one client has of one page, as far as the server knows: what every tick asks for, half a
/// cache line.
struct FollowedPage {
    let page: PageID
    /// Another page with the same index is another page.
    let generation: UInt32
    /// The newest keyframe that the client has acknowledged; changes are told against it.
    var base = Tick(0)
    /// The newest state that is on its way or there. States from which small errors were left out
    /// do not count.
    var sent = Tick(0)
    /// The same for properties: the low bits of `Approach.sentVersion`. Safe to compare: a page
    /// whose properties change 2^32 times between two looks at it is no page.
    var sentVersion: UInt32 = 0
    /// How far away the page is: squared, in cells.
    var squaredCells: UInt32
    /// Distinguishes this following from earlier ones in the same place, whose packets may still be
    /// acknowledged.
    let epoch: UInt16
    /// By what the rest of the client's state names the page.
    let slot: UInt16
    var marks: Marks = []
    var level = Level.far
    /// How far the current tick's planning for the page has come.
    var stage = Stage.done

    struct Marks: OptionSet {
        var rawValue: UInt16

        static let hasBase = Marks(rawValue: 1 << 0)
        static let hasOffer = Marks(rawValue: 1 << 1)
        static let hasSent = Marks(rawValue: 1 << 2)
        /// The client is being told to forget the page.
        static let isLeaving = Marks(rawValue: 1 << 3)
        static let leaveIsOnItsWay = Marks(rawValue: 1 << 4)
        /// The client has forgotten the page.
        static let isGone = Marks(rawValue: 1 << 5)
        /// Properties had no room last time: they go first.
        static let owesProperties = Marks(rawValue: 1 << 6)
        /// There has been news since `Approach.waitsSince`, and none of it was told.
        static let waits = Marks(rawValue: 1 << 7)
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

    /// The rest of what the client has of the page, and how near it is: asked for when the page is
    /// far, when the client has nothing of it yet, and when a packet has come or is lost.
    struct Approach {
        /// A keyframe on its way, and the packet in which it was planned, by
        /// `SentLedger.packetSerial`.
        var offer = Tick(0)
        var offerSerial: UInt16 = 0
        /// When a page that is not near was told last, and since when it has waited at least.
        var told: Tick
        var waitsSince = Tick(0)
        /// Versions of the page: up to which the client has been sent properties, and up to which
        /// it has acknowledged them.
        var sentVersion: UInt64 = 0
        var deliveredVersion: UInt64 = 0
    }

    init(
        page: PageID, generation: UInt32, epoch: UInt16, slot: UInt16, squaredCells: UInt32
    ) {
        self.page = page
        self.generation = generation
        self.epoch = epoch
        self.slot = slot
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
    @inline(__always) func wantsMotion(_ page: PageNews) -> Bool {
        !marks.contains(.hasSent) || page.changedTick.isNewer(than: sent)
    }

    /// True when there is something to tell of the page.
    @inline(__always) func hasNews(_ page: PageNews) -> Bool {
        wantsMotion(page) || marks.contains(.hasBase) && sentVersion != page.propertyVersion
    }

    /// True when properties of the page have changed, or had no room last time.
    @inline(__always) func owesProperties(_ page: PageNews) -> Bool {
        sentVersion != page.propertyVersion || marks.contains(.owesProperties)
    }

    /// True for a page that has ended and whose client has not been told.
    @inline(__always) func isEnded(_ record: PageNews) -> Bool {
        marks.isDisjoint(with: .ended) && (!record.isLive || record.generation != generation)
    }

    /// Prepares a page of which the client has something, if there is news of it.
    @inline(__always) mutating func isDue(_ record: PageNews) -> Bool {
        guard record.isLive, record.generation == generation, marks.isDisjoint(with: .ended),
            !marks.isDisjoint(with: .begun), hasNews(record)
        else { return false }
        stage = marks.contains(.owesProperties) ? .owedProperties : .motion
        return true
    }

    @inline(__always) mutating func noteSent(_ tick: Tick) {
        if !marks.contains(.hasSent) || tick.isNewer(than: sent) { sent = tick }
        marks.insert(.hasSent)
    }

    mutating func noteBase(_ tick: Tick) {
        if !marks.contains(.hasBase) || tick.isNewer(than: base) { base = tick }
        marks.insert(.hasBase)
    }

    /// The newest state got lost: what it told is news again. It was news since the state before, so
    /// nothing is gained by knowing which one the client has.
    mutating func noteLost(_ tick: Tick) {
        if sent == tick { marks.remove(.hasSent) }
    }
}
