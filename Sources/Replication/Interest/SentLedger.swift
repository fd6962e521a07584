// Which packet carried what, until it is acknowledged or lost. Packet numbers ascend, so both lists
// are queues in flat arrays, and a packet is found by binary search.

import CairnBasics
import CairnWorld

/// One thing that a packet carried to one client.
struct SentItem {
    enum Content: UInt8 { case keyframe, change, changeAndKeyframe, properties, leave }

    var page: PageID
    var epoch: UInt16
    /// Where the page was in the subscription's list, and most likely still is.
    var index: UInt16
    var content: Content
    /// The tick of the state, or the version up to which the properties go.
    var reached: UInt64
    /// The version after which the properties start.
    var after: UInt64 = 0

    /// What was reached, of motion.
    var tick: Tick { Tick(UInt32(truncatingIfNeeded: reached)) }
}

/// What is on its way to one client.
struct SentLedger {
    /// More packets than this on their way are a dead path: the oldest count as lost.
    static let packetLimit = 512

    private struct Packet {
        var number: UInt64
        var itemCount: UInt16
        var isSettled = false
        /// Counts from the first item ever.
        var firstItem: Int
    }

    private var packets: [Packet] = []
    private var firstPacket = 0
    private var items: [SentItem] = []
    /// How many items have been dropped from the front of `items`.
    private var droppedItems = 0
    /// Items that wait for their packet's number.
    private var pending = 0

    /// Adds to what the next packet carries.
    mutating func append(_ item: SentItem) {
        items.append(item)
        pending += 1
    }

    /// Gives what has been appended since the last call to a packet.
    ///
    /// - Returns: the oldest packet's number when there are too many; settle it as lost.
    /// - Precondition: numbers ascend.
    mutating func seal(_ number: UInt64) -> UInt64? {
        guard pending > 0 else { return nil }
        precondition(packets.last.map { $0.number < number } ?? true)
        packets.append(
            Packet(
                number: number, itemCount: UInt16(pending),
                firstItem: droppedItems + items.count - pending))
        pending = 0
        return packets.count - firstPacket > Self.packetLimit ? packets[firstPacket].number : nil
    }

    /// Where a packet's items are, once; nil for a packet that is unknown or settled already.
    mutating func settle(_ number: UInt64) -> Range<Int>? {
        var low = firstPacket
        var high = packets.count
        while low < high {
            let middle = (low + high) / 2
            if packets[middle].number < number { low = middle + 1 } else { high = middle }
        }
        guard low < packets.count, packets[low].number == number, !packets[low].isSettled
        else { return nil }
        packets[low].isSettled = true
        let start = packets[low].firstItem - droppedItems
        return start..<start + Int(packets[low].itemCount)
    }

    /// An item of a packet that has just been settled.
    subscript(index: Int) -> SentItem { items[index] }

    /// Forgets settled packets; ranges from `settle` end here.
    mutating func trim() {
        while firstPacket < packets.count, packets[firstPacket].isSettled { firstPacket += 1 }
        guard firstPacket > 32, firstPacket * 2 > packets.count else { return }
        let keptFrom =
            firstPacket < packets.count
            ? packets[firstPacket].firstItem : droppedItems + items.count - pending
        items.removeFirst(keptFrom - droppedItems)
        droppedItems = keptFrom
        packets.removeFirst(firstPacket)
        firstPacket = 0
    }
}
