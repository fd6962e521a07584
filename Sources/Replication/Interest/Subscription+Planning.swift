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
    private static let leastRoom = 8

    /// The next block that fits; nil when none does.
    ///
    /// - Parameter room: the longest body that the next frame of the packet may have, in bytes.
    /// - Complexity: O(1) expected, beside encoding a block that nobody has asked for in this tick.
    public mutating func nextBlock(
        room: Int, store: inout BlockStore, world: borrowing WorldState
    ) -> PlannedBlock? {
        guard room >= Self.leastRoom else { return nil }
        if !isPacketBegun {
            isPacketBegun = true
            budget.spendPacket()
        }
        if !leaving.isEmpty, let block = planLeaves(min(room, budget.farRoom), &store) {
            return block
        }
        if let block = finishBegun(room, &store, world) { return block }
        if budget.isCreditFull, let block = nextDistantBlock(room, &store, world) { return block }
        if let block = nextNearBlock(room, &store, world) { return block }
        return nextDistantBlock(room, &store, world)
    }

    /// What has changed since the keyframe that was planned last: in another packet the client might
    /// get it first.
    private mutating func finishBegun(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        guard let slot = begunSlot else { return nil }
        begunSlot = nil
        guard followed[slot].stage == .motion else { return nil }
        let block = Self.plan(
            &followed[slot], UInt16(slot), room, &store, world, &ledger, verifies: verifies)
        if let block { budget.spendNear(Self.frameBytes(block)) }
        return block
    }

    /// A first keyframe or a far page, in turn where both wait.
    private mutating func nextDistantBlock(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        if budget.isTurnOfEntering || stretches.late.isEmpty && stretches.far.isEmpty {
            return nextEnteringBlock(room, &store, world) ?? nextFarBlock(room, &store, world)
        }
        return nextFarBlock(room, &store, world) ?? nextEnteringBlock(room, &store, world)
    }

    private mutating func nextNearBlock(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        guard !stretches.isNearClosed else { return nil }
        let (block, rest) = next(
            in: stretches.near, min(room, budget.nearRoom), &store, world)
        stretches.near = rest
        if let block {
            budget.spendNear(Self.frameBytes(block))
        } else {
            stretches.isNearClosed = true
        }
        return block
    }

    private mutating func nextEnteringBlock(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        guard !stretches.isEnteringClosed else { return nil }
        let (block, rest) = next(
            in: stretches.entering, min(room, budget.enteringRoom), &store, world)
        stretches.entering = rest
        if let block {
            budget.spendEntering(Self.frameBytes(block))
        } else {
            stretches.isEnteringClosed = true
        }
        return block
    }

    /// True while another packet in this tick is worth its price.
    public var hasMore: Bool {
        if !leaving.isEmpty, budget.farRoom >= Self.leastRoom { return true }
        if !stretches.entering.isEmpty, budget.enteringRoom >= ByteBudget.worthAPacket {
            return true
        }
        let isNearDone = stretches.near.isEmpty
        let isFarDone = stretches.late.isEmpty && stretches.far.isEmpty
        return !isNearDone && budget.nearRoom >= ByteBudget.worthAPacket
            || !isFarDone && budget.farRoom >= ByteBudget.worthAPacket
    }

    private static func frameBytes(_ block: PlannedBlock) -> Int { block.range.count + 3 }

    private mutating func nextFarBlock(
        _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        let room = min(room, budget.farRoom)
        guard !stretches.isFarClosed, room >= Self.leastRoom else { return nil }
        var (block, rest) = next(in: stretches.late, room, &store, world)
        stretches.late = rest
        // What late pages have no room for is put by for them, and not spent on smaller blocks.
        if block == nil, stretches.late.isEmpty, !stretches.far.isEmpty {
            bringMostUrgent(to: stretches.far.lowerBound)
            (block, rest) = next(in: stretches.far, room, &store, world)
            stretches.far = rest
        }
        if let block {
            budget.spendFar(Self.frameBytes(block))
        } else {
            stretches.isFarClosed = true
        }
        return block
    }

    /// The next block of a stretch of candidates.
    private mutating func next(
        in stretch: Range<Int>, _ room: Int, _ store: inout BlockStore,
        _ world: borrowing WorldState
    ) -> (block: PlannedBlock?, rest: Range<Int>) {
        var start = stretch.lowerBound
        guard room >= Self.leastRoom else { return (nil, stretch) }
        var index = start
        while index < min(stretch.upperBound, start + Self.lookahead) {
            let slot = Int(candidates[index])
            var block: PlannedBlock?
            if candidates[index] != Self.doneCandidate {
                block = Self.plan(
                    &followed[slot], UInt16(slot), room, &store, world, &ledger,
                    verifies: verifies)
                if block?.frameType == .keyframeBlock { begunSlot = slot }
                if followed[slot].stage == .done {
                    followed[slot].waiting = 0
                    followed[slot].marks.remove(.isLate)
                    candidates[index] = Self.doneCandidate
                }
            }
            if index == start, candidates[index] == Self.doneCandidate { start += 1 }
            if let block { return (block, start..<stretch.upperBound) }
            index += 1
        }
        return (nil, start..<stretch.upperBound)
    }

    private mutating func planLeaves(_ room: Int, _ store: inout BlockStore) -> PlannedBlock? {
        leaving.removeAll {
            followed[Int($0)].marks.intersection([.isLeaving, .leaveIsOnItsWay, .isGone])
                != .isLeaving
        }
        found.removeAll(keepingCapacity: true)
        for slot in leaving { found.append(followed[Int(slot)].page) }
        let (range, count) = store.leaveBlock(found, room: room)
        guard count > 0 else { return nil }
        for slot in leaving.prefix(count) {
            followed[Int(slot)].marks.insert(.leaveIsOnItsWay)
            ledger.append(
                SentItem(slot: slot, epoch: followed[Int(slot)].epoch, content: .leave))
        }
        leaving.removeFirst(count)
        return PlannedBlock(frameType: .cellLeave, range: range)
    }
}
