// What goes into the next packet.
//
// A page is told in stages: its motion (a change against a keyframe that the client has, or a whole
// keyframe), then its digest for clients that check, then one block of properties. Changes against
// a keyframe that is still on its way are told too, so that nobody waits a round trip for the first
// sight; but they count for nothing when acknowledged, because the client may have had to ignore
// them.

import CairnBasics
import CairnWire
public import CairnWorld

extension Subscription {
    /// How many pages are tried when the next one's block does not fit the room that is left.
    private static let lookahead = 8

    /// The next block that fits, nearest or longest waiting page first; nil when none does.
    ///
    /// - Parameter room: the longest body that the next frame of the packet may have, in bytes.
    /// - Complexity: O(1) expected, beside encoding a block that nobody has asked for in this tick.
    public mutating func nextBlock(
        room: Int, store: inout BlockStore, world: borrowing WorldState
    ) -> PlannedBlock? {
        guard room > 0 else { return nil }
        if leavesDue > 0, let block = planLeaves(room, &store) { return block }
        var index = cursor
        while index < candidates.count, index < cursor + Self.lookahead {
            let candidate = candidates[index]
            if candidate != Self.doneCandidate {
                let block = plan(Int(candidate), room, &store, world)
                if pages[Int(candidate)].stage == .done {
                    pages[Int(candidate)].waiting = 0
                    candidates[index] = Self.doneCandidate
                }
                if let block { return block }
            }
            if index == cursor, candidates[index] == Self.doneCandidate { cursor += 1 }
            index += 1
        }
        return nil
    }

    /// Lists the pages that have news, in the order in which they go.
    mutating func gatherCandidates(world: borrowing WorldState) {
        leavesDue = 0
        var isBehind = false
        for entry in nearest {
            let index = Int(entry)
            let record = world.hash.pages[pages[index].page.index]
            if !record.isLive || record.generation != pages[index].generation {
                pages[index].marks.insert(.isLeaving)
            }
            if pages[index].marks.contains(.isLeaving) {
                if !pages[index].marks.contains(.leaveIsOnItsWay) { leavesDue += 1 }
                continue
            }
            let wantsProperties =
                pages[index].marks.contains(.hasBase)
                && pages[index].sentVersion != record.propertyVersion
            guard wantsProperties || pages[index].wantsMotion(record) else {
                pages[index].waiting = 0
                continue
            }
            let owes = pages[index].marks.contains(.owesProperties)
            pages[index].stage = owes ? .owedProperties : .motion
            if pages[index].waiting > 0 { isBehind = true }
            candidates.append(entry)
        }
        if isBehind { sortByWaiting() }
    }

    private mutating func sortByWaiting() {
        sortKeys.removeAll(keepingCapacity: true)
        for (order, candidate) in candidates.enumerated() {
            let urgency = UInt32.max - pages[Int(candidate)].waiting
            sortKeys.append(
                UInt64(urgency) << 32 | UInt64(UInt16(truncatingIfNeeded: order)) << 16
                    | UInt64(candidate))
        }
        sortKeys.sort()
        for order in candidates.indices {
            candidates[order] = UInt16(truncatingIfNeeded: sortKeys[order])
        }
    }

    /// The page's next block, if it fits; the stage says whether there is more.
    private mutating func plan(
        _ index: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        if pages[index].stage == .owedProperties {
            switch planProperties(index, room, &store, world) {
            case .planned(let block):
                pages[index].stage = .motion
                return block
            case .nothing: pages[index].stage = .motion
            case .noRoom: return nil
            }
        }
        if pages[index].stage == .motion {
            switch planMotion(index, room, &store, world) {
            case .planned(let block): return block
            case .nothing: pages[index].stage = .properties
            case .noRoom: return nil
            }
        }
        if pages[index].stage == .digest {
            pages[index].stage = .properties
            let range = store.digestBlock(pages[index].page, world: world)
            if range.count <= room { return PlannedBlock(frameType: .pageDigest, range: range) }
        }
        if pages[index].stage == .properties {
            switch planProperties(index, room, &store, world) {
            case .planned(let block):
                pages[index].stage = .done
                return block
            case .nothing: pages[index].stage = .done
            case .noRoom: pages[index].marks.insert(.owesProperties)
            }
        }
        return nil
    }

