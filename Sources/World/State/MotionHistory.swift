// Where everybody was in the last ticks, so that a server can answer what a client saw when it acted:
// the client acts on a picture that is as old as the way there and back and its interpolation delay.
//
// Holds true: an answer is what `MotionPath` draws between the states of two ticks, so it is what a
// client drew that heard every tick in time. It is never from the future, and never from further
// back than the limit, whatever a client says.
//
// Only what moves is kept: bodies and characters, and things from their first motion to `depth` ticks
// after their last. Costs 20 bytes for each of them and tick of the depth, which is the limit and
// three ticks, rounded up to a power of two (160 bytes an avatar at 20 Hz and 250 ms), 4 bytes for
// any other entity, and one pass over the table a tick.

public import CairnBasics
public import CairnGeometry

/// The courses of the last ticks of what moves, as they are shown.
public struct MotionHistory: Sendable {
    /// How many ticks are kept, a power of two.
    public let depth: Int
    /// How many ticks before the newest a client is believed.
    public let limitTicks: Double
    private let tickHertz: Int
    /// By the kind's number: true for kinds that move by themselves.
    private let isMobile: [Bool]

    /// The newest tick that is kept; nil before the first.
    public private(set) var newest: Tick?
    /// By row of the table; -1 for what is not kept.
    private var slots: [Int32] = []
    /// By slot: whom it is of, from which tick on, and when that moved last.
    private var ids: [EntityID] = []
    private var since: [Tick] = []
    private var movedAt: [Tick] = []
    /// `depth` courses for each slot; that of a tick is at its number modulo the depth.
    private var courses: [Course] = []
    private var freeSlots: [Int32] = []

    /// - Parameter limit: How far back a client is believed; a second at most.
    public init(_ description: WorldDescription, limit: TimeSpan) {
        tickHertz = max(1, description.tickHertz)
        let seconds = max(0, min(1, limit.seconds))
        limitTicks = seconds * Double(tickHertz)
        var depth = 4
        while depth < Int(limitTicks) + 3 { depth *= 2 }
        self.depth = depth
        var isMobile = [Bool]()
        for kind in description.kinds where kind.role != .object {
            let number = Int(kind.id.raw)
            while isMobile.count <= number { isMobile.append(false) }
            isMobile[number] = true
        }
        self.isMobile = isMobile
    }

    /// How many entities are kept.
    public var count: Int { ids.count - freeSlots.count }

    /// Keeps the courses of the tick being built.
    /// - Complexity: O(rows)
    public mutating func record(_ world: borrowing WorldState) {
        let tick = world.tick
        newest = tick
        while slots.count < world.table.rows.count { slots.append(-1) }
        for row in world.table.rows {
            let id = world.table.ids[row]
            var slot = Int(slots[row])
            if slot >= 0, ids[slot] != id {
                release(row: row)
                slot = -1
            }
            guard id != .none else { continue }
            let course = Course(world.table.motions[row])
            if slot < 0 {
                let kind = Int(world.table.kinds[row].raw)
                guard course.velocity != .zero || kind < isMobile.count && isMobile[kind] else {
                    continue
                }
                slot = take(row: row, id, tick)
            }
            keep(course, in: slot, row: row, kind: world.table.kinds[row], tick)
        }
    }

    /// Where a client saw an entity at a moment.
    ///
    /// - Parameter row: The entity's, in the table of the world that was recorded.
    /// - Returns: Where it is now for what does not move, nil before the first tick.
    public func position(
        row: Int, at moment: PresentedMoment, in world: borrowing WorldState
    ) -> Position? {
        guard let newest else { return nil }
        let now = world.table.motions[row].position
        guard row < slots.count, slots[row] >= 0, ids[Int(slots[row])] == world.table.ids[row]
        else { return now }
        let slot = Int(slots[row])
        let ticks = max(-limitTicks, min(0, moment.ticks(since: newest)))
        let whole = ticks.rounded(.down)
        // Safe: at most a second of ticks.
        let older = newest.before(UInt32(-whole))
        let part = ticks - whole
        guard !since[slot].isNewer(than: older) else {
            return course(slot, since[slot]).position
        }
        guard part > 0 else { return course(slot, older).position }
        return MotionPath.position(
            from: course(slot, older), to: course(slot, older + 1), span: 1, ticks: part,
            tickHertz: tickHertz)
    }
}

extension MotionHistory {
    private func place(_ slot: Int, _ tick: Tick) -> Int {
        slot &* depth &+ Int(tick.number) & (depth - 1)
    }

    private func course(_ slot: Int, _ tick: Tick) -> Course { courses[place(slot, tick)] }

    private mutating func keep(
        _ course: Course, in slot: Int, row: Int, kind: KindID, _ tick: Tick
    ) {
        var shown = course
        var isMoving = course.velocity != .zero
        if since[slot] != tick {
            let before = self.course(slot, tick.before(1))
            shown.position =
                MotionPath.reached(from: before, to: course, ticks: 1, tickHertz: tickHertz).place
            isMoving = isMoving || before != course
        }
        courses[place(slot, tick)] = shown
        if isMoving { movedAt[slot] = tick }
        guard !isMoving, tick.steps(since: movedAt[slot]) > Int32(depth) else { return }
        let number = Int(kind.raw)
        if number >= isMobile.count || !isMobile[number] { release(row: row) }
    }

    private mutating func take(row: Int, _ id: EntityID, _ tick: Tick) -> Int {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = Int(free)
        } else {
            slot = ids.count
            ids.append(.none)
            since.append(tick)
            movedAt.append(tick)
            let still = Course(position: .origin, velocity: .zero)
            courses.append(contentsOf: repeatElement(still, count: depth))
        }
        ids[slot] = id
        since[slot] = tick
        movedAt[slot] = tick
        slots[row] = Int32(slot)
        return slot
    }

    private mutating func release(row: Int) {
        let slot = slots[row]
        ids[Int(slot)] = .none
        slots[row] = -1
        freeSlots.append(slot)
    }
}

extension Tick {
    /// The tick so many steps earlier.
    fileprivate func before(_ steps: UInt32) -> Tick { Tick(number &- steps) }
}
