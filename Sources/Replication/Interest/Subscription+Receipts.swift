// What became of the packets.

import CairnBasics

extension Subscription {
    /// The client has the packet: what it carried is a base for what comes next.
    public mutating func acknowledged(number: UInt64) {
        guard let range = ledger.settle(number) else { return }
        for index in range { acknowledged(ledger[index]) }
        ledger.trim()
    }

    /// The packet did not arrive, or too late to count: what is still news goes again.
    public mutating func lost(number: UInt64) {
        guard let range = ledger.settle(number) else { return }
        for index in range { lost(ledger[index]) }
        ledger.trim()
    }

    private mutating func acknowledged(_ item: SentItem) {
        guard let index = current(item) else { return }
        switch item.content {
        case .keyframe:
            let tick = item.tick
            pages[index].noteBase(tick)
            pages[index].noteDelivered(tick)
            if pages[index].offer == tick { pages[index].marks.remove(.hasOffer) }
        case .change:
            pages[index].noteDelivered(item.tick)
        case .changeAndKeyframe:
            pages[index].noteBase(item.tick)
            pages[index].noteDelivered(item.tick)
        case .properties:
            // What starts beyond a gap fills nothing; it goes again with what was lost.
            if item.after <= pages[index].deliveredVersion {
                pages[index].deliveredVersion = max(pages[index].deliveredVersion, item.reached)
            }
        case .leave:
            pages[index].marks.insert(.isGone)
            hasGonePages = true
        }
    }

    private mutating func lost(_ item: SentItem) {
        guard let index = current(item) else { return }
        switch item.content {
        case .keyframe:
            let tick = item.tick
            if pages[index].offer == tick { pages[index].marks.remove(.hasOffer) }
            pages[index].noteLost(tick)
        case .change, .changeAndKeyframe:
            pages[index].noteLost(item.tick)
        case .properties:
            pages[index].sentVersion = pages[index].deliveredVersion
        case .leave:
            pages[index].marks.remove(.leaveIsOnItsWay)
        }
    }

    /// The page that an item was about, unless it has been left or followed anew since.
    private func current(_ item: SentItem) -> Int? {
        var index = Int(item.index)
        if index >= pages.count || pages[index].page != item.page {
            index = self.index(of: item.page)
        }
        guard index < pages.count, pages[index].page == item.page,
            pages[index].epoch == item.epoch
        else { return nil }
        return index
    }
}
