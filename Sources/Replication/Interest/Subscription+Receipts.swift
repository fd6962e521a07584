// What became of the packets.

import CairnBasics

extension Subscription {
    /// The client has the packet: what it carried is a base for what comes next.
    public mutating func acknowledged(number: UInt64) {
        guard let packet = ledger.settle(number) else { return }
        for index in ledger.items(of: packet) {
            let item = ledger[item: index]
            let slot = Int(item.slot)
            guard followed[slot].epoch == item.epoch else { continue }
            switch item.content {
            case .baseChange: followed[slot].noteBase(item.tick)
            case .keyframe:
                followed[slot].noteBase(item.tick)
                if approaches[slot].offer == item.tick { followed[slot].marks.remove(.hasOffer) }
            case .properties:
                // What starts beyond a gap fills nothing; it goes again with what was lost.
                if item.after <= approaches[slot].deliveredVersion {
                    approaches[slot].deliveredVersion = max(
                        approaches[slot].deliveredVersion, item.reached)
                }
            case .leave:
                followed[slot].marks.insert(.isGone)
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
            let slot = Int(change.slot)
            if followed[slot].epoch == change.epoch { followed[slot].noteLost(packet.tick) }
        }
        for index in ledger.items(of: packet) {
            let item = ledger[item: index]
            if followed[Int(item.slot)].epoch == item.epoch { lost(item) }
        }
        ledger.trim()
    }

    private mutating func lost(_ item: SentItem) {
        let slot = Int(item.slot)
        switch item.content {
        case .baseChange: followed[slot].noteLost(item.tick)
        case .keyframe:
            if approaches[slot].offer == item.tick { followed[slot].marks.remove(.hasOffer) }
            followed[slot].noteLost(item.tick)
            if followed[slot].marks.isDisjoint(with: .begun) { mustArrange = true }
        case .properties:
            followed[slot].sentVersion = approaches[slot].deliveredVersion
        case .leave:
            guard followed[slot].marks.contains(.leaveIsOnItsWay) else { return }
            followed[slot].marks.remove(.leaveIsOnItsWay)
            leaving.append(item.slot)
        }
    }
}
