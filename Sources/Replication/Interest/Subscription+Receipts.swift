// What became of the packets.

import CairnBasics

extension Subscription {
    /// The client has the packet: what it carried is a base for what comes next.
    public mutating func acknowledged(number: UInt64) {
        guard let packet = ledger.settle(number) else { return }
        for index in ledger.items(of: packet) {
            let item = ledger[item: index]
            guard let row = row(ofSlot: item.slot), followed[row].epoch == item.epoch
            else { continue }
            let slot = Int(item.slot)
            switch item.content {
            case .baseChange: followed[row].noteBase(item.tick)
            case .keyframe:
                followed[row].noteBase(item.tick)
                if approaches[slot].offer == item.tick { followed[row].marks.remove(.hasOffer) }
            case .properties:
                // What starts beyond a gap fills nothing; it goes again with what was lost.
                if item.after <= approaches[slot].deliveredVersion {
                    approaches[slot].deliveredVersion = max(
                        approaches[slot].deliveredVersion, item.reached)
                }
            case .leave:
                followed[row].marks.insert(.isGone)
                gone.append(item.slot)
            }
        }
        ledger.trim()
    }

    /// The packet did not arrive, or too late to count: what is still news goes again.
    public mutating func lost(number: UInt64) {
        guard let packet = ledger.settle(number) else { return }
        for index in ledger.changes(of: packet) {
            let change = ledger[change: index]
            guard let row = row(ofSlot: change.slot), followed[row].epoch == change.epoch
            else { continue }
            followed[row].noteLost(packet.tick)
        }
        for index in ledger.items(of: packet) {
            let item = ledger[item: index]
            if let row = row(ofSlot: item.slot), followed[row].epoch == item.epoch {
                lost(item, row)
            }
        }
        ledger.trim()
    }

    private mutating func lost(_ item: SentItem, _ row: Int) {
        let slot = Int(item.slot)
        switch item.content {
        case .baseChange: followed[row].noteLost(item.tick)
        case .keyframe:
            if approaches[slot].offer == item.tick { followed[row].marks.remove(.hasOffer) }
            followed[row].noteLost(item.tick)
            if followed[row].marks.isDisjoint(with: .begun) { mustArrange = true }
        case .properties:
            let delivered = approaches[slot].deliveredVersion
            approaches[slot].sentVersion = delivered
            followed[row].sentVersion = UInt32(truncatingIfNeeded: delivered)
        case .leave:
            guard followed[row].marks.contains(.leaveIsOnItsWay) else { return }
            followed[row].marks.remove(.leaveIsOnItsWay)
            leaving.append(item.slot)
        }
    }
}
