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
        _ row: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> PlannedBlock? {
        if followed[row].stage == .owedProperties {
            switch planProperties(row, room, &store, world) {
            case .planned(let block):
                followed[row].stage = .motion
                return block
            case .nothing: followed[row].stage = .motion
            case .noRoom: return nil
            }
        }
        if followed[row].stage == .motion {
            switch planMotion(row, room, &store, world) {
            case .planned(let block):
                skipStages(row, store)
                return block
            case .nothing: followed[row].stage = .properties
            case .noRoom: return nil
            }
        }
        if followed[row].stage == .digest {
            followed[row].stage = .properties
            let range = store.digestBlock(followed[row].page, world: world)
            if range.count <= room { return PlannedBlock(frameType: .pageDigest, range: range) }
        }
        if followed[row].stage == .properties {
            switch planProperties(row, room, &store, world) {
            case .planned(let block):
                followed[row].stage = .done
                return block
            case .nothing: followed[row].stage = .done
            case .noRoom: followed[row].marks.insert(.owesProperties)
            }
        }
        return nil
    }

    /// After a page's motion: leaves out the stages in which there is nothing to tell.
    private mutating func skipStages(_ row: Int, _ store: borrowing BlockStore) {
        let page = followed[row]
        guard page.stage == .digest, !verifies || page.level != .near else { return }
        let owes = page.owesProperties(store.news[page.page.index])
        followed[row].stage = owes ? .properties : .done
    }

    private mutating func planMotion(
        _ row: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = followed[row]
        guard page.wantsMotion(store.news[page.page.index]) else { return .nothing }
        let isRough = page.level == .ring
        if page.marks.contains(.hasBase) {
            if let change = store.changeBlock(
                page.page, since: page.base, isRough: isRough, world: world)
            {
                return planChange(row, change, isCertain: change.isExact, room, store.tick)
            }
        }
        if page.marks.contains(.hasOffer) {
            if let change = store.changeBlock(
                page.page, since: approaches[Int(page.slot)].offer, isRough: isRough, world: world)
            {
                let isHere = approaches[Int(page.slot)].offerSerial == ledger.packetSerial
                return planChange(
                    row, change, isCertain: isHere && change.isExact, room, store.tick)
            }
        }
        return planKeyframe(row, room, &store, world)
    }

    private mutating func planKeyframe(
        _ row: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = followed[row]
        guard let newest = store.newestKeyframe(of: page.page) else { return .nothing }
        let range = store.keyframeBlock(page.page, world: world)
        // The change since goes into the same packet, or the client may get it before the keyframe.
        let reserve = newest == store.tick ? 0 : BlockLimits.byteCount - range.count
        guard range.count + min(reserve, Self.changeReserve) <= room else { return .noRoom }
        followed[row].marks.insert(.hasOffer)
        approaches[Int(page.slot)].offer = newest
        approaches[Int(page.slot)].offerSerial = ledger.packetSerial
        followed[row].noteSent(newest)
        if newest == store.tick { followed[row].stage = .digest }
        ledger.append(
            SentItem(
                slot: page.slot, epoch: page.epoch, content: .keyframe,
                reached: UInt64(newest.number)))
        return .planned(PlannedBlock(frameType: .keyframeBlock, range: range))
    }

    private mutating func planChange(
        _ row: Int, _ change: ChangeBlock, isCertain: Bool, _ room: Int, _ tick: Tick
    ) -> Plan {
        guard change.range.count <= room else { return .noRoom }
        followed[row].stage = .digest
        if isCertain {
            followed[row].noteSent(tick)
            let (slot, epoch) = (followed[row].slot, followed[row].epoch)
            if change.isKeyframe {
                ledger.append(
                    SentItem(
                        slot: slot, epoch: epoch, content: .baseChange,
                        reached: UInt64(tick.number)))
            } else {
                ledger.append(SentChange(slot: slot, epoch: epoch))
            }
        }
        return .planned(PlannedBlock(frameType: .changeBlock, range: change.range))
    }

    private mutating func planProperties(
        _ row: Int, _ room: Int, _ store: inout BlockStore, _ world: borrowing WorldState
    ) -> Plan {
        let page = followed[row]
        let knowsMembers =
            page.marks.contains(.hasBase)
            || page.marks.contains(.hasOffer)
                && approaches[Int(page.slot)].offerSerial == ledger.packetSerial
        let sentVersion = approaches[Int(page.slot)].sentVersion
        guard knowsMembers,
            let block = store.propertyBlock(page.page, after: sentVersion, world: world)
        else {
            followed[row].marks.remove(.owesProperties)
            return .nothing
        }
        guard block.range.count <= room else { return .noRoom }
        ledger.append(
            SentItem(
                slot: page.slot, epoch: page.epoch, content: .properties,
                reached: block.through, after: sentVersion))
        approaches[Int(page.slot)].sentVersion = block.through
        followed[row].sentVersion = UInt32(truncatingIfNeeded: block.through)
        followed[row].marks.remove(.owesProperties)
        return .planned(PlannedBlock(frameType: .propertyBlock, range: block.range))
    }
}
