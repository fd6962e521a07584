// Who is where: how the states of pages become the entities that are seen.
//
// Every claim has a tick, and the newest wins. An entity that a page's newer state does not have
// any more, and that no other page has claimed since, is in limbo: it is still seen, and either a
// page claims it soon or it is left. That claim may be older than the news of the departure, since
// pages come independently; it need only be newer than the last claim.

import CairnBasics
import CairnGeometry
import CairnWorld

extension Replica {
    /// Moves a page forward to a newer state; an older one changes nothing.
    mutating func adopt(
        _ state: PageSnapshot, at index: Int, _ departures: Departures
    ) {
        guard !pages[index].isKnown(at: state.tick) else { return }
        let page = pages[index].page
        counts.memberStates &+= UInt64(state.occupied.nonzeroBitCount)
        for slot in Slots(state.occupied) { claim(state.members[slot], page, state.tick) }
        if let old = pages[index].state {
            for slot in Slots(old.occupied) where !state.holds(old.members[slot].id, in: slot) {
                releaseIfGone(old.members[slot].id, from: page, state, departures)
            }
        }
        settleAwaited(of: index, state, departures)
        pages[index].advance(to: state)
    }

    /// The rows of all entities whose home is a page, each once.
    func memberRows(of index: Int) -> [Int] {
        let page = pages[index].page
        var rows: [Int] = []
        func add(_ id: EntityID) {
            guard let row = entities.anyRow(of: id), entities.homes[row] == page,
                !rows.contains(row)
            else { return }
            rows.append(row)
        }
        if let state = pages[index].state {
            for slot in Slots(state.occupied) { add(state.members[slot].id) }
        }
        for id in pages[index].awaited { add(id) }
        return rows
    }

    /// Takes an entity out of its page: it is left at once when it is known to be out of sight, and
    /// is in limbo otherwise.
    mutating func release(row: Int, _ tick: Tick, _ departure: Departure?) {
        guard entities.isVisible[row] else {
            remove(row: row, .outOfInterest)
            return
        }
        switch departure {
        case .deleted:
            remove(row: row, .deleted)
        case .moved(let cell) where isOutOfSight(cell):
            remove(row: row, .moved)
        case .moved: hold(row: row, until: tick + UInt32(crossingTicks))
        case nil: hold(row: row, until: tick + UInt32(limboTicks))
        }
    }

    /// Takes an entity's page from it, which is left after a tick if it has no other by then.
    private mutating func hold(row: Int, until tick: Tick) {
        entities.homes[row] = .none
        entities.homelessUntil[row] = tick
        limbo.append(entities.ids[row])
    }

    mutating func remove(row: Int, _ reason: LeaveReason) {
        if entities.isVisible[row] {
            entities.visibleCount -= 1
            note(.left(entities.ids[row], reason))
        }
        for field in entities.fields[row] { propertyByteCount -= field.byteCount }
        entities.remove(row: row)
    }

    /// Leaves the entities that no page has claimed in time.
    mutating func endLimbo(_ now: Tick) {
        guard !limbo.isEmpty else { return }
        var kept: [EntityID] = []
        for id in limbo {
            guard let row = entities.anyRow(of: id), entities.homes[row] == .none else { continue }
            if now.isNewer(than: entities.homelessUntil[row]) {
                remove(row: row, .outOfInterest)
            } else if kept.last != id {
                kept.append(id)
            }
        }
        limbo = kept
    }

    private mutating func claim(_ member: Member, _ page: PageID, _ tick: Tick) {
        let row: Int
        if let known = entities.anyRow(of: member.id) {
            let isHome = entities.homes[known] == page
            guard isHome || tick.isNewer(than: entities.ticks[known]) else { return }
            row = known
        } else {
            guard entities.count < ReplicaLimits.entities else {
                counts.refusals += 1
                return
            }
            row = entities.insert(member.id, home: page, tick: tick)
        }
        entities.homes[row] = page
        if tick.isNewer(than: entities.ticks[row]) { entities.ticks[row] = tick }
        entities.kinds[row] = member.kind
        entities.move(row: row, to: member.motion, tick: tick)
        guard !entities.isVisible[row] else { return }
        entities.isVisible[row] = true
        entities.visibleCount += 1
        note(.entered(member.id))
        if !entities.fields[row].isEmpty { note(.changed(member.id)) }
    }

    private mutating func releaseIfGone(
        _ id: EntityID, from page: PageID, _ state: PageSnapshot,
        _ departures: Departures
    ) {
        guard !state.holds(id), let row = entities.anyRow(of: id), entities.homes[row] == page,
            !entities.ticks[row].isNewer(than: state.tick)
        else { return }
        release(row: row, state.tick, departures.first { $0.id == id }?.to)
    }

    /// Lets go of members that were known by their properties and are not there after all.
    private mutating func settleAwaited(
        of index: Int, _ state: PageSnapshot, _ departures: Departures
    ) {
        guard !pages[index].awaited.isEmpty else { return }
        let awaited = pages[index].awaited
        pages[index].awaited = []
        for id in awaited {
            guard let row = entities.anyRow(of: id), entities.homes[row] == pages[index].page
            else { continue }
            if entities.ticks[row].isNewer(than: state.tick) {
                pages[index].awaited.append(id)
            } else if !state.holds(id) {
                release(row: row, state.tick, departures.first { $0.id == id }?.to)
            }
        }
    }

    /// True when the client has said where it is, and a cell is beyond everything it follows.
    private func isOutOfSight(_ cell: CellKey) -> Bool {
        guard let interest else { return false }
        // Pages are left a cell beyond the interest; the server counts from a cell that the client
        // may just have left, and may have the client one cell further on.
        let reach = UInt64(interest.metres) * UInt64(Position.unitsPerMetre) + 3 * UInt64(grid.edge)
        guard reach < 1 << 31 else { return false }
        return grid.squaredGap(interest.cell, cell) > reach * reach
    }
}
