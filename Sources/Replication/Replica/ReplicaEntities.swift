// The entities that a receiver knows, one row each in flat arrays. A row is used again: keep ids.

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
    /// The row's entity; `EntityID.none` for a row that is free.
    public private(set) var ids: [EntityID] = []
    public internal(set) var kinds: [KindID] = []
    /// The newest motion that is known.
    public private(set) var motions: [Motion] = []
    /// How many of them can be seen: those that have entered and not left.
    public internal(set) var visibleCount = 0

    /// The page that has the entity; `PageID.none` for one that has left its page and has not been
    /// found in another.
    var homes: [PageID] = []
    /// The newest tick in which the entity is known to have been where it is, or last was.
    var ticks: [Tick] = []
    /// How long an entity without a home is seen.
    var homelessUntil: [Tick] = []
    /// False for an entity that is known by its properties only.
    var isVisible: [Bool] = []
    var fields: [[ReplicatedField]] = []

    /// Where each is shown when.
    private var tracks: [DisplayTrack] = []
    private let displayRules: DisplayRules
    /// The tick that moments are counted from: the first that there was.
    private var origin: Tick?
    /// What is on screen, as the receiver last said; nil where nobody looks.
    private var shownMoment: Double?
    /// What became of shown motion.
    public private(set) var display = DisplayCounts()
    private var rowByID = FlatMap<Int32>()
    private var freeRows: [Int32] = []

    init(tickHertz: Int) { displayRules = DisplayRules(tickHertz: tickHertz) }

    /// How many rows are in use.
    var count: Int { rowByID.count }
    /// All rows, free ones and invisible ones among them: see `isVisible(row:)`.
    public var rows: Range<Int> { 0..<ids.count }

    /// True when the row has an entity that has entered and not left.
    public func isVisible(row: Int) -> Bool { isVisible[row] }

    /// The newest tick that is known of where the row's entity is.
    public func tick(row: Int) -> Tick { ticks[row] }

    /// The row of an entity that can be seen.
    public func row(of id: EntityID) -> Int? {
        guard let row = anyRow(of: id), isVisible[row] else { return nil }
        return row
    }

    /// Where to show an entity at `ticks` after `origin` (see `DisplayTrack`).
    ///
    /// - Precondition: the row has an entity that is visible.
    public func shownMotion(row: Int, at moment: (origin: Tick, ticks: Double)) -> Motion {
        guard tracks[row].count > 0, let time = time(of: moment) else { return motions[row] }
        return tracks[row].motion(at: time, displayRules)
    }

    /// How many ticks further in the past than `moment` an entity is shown: 0 for one that is told
    /// every tick.
    public func lag(row: Int, at moment: (origin: Tick, ticks: Double)) -> Double {
        time(of: moment).map { tracks[row].lag(at: $0) } ?? 0
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
        ids[row] = id
        homes[row] = home
        ticks[row] = tick
        rowByID[id.raw] = Int32(row)
        return row
    }

    mutating func remove(row: Int) {
        rowByID.remove(ids[row].raw)
        ids[row] = .none
        isVisible[row] = false
        fields[row] = []
        tracks[row].clear()
        freeRows.append(Int32(row))
    }

    /// Takes the entity's newest motion.
    mutating func move(row: Int, to motion: Motion, tick: Tick) {
        motions[row] = motion
        let origin = origin ?? tick
        self.origin = origin
        tracks[row].take(
            motion, at: Double(tick.steps(since: origin)), shownAt: shownMoment, displayRules,
            &display)
    }

    private mutating func appendRow() -> Int {
        let still = Motion(position: .origin)
        ids.append(.none)
        kinds.append(KindID(0))
        motions.append(still)
        homes.append(.none)
        ticks.append(Tick(0))
        homelessUntil.append(Tick(0))
        isVisible.append(false)
        fields.append([])
        tracks.append(DisplayTrack())
        return ids.count - 1
    }
}
