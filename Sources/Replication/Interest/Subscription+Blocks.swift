// The next block of one page.

import CairnBasics
import CairnWire
import CairnWorld

extension Subscription {
    private enum Plan {
        case planned(PlannedBlock)
        case nothing, noRoom
    }

    /// Room for most changes after a keyframe.
    private static let changeReserve = 96

    /// The page's next block, if it fits; the stage says whether there is more.
    mutating func planPage(
        _ slot: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        if followed[slot].stage == .owedProperties {
            switch planProperties(slot, room, &store, world) {
            case .planned(let block):
                followed[slot].stage = .motion
                return block
            case .nothing: followed[slot].stage = .motion
            case .noRoom: return nil
            }
        }
        if followed[slot].stage == .motion {
            switch planMotion(slot, room, &store, world) {
            case .planned(let block):
                skipStages(slot, world)
                return block
            case .nothing: followed[slot].stage = .properties
            case .noRoom: return nil
            }
        }
        if followed[slot].stage == .digest {
            followed[slot].stage = .properties
            let range = store.digestBlock(followed[slot].page, world: world)
            if range.count <= room { return PlannedBlock(frameType: .pageDigest, range: range) }
        }
        if followed[slot].stage == .properties {
            switch planProperties(slot, room, &store, world) {
            case .planned(let block):
                followed[slot].stage = .done
                return block
            case .nothing: followed[slot].stage = .done
            case .noRoom: followed[slot].marks.insert(.owesProperties)
            }
        }
        return nil
    }

    /// After a page's motion: leaves out the stages in which there is nothing to tell.
    private mutating func skipStages(_ slot: Int, _ world: borrowing WorldState) {
        let page = followed[slot]
        guard page.stage == .digest, !verifies || page.level != .near else { return }
        let owesProperties =
            page.sentVersion != world.hash.pages[page.page.index].propertyVersion
            || page.marks.contains(.owesProperties)
        followed[slot].stage = owesProperties ? .properties : .done
    }

    private mutating func planMotion(
        _ slot: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = followed[slot]
        guard page.wantsMotion(world.hash.pages[page.page.index]) else { return .nothing }
        let isRough = page.level == .ring
        if page.marks.contains(.hasBase) {
            if let change = store.changeBlock(
                page.page, since: page.base, isRough: isRough, world: world)
            {
                return planChange(slot, change, isCertain: change.isExact, room, store.tick)
            }
        }
        if page.marks.contains(.hasOffer) {
            if let change = store.changeBlock(
                page.page, since: approaches[slot].offer, isRough: isRough, world: world)
            {
                let isHere = approaches[slot].offerSerial == ledger.packetSerial
                return planChange(
                    slot, change, isCertain: isHere && change.isExact, room, store.tick)
            }
        }
        return planKeyframe(slot, room, &store, world)
    }

    private mutating func planKeyframe(
        _ slot: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = followed[slot].page
        guard let newest = store.newestKeyframe(of: page) else { return .nothing }
        let range = store.keyframeBlock(page, world: world)
        // The change since goes into the same packet, or the client may get it before the keyframe.
        let reserve = newest == store.tick ? 0 : BlockLimits.byteCount - range.count
        guard range.count + min(reserve, Self.changeReserve) <= room else { return .noRoom }
        followed[slot].marks.insert(.hasOffer)
        approaches[slot].offer = newest
        approaches[slot].offerSerial = ledger.packetSerial
        followed[slot].noteSent(newest)
        if newest == store.tick { followed[slot].stage = .digest }
        ledger.append(
            SentItem(
                slot: UInt16(slot), epoch: followed[slot].epoch, content: .keyframe,
                reached: UInt64(newest.number)))
        return .planned(PlannedBlock(frameType: .keyframeBlock, range: range))
    }

    private mutating func planChange(
        _ slot: Int, _ change: ChangeBlock, isCertain: Bool, _ room: Int, _ tick: Tick
    ) -> Plan {
        guard change.range.count <= room else { return .noRoom }
        followed[slot].stage = .digest
        if isCertain {
            followed[slot].noteSent(tick)
            let epoch = followed[slot].epoch
            if change.isKeyframe {
                ledger.append(
                    SentItem(
                        slot: UInt16(slot), epoch: epoch, content: .baseChange,
                        reached: UInt64(tick.number)))
            } else {
                ledger.append(SentChange(slot: UInt16(slot), epoch: epoch))
            }
        }
        return .planned(PlannedBlock(frameType: .changeBlock, range: change.range))
    }

    private mutating func planProperties(
        _ slot: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = followed[slot]
        let knowsMembers =
            page.marks.contains(.hasBase)
            || page.marks.contains(.hasOffer)
                && approaches[slot].offerSerial == ledger.packetSerial
        guard knowsMembers,
            let block = store.propertyBlock(page.page, after: page.sentVersion, world: world)
        else {
            followed[slot].marks.remove(.owesProperties)
            return .nothing
        }
        guard block.range.count <= room else { return .noRoom }
        ledger.append(
            SentItem(
                slot: UInt16(slot), epoch: page.epoch, content: .properties,
                reached: block.through, after: page.sentVersion))
        followed[slot].sentVersion = block.through
        followed[slot].marks.remove(.owesProperties)
        return .planned(PlannedBlock(frameType: .propertyBlock, range: block.range))
    }
}
