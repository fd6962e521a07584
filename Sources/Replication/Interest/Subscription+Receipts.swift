// What became of the packets.

import CairnBasics

extension Subscription {
    /// The client has the packet: what it carried is a base for what comes next.
    public mutating func acknowledged(number: UInt64) {
        guard let packet = ledger.settle(number) else { return }
        var range = ledger.firstRange(of: packet)
        for index in ledger.items(of: packet) {
            let item = ledger[item: index]
            let slot = Int(item.slot)
            let isCurrent = followed[slot].epoch == item.epoch
            switch item.content {
            case .change:
                if isCurrent { followed[slot].noteDelivered(packet.tick) }
            case .changeAndKeyframe:
                if isCurrent {
                    followed[slot].noteBase(packet.tick)
                    followed[slot].noteDelivered(packet.tick)
                }
            case .leave:
                if isCurrent {
                    followed[slot].marks.insert(.isGone)
                    gone.append(item.slot)
                }
            case .keyframe, .properties:
                if isCurrent { followed[slot].acknowledged(item.content, ledger[range: range]) }
                range += 1
            }
        }
        ledger.trim()
    }

    /// The packet did not arrive, or too late to count: what is still news goes again.
    public mutating func lost(number: UInt64) {
        guard let packet = ledger.settle(number) else { return }
        var range = ledger.firstRange(of: packet)
        for index in ledger.items(of: packet) {
            let item = ledger[item: index]
            let slot = Int(item.slot)
            let isCurrent = followed[slot].epoch == item.epoch
            switch item.content {
            case .change, .changeAndKeyframe:
                if isCurrent { followed[slot].noteLost(packet.tick) }
            case .leave:
                if isCurrent, followed[slot].marks.contains(.leaveIsOnItsWay) {
                    followed[slot].marks.remove(.leaveIsOnItsWay)
                    leaving.append(item.slot)
                }
            case .keyframe, .properties:
                if isCurrent {
                    followed[slot].lost(item.content, ledger[range: range])
                    if followed[slot].marks.isDisjoint(with: .begun) { mustArrange = true }
                }
                range += 1
            }
        }
        ledger.trim()
    }
}

extension FollowedPage {
    fileprivate mutating func acknowledged(_ content: SentItem.Content, _ range: SentRange) {
        if content == .keyframe {
            noteBase(range.tick)
            noteDelivered(range.tick)
            if offer == range.tick { marks.remove(.hasOffer) }
        } else if range.after <= deliveredVersion {
            // What starts beyond a gap fills nothing; it goes again with what was lost.
            deliveredVersion = max(deliveredVersion, range.reached)
        }
    }

    fileprivate mutating func lost(_ content: SentItem.Content, _ range: SentRange) {
        if content == .keyframe {
            if offer == range.tick { marks.remove(.hasOffer) }
            noteLost(range.tick)
        } else {
            sentVersion = deliveredVersion
        }
    }
}
