// The entities that a receiver knows, one row each in flat arrays. A row is used again: keep ids.

public import CairnBasics
public import CairnCRDT
public import CairnGeometry
import CairnWorld

/// Where an entity was at one tick.
@frozen public struct MotionSample: Hashable, Sendable {
    public var tick: Tick
    public var motion: Motion
}

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
    /// How many samples are kept of an entity: 400 ms at 20 Hz.
    public static let sampleCount = 8

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

    private var samples: [InlineArray<8, MotionSample>] = []
    /// How many samples there have been; the newest is at that number less one, modulo eight.
    private var sampleCounts: [UInt32] = []
    private var rowByID = FlatMap<Int32>()
    private var freeRows: [Int32] = []

    init() {}

    /// How many rows are in use.
    var count: Int { rowByID.count }
    /// All rows, free ones and invisible ones among them: see `isVisible(row:)`.
    public var rows: Range<Int> { 0..<ids.count }

    /// True when the row has an entity that has entered and not left.
    public func isVisible(row: Int) -> Bool { isVisible[row] }

    /// The row of an entity that can be seen.
    public func row(of id: EntityID) -> Int? {
        guard let row = anyRow(of: id), isVisible[row] else { return nil }
        return row
    }

    /// A sample of the entity's motion, 0 for the newest; nil when there are not so many.
    ///
    /// Ticks descend. There is none for the ticks in which the entity's page had no news: where the
    /// older of two samples has no velocity, the entity stood there until just before the newer.
    public func sample(_ number: Int, row: Int) -> MotionSample? {
        let count = Int(sampleCounts[row])
        guard number >= 0, number < min(count, Self.sampleCount) else { return nil }
        return samples[row][(count &- 1 &- number) % Self.sampleCount]
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
        sampleCounts[row] = 0
        freeRows.append(Int32(row))
    }

    /// Takes the entity's newest motion.
    mutating func move(row: Int, to motion: Motion, tick: Tick) {
        motions[row] = motion
        let count = Int(sampleCounts[row])
        samples[row][count % Self.sampleCount] = MotionSample(tick: tick, motion: motion)
        // Safe: at 128 Hz a row would have to be seen for two years.
        sampleCounts[row] &+= 1
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
        samples.append(InlineArray(repeating: MotionSample(tick: Tick(0), motion: still)))
        sampleCounts.append(0)
        return ids.count - 1
    }
}