    private enum Plan {
        case planned(PlannedBlock)
        case nothing, noRoom
    }

    private mutating func planMotion(
        _ index: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = pages[index].page
        guard pages[index].wantsMotion(world.hash.pages[page.index]) else { return .nothing }
        if pages[index].marks.contains(.hasBase) {
            if let change = store.changeBlock(page, since: pages[index].base, world: world) {
                return planChange(index, change, isCertain: true, room, store.tick)
            }
        }
        if pages[index].marks.contains(.hasOffer) {
            if let change = store.changeBlock(page, since: pages[index].offer, world: world) {
                let isHere = pages[index].offerSerial == packetSerial
                return planChange(index, change, isCertain: isHere, room, store.tick)
            }
        }
        guard let newest = store.newestKeyframe(of: page) else { return .nothing }
        let range = store.keyframeBlock(page, world: world)
        guard range.count <= room else { return .noRoom }
        pages[index].marks.insert(.hasOffer)
        pages[index].offer = newest
        pages[index].offerSerial = packetSerial
        pages[index].noteSent(newest)
        if newest == store.tick { pages[index].stage = verifies ? .digest : .properties }
        append(index, .keyframe, UInt64(newest.number))
        return .planned(PlannedBlock(frameType: .keyframeBlock, range: range))
    }

    private mutating func planChange(
        _ index: Int, _ change: ChangeBlock, isCertain: Bool, _ room: Int, _ tick: Tick
    ) -> Plan {
        guard change.range.count <= room else { return .noRoom }
        pages[index].stage = verifies ? .digest : .properties
        if isCertain {
            pages[index].noteSent(tick)
            append(index, change.isKeyframe ? .changeAndKeyframe : .change, UInt64(tick.number))
        }
        return .planned(PlannedBlock(frameType: .changeBlock, range: change.range))
    }

    private mutating func planProperties(
        _ index: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = pages[index].page
        let knowsMembers =
            pages[index].marks.contains(.hasBase)
            || pages[index].marks.contains(.hasOffer) && pages[index].offerSerial == packetSerial
        guard knowsMembers,
            let block = store.propertyBlock(page, after: pages[index].sentVersion, world: world)
        else {
            pages[index].marks.remove(.owesProperties)
            return .nothing
        }
        guard block.range.count <= room else { return .noRoom }
        append(index, .properties, block.through, after: pages[index].sentVersion)
        pages[index].sentVersion = block.through
        pages[index].marks.remove(.owesProperties)
        return .planned(PlannedBlock(frameType: .propertyBlock, range: block.range))
    }

    private mutating func planLeaves(_ room: Int, _ store: inout BlockStore) -> PlannedBlock? {
        found.removeAll(keepingCapacity: true)
        for followed in pages where followed.marks.contains(.isLeaving) {
            if !followed.marks.contains(.leaveIsOnItsWay) { found.append(followed.page) }
        }
        let (range, count) = store.leaveBlock(found, room: room)
        guard count > 0 else { return nil }
        for page in found.prefix(count) {
            let index = index(of: page)
            pages[index].marks.insert(.leaveIsOnItsWay)
            append(index, .leave, 0)
        }
        leavesDue -= count
        return PlannedBlock(frameType: .cellLeave, range: range)
    }

    private mutating func append(
        _ index: Int, _ content: SentItem.Content, _ reached: UInt64, after: UInt64 = 0
    ) {
        ledger.append(
            SentItem(
                page: pages[index].page, epoch: pages[index].epoch, index: UInt16(index),
                content: content, reached: reached, after: after))
    }
}
