// Which packet carried what, until it is acknowledged or lost. Packet numbers ascend, so the lists
// are queues in flat arrays, and a packet is found by binary search.
//
// Costs: 6 bytes a block and 32 a packet; 16 more for a block with properties or a keyframe.

import CairnBasics
import CairnWorld

/// One thing that a packet carried to one client.
struct SentItem {
    /// Those from `keyframe` on have a `SentRange`.
    enum Content: UInt16 { case change, changeAndKeyframe, leave, keyframe, properties }

    /// Where the page was in the subscription's list.
    var slot: UInt16
    var epoch: UInt16
    var content: Content
}

/// What is not the packet's own tick.
struct SentRange {
    /// The keyframe's tick, or the version up to which the properties go.
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

    struct Packet {
        var number: UInt64
        /// Count from the first ever.
        fileprivate(set) var firstItem: Int
        fileprivate(set) var firstRange: Int
        var tick: Tick
        fileprivate(set) var itemCount: UInt16
        fileprivate(set) var isSettled = false
    }

    /// Counts packets, so that a page knows whether its keyframe is in the one being filled.
    private(set) var packetSerial: UInt16 = 0
    private var packets: [Packet] = []
    private var firstPacket = 0
    private var items: [SentItem] = []
    private var ranges: [SentRange] = []
    /// How many have been dropped from the front of `items` and `ranges`.
    private var droppedItems = 0
    private var droppedRanges = 0
    /// What waits for its packet's number.
    private var pendingItems = 0
    private var pendingRanges = 0

    /// Adds to what the next packet carries.
    mutating func append(_ item: SentItem) {
        items.append(item)
        pendingItems += 1
    }

    /// The same with what is not of the packet's own tick.
    mutating func append(_ item: SentItem, _ range: SentRange) {
        append(item)
        ranges.append(range)
        pendingRanges += 1
    }

    /// Gives what has been appended since the last call to a packet.
    ///
    /// - Returns: the oldest packet's number when there are too many; settle it as lost.
    /// - Precondition: numbers ascend.
    mutating func seal(_ number: UInt64, tick: Tick) -> UInt64? {
        packetSerial &+= 1
        guard pendingItems > 0 else { return nil }
        precondition(packets.last.map { $0.number < number } ?? true)
        packets.append(
            Packet(
                number: number, firstItem: droppedItems + items.count - pendingItems,
                firstRange: droppedRanges + ranges.count - pendingRanges, tick: tick,
                itemCount: UInt16(pendingItems)))
        pendingItems = 0
        pendingRanges = 0
        return packets.count - firstPacket > Self.packetLimit ? packets[firstPacket].number : nil
    }

    /// A packet's record, once; nil for a packet that is unknown or settled already.
    mutating func settle(_ number: UInt64) -> Packet? {
        var low = firstPacket
        var high = packets.count
        while low < high {
            let middle = (low + high) / 2
            if packets[middle].number < number { low = middle + 1 } else { high = middle }
        }
        guard low < packets.count, packets[low].number == number, !packets[low].isSettled
        else { return nil }
        packets[low].isSettled = true
        return packets[low]
    }

    /// Where the items and the ranges of a packet that has just been settled are.
    func items(of packet: Packet) -> Range<Int> {
        let start = packet.firstItem - droppedItems
        return start..<start + Int(packet.itemCount)
    }
    func firstRange(of packet: Packet) -> Int { packet.firstRange - droppedRanges }

    subscript(item index: Int) -> SentItem { items[index] }
    subscript(range index: Int) -> SentRange { ranges[index] }

    /// Forgets settled packets; places of items and ranges end here.
    mutating func trim() {
        while firstPacket < packets.count, packets[firstPacket].isSettled { firstPacket += 1 }
        guard firstPacket > 32, firstPacket * 2 > packets.count else { return }
        let isEmpty = firstPacket == packets.count
        let keptItem =
            isEmpty ? droppedItems + items.count - pendingItems : packets[firstPacket].firstItem
        let keptRange =
            isEmpty ? droppedRanges + ranges.count - pendingRanges : packets[firstPacket].firstRange
        items.removeFirst(keptItem - droppedItems)
        droppedItems = keptItem
        ranges.removeFirst(keptRange - droppedRanges)
        droppedRanges = keptRange
        packets.removeFirst(firstPacket)
        firstPacket = 0
    }
}
