// What goes into the next packet.
//
// A page is told in stages: its motion (a change against a keyframe that the client has, or a whole
// keyframe), then its digest for clients that check, then one block of properties. Changes against
// a keyframe that is still on its way are told too, so that nobody waits a round trip for the first
// sight; but they count for nothing when acknowledged, because the client may have had to ignore
// them. Nor do changes count from which small errors were left out: what they lack is still news.

import CairnBasics
import CairnWire
public import CairnWorld

extension Subscription {
    /// How many pages are tried when the next one's block does not fit the room that is left.
    private static let lookahead = 8
    /// Less room than this is not worth looking for a block that fits.
    static let leastRoom = 8

    /// Plans the blocks of the next packet, into `plan.blocks`.
    ///
    /// - Parameter room: the longest body that the next frame of the packet may have, in bytes.
    /// - Returns: True while another packet in this tick is worth its price.
    /// - Complexity: O(blocks), beside encoding those that nobody has asked for in this tick.
    public mutating func planPacket(
        room: Int, store: inout BlockStore, world: borrowing WorldState, plan: inout TickPlan
    ) -> Bool {
        plan.beginPacket()
        if room >= Self.leastRoom { budget.spendPacket() }
        var room = room
        while room >= Self.leastRoom, let block = nextBlock(room, &store, world, &plan) {
            plan.blocks.append(block)
            room -= block.frameBytes
        }
        isBehind = !plan[.near].range.isEmpty
        return hasMore(plan)
    }

    private mutating func nextBlock(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState,
        _ plan: inout TickPlan
    ) -> PlannedBlock? {
        if !leaving.isEmpty,
            let block = planLeaves(min(room, budget.room(for: .far)), &store, &plan)
        {
            return block
        }
        if begunRow != nil, let block = finishBegun(room, &store, world) { return block }
        if budget.isCreditFull, let block = nextDistant(room, &store, world, &plan) {
            return block
        }
        if let block = next(.near, room, &store, world, &plan) { return block }
        return nextDistant(room, &store, world, &plan)
    }

    /// What has changed since the keyframe that was planned last: in another packet the client might
    /// get it first.
    private mutating func finishBegun(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        guard let row = begunRow else { return nil }
        begunRow = nil
        guard followed[row].stage == .motion else { return nil }
        let block = planPage(row, room, &store, world)
        if let block { budget.spend(block.frameBytes, for: .near) }
        return block
    }

    /// A first keyframe or a far page, in turn where both wait.
    private mutating func nextDistant(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState,
        _ plan: inout TickPlan
    ) -> PlannedBlock? {
        if budget.isTurnOfEntering || plan[.entering].range.isEmpty {
            return next(.entering, room, &store, world, &plan)
                ?? nextFar(room, &store, world, &plan)
        }
        return nextFar(room, &store, world, &plan)
            ?? next(.entering, room, &store, world, &plan)
    }

    /// A late page; then one whose turn it is. What late pages have no room for is put by for them,
    /// and not spent on smaller blocks.
    private mutating func nextFar(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState,
        _ plan: inout TickPlan
    ) -> PlannedBlock? {
        guard !plan[.far].isClosed, min(room, budget.room(for: .far)) >= Self.leastRoom
        else { return nil }
        if let block = next(.late, room, &store, world, &plan) { return block }
        guard plan[.late].range.isEmpty else { return nil }
        if !plan.isFarGathered { gatherFar(store, &plan) }
        return next(.far, room, &store, world, &plan)
    }

    /// The next block of one part of the candidates, from its own purse.
    private mutating func next(
        _ part: TickPlan.Part, _ room: Int, _ store: inout BlockStore,
        _ world: borrowing WorldState, _ plan: inout TickPlan
    ) -> PlannedBlock? {
        guard !plan[part].isClosed, !plan[part].range.isEmpty else { return nil }
        let room = min(room, budget.room(for: part))
        guard room >= Self.leastRoom, let block = tell(part, room, &store, world, &plan) else {
            plan[part].isClosed = true
            return nil
        }
        budget.spend(block.frameBytes, for: part)
        return block
    }

    private mutating func tell(
        _ part: TickPlan.Part, _ room: Int, _ store: inout BlockStore,
        _ world: borrowing WorldState, _ plan: inout TickPlan
    ) -> PlannedBlock? {
        var range = plan[part].range
        let end = min(range.upperBound, range.lowerBound + Self.lookahead)
        for index in range.lowerBound..<end {
            let candidate = plan.candidates[index]
            var block: PlannedBlock?
            if candidate != TickPlan.doneCandidate {
                let row = Int(candidate)
                block = planPage(row, room, &store, world)
                if block?.frameType == .keyframeBlock { begunRow = row }
                if followed[row].stage == .done {
                    noteTold(row)
                    plan.candidates[index] = TickPlan.doneCandidate
                }
            }
            if index == range.lowerBound, plan.candidates[index] == TickPlan.doneCandidate {
                range = index + 1..<range.upperBound
                plan[part].range = range
            }
            if let block { return block }
        }
        return nil
    }

    private func hasMore(_ plan: borrowing TickPlan) -> Bool {
        let enough = ByteBudget.worthAPacket
        if !leaving.isEmpty, budget.room(for: .far) >= Self.leastRoom { return true }
        if !plan[.entering].range.isEmpty, budget.room(for: .entering) >= enough { return true }
        if !plan[.near].range.isEmpty, budget.room(for: .near) >= enough { return true }
        guard budget.room(for: .far) >= enough else { return false }
        return !plan[.late].range.isEmpty || !plan[.far].range.isEmpty
            || !plan.isFarGathered && plan.hasTurns
    }

    private mutating func planLeaves(
        _ room: Int, _ store: inout BlockStore, _ plan: inout TickPlan
    ) -> PlannedBlock? {
        plan.found.removeAll(keepingCapacity: true)
        for index in leaving.indices {
            let slot = leaving[index]
            guard let row = row(ofSlot: slot),
                followed[row].marks.intersection([.isLeaving, .leaveIsOnItsWay, .isGone])
                    == .isLeaving
            else { continue }
            leaving[plan.found.count] = slot
            plan.found.append(followed[row].page)
        }
        leaving.removeLast(leaving.count - plan.found.count)
        let (range, count) = store.leaveBlock(plan.found, room: room)
        guard count > 0 else { return nil }
        for index in 0..<count {
            let slot = leaving[index]
            let row = Int(rows[Int(slot)])
            followed[row].marks.insert(.leaveIsOnItsWay)
            ledger.append(SentItem(slot: slot, epoch: followed[row].epoch, content: .leave))
        }
        leaving.removeFirst(count)
        return PlannedBlock(frameType: .cellLeave, range: range)
    }
}
