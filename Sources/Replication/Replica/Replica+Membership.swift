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
    /// Moves a page forward to the newer state in `scratch`, which then has the one before; an older
    /// one changes nothing.
    mutating func adoptScratch(at index: Int, _ departures: Departures) {
        guard !pages.isKnown(index, at: scratch.tick) else { return }
        let page = pages.heads[index].page
        for slot in Slots(scratch.occupied) { claimMember(slot, of: index, page) }
        if pages.heads[index].hasState {
            for slot in Slots(pages.states[index].occupied) {
                let id = pages.states[index].members[slot].id
                if !scratch.holds(id, in: slot) { releaseIfGone(id, from: page, departures) }
            }
        }
        settleAwaited(of: index, departures)
        pages.advance(index, to: &scratch)
    }

    /// The rows of all entities whose home is a page, each once.
    func memberRows(of index: Int) -> [Int] {
        let page = pages.heads[index].page
        var rows: [Int] = []
        func add(_ id: EntityID) {
            guard let row = entities.anyRow(of: id), entities.table[row].home == page,
                !rows.contains(row)
            else { return }
            rows.append(row)
        }
        if pages.heads[index].hasState {
            let state = pages.states[index]
            for slot in Slots(state.occupied) { add(state.members[slot].id) }
        }
        for id in pages.awaited[index] { add(id) }
        return rows
    }

    /// Takes an entity out of its page: it is left at once when it is known to be out of sight, and
    /// is in limbo otherwise.
    mutating func release(row: Int, _ tick: Tick, _ departure: Departure?) {
        guard entities.table[row].isVisible else {
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
        entities.table[row].home = .none
        entities.table[row].homelessUntil = tick
        limbo.append(entities.table[row].id)
    }

    mutating func remove(row: Int, _ reason: LeaveReason) {
        if entities.table[row].isVisible {
            entities.visibleCount -= 1
            note(.left(entities.table[row].id, reason))
        }
        for field in entities.fields[row] { propertyByteCount -= field.byteCount }
        entities.remove(row: row)
    }

    /// Leaves the entities that no page has claimed in time.
    mutating func endLimbo(_ now: Tick) {
        guard !limbo.isEmpty else { return }
        var kept: [EntityID] = []
        for id in limbo {
            guard let row = entities.anyRow(of: id), entities.table[row].home == .none else {
                continue
            }
            if now.isNewer(than: entities.table[row].homelessUntil) {
                remove(row: row, .outOfInterest)
            } else if kept.last != id {
                kept.append(id)
            }
        }
        limbo = kept
    }

    /// Takes a member of the page in `scratch` for where it is.
    ///
    /// The row of whoever was in the slot last is tried first: nearly always that is the same one.
    private mutating func claimMember(_ slot: Int, of index: Int, _ page: PageID) {
        let member = scratch.members[slot]
        let tick = scratch.tick
        let last = Int(pages.rows[index &* Page.capacity &+ slot])
        let row: Int
        if last < entities.table.count, entities.table[last].id == member.id {
            row = last
        } else if let known = entities.anyRow(of: member.id) {
            row = known
        } else {
            guard entities.count < ReplicaLimits.entities else {
                counts.refusals += 1
                return
            }
            row = entities.insert(member.id, home: page, tick: tick)
        }
        pages.rows[index &* Page.capacity &+ slot] = UInt32(truncatingIfNeeded: row)
        guard entities.claim(row: row, member, for: page, tick: tick),
            !entities.table[row].isVisible
        else { return }
        entities.table[row].isVisible = true
        entities.visibleCount += 1
        note(.entered(member.id))
        if !entities.fields[row].isEmpty { note(.changed(member.id)) }
    }

    private mutating func releaseIfGone(
        _ id: EntityID, from page: PageID, _ departures: Departures
    ) {
        guard !scratch.holds(id), let row = entities.anyRow(of: id),
            entities.table[row].home == page,
            !entities.table[row].tick.isNewer(than: scratch.tick)
        else { return }
        release(row: row, scratch.tick, departures.first { $0.id == id }?.to)
    }

    /// Lets go of members that were known by their properties and are not there after all.
    private mutating func settleAwaited(of index: Int, _ departures: Departures) {
        guard !pages.awaited[index].isEmpty else { return }
        let awaited = pages.awaited[index]
        pages.awaited[index] = []
        for id in awaited {
            guard let row = entities.anyRow(of: id),
                entities.table[row].home == pages.heads[index].page
            else { continue }
            if entities.table[row].tick.isNewer(than: scratch.tick) {
                pages.awaited[index].append(id)
            } else if !scratch.holds(id) {
                release(row: row, scratch.tick, departures.first { $0.id == id }?.to)
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
