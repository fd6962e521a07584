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
    static func plan(
        _ followed: inout FollowedPage, _ slot: UInt16, _ room: Int, _ store: inout BlockStore,
        _ world: borrowing WorldState, _ ledger: inout SentLedger, verifies: Bool
    ) -> PlannedBlock? {
        if followed.stage == .owedProperties {
            switch planProperties(&followed, slot, room, &store, world, &ledger) {
            case .planned(let block):
                followed.stage = .motion
                return block
            case .nothing: followed.stage = .motion
            case .noRoom: return nil
            }
        }
        if followed.stage == .motion {
            switch planMotion(&followed, slot, room, &store, world, &ledger) {
            case .planned(let block):
                if followed.stage == .digest, !verifies || followed.level != .near {
                    followed.stage = .properties
                }
                if followed.stage == .properties,
                    !owesProperties(followed, world.hash.pages[followed.page.index])
                {
                    followed.stage = .done
                }
                return block
            case .nothing: followed.stage = .properties
            case .noRoom: return nil
            }
        }
        if followed.stage == .digest {
            followed.stage = .properties
            let range = store.digestBlock(followed.page, world: world)
            if range.count <= room { return PlannedBlock(frameType: .pageDigest, range: range) }
        }
        if followed.stage == .properties {
            switch planProperties(&followed, slot, room, &store, world, &ledger) {
            case .planned(let block):
                followed.stage = .done
                return block
            case .nothing: followed.stage = .done
            case .noRoom: followed.marks.insert(.owesProperties)
            }
        }
        return nil
    }

    static func owesProperties(_ followed: FollowedPage, _ page: Page) -> Bool {
        followed.sentVersion != page.propertyVersion || followed.marks.contains(.owesProperties)
    }

    private static func planMotion(
        _ followed: inout FollowedPage, _ slot: UInt16, _ room: Int, _ store: inout BlockStore,
        _ world: borrowing WorldState, _ ledger: inout SentLedger
    ) -> Plan {
        let page = followed.page
        guard followed.wantsMotion(world.hash.pages[page.index]) else { return .nothing }
        let isRough = followed.level == .ring
        if followed.marks.contains(.hasBase) {
            if let change = store.changeBlock(
                page, since: followed.base, isRough: isRough, world: world)
            {
                return planChange(
                    &followed, slot, change, isCertain: change.isExact, room, store.tick, &ledger)
            }
        }
        if followed.marks.contains(.hasOffer) {
            if let change = store.changeBlock(
                page, since: followed.offer, isRough: isRough, world: world)
            {
                let isHere = followed.offerSerial == ledger.packetSerial
                return planChange(
                    &followed, slot, change, isCertain: isHere && change.isExact, room,
                    store.tick, &ledger)
            }
        }
        return planKeyframe(&followed, slot, room, &store, world, &ledger)
    }

    private static func planKeyframe(
        _ followed: inout FollowedPage, _ slot: UInt16, _ room: Int, _ store: inout BlockStore,
        _ world: borrowing WorldState, _ ledger: inout SentLedger
    ) -> Plan {
        guard let newest = store.newestKeyframe(of: followed.page) else { return .nothing }
        let range = store.keyframeBlock(followed.page, world: world)
        // The change since goes into the same packet, or the client may get it before the keyframe.
        let reserve = newest == store.tick ? 0 : BlockLimits.byteCount - range.count
        guard range.count + min(reserve, Self.changeReserve) <= room else { return .noRoom }
        followed.marks.insert(.hasOffer)
        followed.offer = newest
        followed.offerSerial = ledger.packetSerial
        followed.noteSent(newest)
        if newest == store.tick { followed.stage = .digest }
        ledger.append(
            SentItem(slot: slot, epoch: followed.epoch, content: .keyframe),
            SentRange(reached: UInt64(newest.number)))
        return .planned(PlannedBlock(frameType: .keyframeBlock, range: range))
    }

    private static func planChange(
        _ followed: inout FollowedPage, _ slot: UInt16, _ change: ChangeBlock, isCertain: Bool,
        _ room: Int, _ tick: Tick, _ ledger: inout SentLedger
    ) -> Plan {
        guard change.range.count <= room else { return .noRoom }
        followed.stage = .digest
        if isCertain {
            followed.noteSent(tick)
            ledger.append(
                SentItem(
                    slot: slot, epoch: followed.epoch,
                    content: change.isKeyframe ? .changeAndKeyframe : .change))
        }
        return .planned(PlannedBlock(frameType: .changeBlock, range: change.range))
    }

    private static func planProperties(
        _ followed: inout FollowedPage, _ slot: UInt16, _ room: Int, _ store: inout BlockStore,
        _ world: borrowing WorldState, _ ledger: inout SentLedger
    ) -> Plan {
        let knowsMembers =
            followed.marks.contains(.hasBase)
            || followed.marks.contains(.hasOffer) && followed.offerSerial == ledger.packetSerial
        guard knowsMembers,
            let block = store.propertyBlock(
                followed.page, after: followed.sentVersion, world: world)
        else {
            followed.marks.remove(.owesProperties)
            return .nothing
        }
        guard block.range.count <= room else { return .noRoom }
        ledger.append(
            SentItem(slot: slot, epoch: followed.epoch, content: .properties),
            SentRange(reached: block.through, after: followed.sentVersion))
        followed.sentVersion = block.through
        followed.marks.remove(.owesProperties)
        return .planned(PlannedBlock(frameType: .propertyBlock, range: block.range))
    }
}
