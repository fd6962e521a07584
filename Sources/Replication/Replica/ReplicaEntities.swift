// The entities that a receiver knows, one row each in flat arrays. A row is used again: keep ids.
//
// What every state asks of an entity stands together in one row, less than a line of the cache: a
// block touches all members of a page, and they stand anywhere.

public import CairnBasics
public import CairnCRDT
public import CairnGeometry
import CairnWorld

/// One field of an entity's shared state.
struct ReplicatedField: Sendable {
    var id: FieldID
    var state: FieldState
    var byteCount: Int
    /// The receiver's newest intent that the state is known to contain.
    var performedIntent: UInt32 = 0
}

/// Rows of entities, found by id.
public struct ReplicaEntities: Sendable {
    /// One entity, but for its fields and how it is shown.
    struct Row: Sendable {
        /// `EntityID.none` for a row that is free.
        var id = EntityID.none
        /// The newest motion that is known.
        var motion = Motion(position: .origin)
        /// The page that has the entity; `PageID.none` for one that has left its page and has not
        /// been found in another.
        var home = PageID.none
        /// The newest tick in which the entity is known to have been where it is, or last was.
        var tick = Tick(0)
        /// How long an entity without a home is seen.
        var homelessUntil = Tick(0)
        var kind = KindID(0)
        /// False for an entity that is known by its properties only.
        var isVisible = false
    }

    var table: [Row] = []
    /// How many of them can be seen: those that have entered and not left.
    public internal(set) var visibleCount = 0

    var fields: [[ReplicatedField]] = []

    /// Where each is shown when; none where nobody looks.
    private var tracks: [DisplayTrack] = []
    private let displayRules: DisplayRules
    private let isWatched: Bool
    /// The tick that moments are counted from: the first that there was.
    private var origin: Tick?
    /// What is on screen, as the receiver last said; nil where nobody looks.
    private var shownMoment: Double?
    /// What became of shown motion.
    public private(set) var display = DisplayCounts()
    private var rowByID = FlatMap<Int32>()
    private var freeRows: [Int32] = []

    init(tickHertz: Int, isWatched: Bool) {
        displayRules = DisplayRules(tickHertz: tickHertz)
        self.isWatched = isWatched
    }

    /// How many rows are in use.
    var count: Int { rowByID.count }
    /// All rows, free ones and invisible ones among them: see `isVisible(row:)`.
    public var rows: Range<Int> { 0..<table.count }

    /// The row's entity; `EntityID.none` for a row that is free.
    public func id(row: Int) -> EntityID { table[row].id }
    public func kind(row: Int) -> KindID { table[row].kind }
    /// The newest motion that is known.
    public func motion(row: Int) -> Motion { table[row].motion }

    /// True when the row has an entity that has entered and not left.
    public func isVisible(row: Int) -> Bool { table[row].isVisible }

    /// The newest tick that is known of where the row's entity is.
    public func tick(row: Int) -> Tick { table[row].tick }

    /// The row of an entity that can be seen.
    public func row(of id: EntityID) -> Int? {
        guard let row = anyRow(of: id), table[row].isVisible else { return nil }
        return row
    }

    /// Where to show an entity at `ticks` after `origin` (see `DisplayTrack`).
    ///
    /// - Precondition: the row has an entity that is visible.
    public func shownMotion(row: Int, at moment: (origin: Tick, ticks: Double)) -> Motion {
        guard isWatched, tracks[row].count > 0, let time = time(of: moment) else {
            return table[row].motion
        }
        return tracks[row].motion(at: time, displayRules)
    }

    /// How many ticks further in the past than `moment` an entity is shown: 0 for one that is told
    /// every tick.
    public func lag(row: Int, at moment: (origin: Tick, ticks: Double)) -> Double {
        isWatched ? time(of: moment).map { tracks[row].lag(at: $0) } ?? 0 : 0
    }

    /// Says what is on screen while the states after this call are taken in.
    mutating func show(_ moment: (origin: Tick, ticks: Double)) {
        if origin == nil { origin = moment.origin }
        shownMoment = time(of: moment)
    }

    private func time(of moment: (origin: Tick, ticks: Double)) -> Double? {
        origin.map { moment.ticks + Double(moment.origin.steps(since: $0)) }
    }

    /// The shared state of one field of an entity.
    public func field(_ id: FieldID, row: Int) -> FieldState? {
        fields[row].first { $0.id == id }?.state
    }

    /// The receiver's newest intent that a field's state is known to contain; 0 when none is.
    public func performedIntent(_ id: FieldID, row: Int) -> UInt32 {
        fields[row].first { $0.id == id }?.performedIntent ?? 0
    }

    /// The fields of an entity of which anything is known, ascending.
    public func fieldIDs(row: Int) -> [FieldID] { fields[row].map(\.id) }

    func anyRow(of id: EntityID) -> Int? {
        rowByID[id.raw].map { Int($0) }
    }

    /// Adds an entity that is not there, invisible and without samples.
    mutating func insert(_ id: EntityID, home: PageID, tick: Tick) -> Int {
        let row = freeRows.popLast().map { Int($0) } ?? appendRow()
        table[row].id = id
        table[row].home = home
        table[row].tick = tick
        rowByID[id.raw] = Int32(row)
        return row
    }

    mutating func remove(row: Int) {
        rowByID.remove(table[row].id.raw)
        table[row].id = .none
        table[row].isVisible = false
        fields[row] = []
        if isWatched { tracks[row].clear() }
        freeRows.append(Int32(row))
    }

    /// Takes what a page says of an entity that it has; a page that does not have it yet has to know
    /// something newer.
    ///
    /// - Returns: False when what is known is as new.
    @inline(__always)
    mutating func claim(row: Int, _ member: Member, for page: PageID, tick: Tick) -> Bool {
        let isNewer = tick.isNewer(than: table[row].tick)
        guard isNewer || table[row].home == page else { return false }
        table[row].home = page
        if isNewer { table[row].tick = tick }
        table[row].kind = member.kind
        table[row].motion = member.motion
        if isWatched { show(row: row, member.motion, tick: tick) }
        return true
    }

    private mutating func show(row: Int, _ motion: Motion, tick: Tick) {
        let origin = origin ?? tick
        self.origin = origin
        tracks[row].take(
            motion, at: Double(tick.steps(since: origin)), shownAt: shownMoment, displayRules,
            &display)
    }

    private mutating func appendRow() -> Int {
        table.append(Row())
        fields.append([])
        if isWatched { tracks.append(DisplayTrack()) }
        return table.count - 1
    }
}
