// Which packet carried what, until it is acknowledged or lost. Packet numbers ascend, so the lists
// are queues in flat arrays; the oldest packet is looked at first, since that is mostly the one.
//
// What most packets carry is changes that make no new base. They are asked for only when the packet
// is lost, so they stand apart, and an acknowledgement never reads them.
//
// Costs: 4 bytes a change, 24 anything else, and 32 a packet.

import CairnBasics
import CairnWorld

/// A page of which a packet carried a change that becomes no base.
struct SentChange {
    /// Where the page is in the subscription's list.
    var slot: UInt16
    var epoch: UInt16
}

/// Anything else that a packet carried.
struct SentItem {
    enum Content: UInt8 { case baseChange, keyframe, properties, leave }

    var slot: UInt16
    var epoch: UInt16
    var content: Content
    /// The base's tick, or the version up to which the properties go.
    var reached: UInt64 = 0
    /// The version after which the properties start.
    var after: UInt64 = 0

    /// What was reached, of motion.
    var tick: Tick { Tick(UInt32(truncatingIfNeeded: reached)) }
}

/// What is on its way to one client.
struct SentLedger: ~Copyable {
    /// More packets than this on their way are a dead path: the oldest count as lost.
    static let packetLimit = 512

    struct Packet {
        var number: UInt64
        var tick: Tick
        /// Counts from the first ever, modulo 2^32; far fewer are held at a time.
        fileprivate(set) var firstChange: UInt32
        fileprivate(set) var firstItem: UInt32
        fileprivate(set) var changeCount: UInt16
        fileprivate(set) var itemCount: UInt16
        fileprivate(set) var isSettled = false
    }

    /// Counts packets, so that a page knows whether its keyframe is in the one being filled.
    private(set) var packetSerial: UInt16 = 0
    private var packets = OwnedList<Packet>()
    private var firstPacket = 0
    private var changes = OwnedList<SentChange>()
    private var items = OwnedList<SentItem>()
    /// How many have been dropped from the front of `changes` and `items`.
    private var droppedChanges: UInt32 = 0
    private var droppedItems: UInt32 = 0
    /// Where what waits for its packet's number begins.
    private var pendingChange = 0
    private var pendingItem = 0

    /// Starts fetching what the next packets and receipts will want.
    func prefetch() {
        packets.prefetch(firstPacket..<packets.count)
        let first = firstPacket < packets.count ? packets.count - firstPacket : 0
        // About as many items a packet as a packet of near pages has.
        items.prefetch(max(0, items.count - (first + 1) * 8)..<items.count)
        changes.prefetch(max(0, changes.count - 32)..<changes.count + 1)
    }

    /// Adds to what the next packet carries.
    mutating func append(_ change: SentChange) { changes.append(change) }
    mutating func append(_ item: SentItem) { items.append(item) }

    /// Gives what has been appended since the last call to a packet.
    ///
    /// - Returns: the oldest packet's number when there are too many; settle it as lost.
    /// - Precondition: numbers ascend.
    mutating func seal(_ number: UInt64, tick: Tick) -> UInt64? {
        packetSerial &+= 1
        let (changeCount, itemCount) = (changes.count - pendingChange, items.count - pendingItem)
        guard changeCount + itemCount > 0 else { return nil }
        precondition(packets.last.map { $0.number < number } ?? true)
        packets.append(
            Packet(
                number: number, tick: tick,
                firstChange: droppedChanges &+ UInt32(truncatingIfNeeded: pendingChange),
                firstItem: droppedItems &+ UInt32(truncatingIfNeeded: pendingItem),
                changeCount: UInt16(changeCount), itemCount: UInt16(itemCount)))
        pendingChange = changes.count
        pendingItem = items.count
        return packets.count - firstPacket > Self.packetLimit ? packets[firstPacket].number : nil
    }

    /// A packet's record, once; nil for a packet that is unknown or settled already.
    /// - Complexity: O(1) for the oldest, else O(log n)
    mutating func settle(_ number: UInt64) -> Packet? {
        var index = firstPacket
        guard index < packets.count else { return nil }
        if packets[index].number != number {
            index = partitionPoint(of: index..<packets.count) { packets[$0].number < number }
            guard index < packets.count, packets[index].number == number,
                !packets[index].isSettled
            else { return nil }
        }
        packets[index].isSettled = true
        return packets[index]
    }

    /// Where the changes and items of a packet that has just been settled are.
    func changes(of packet: Packet) -> Range<Int> {
        let start = Int(packet.firstChange &- droppedChanges)
        return start..<start + Int(packet.changeCount)
    }
    func items(of packet: Packet) -> Range<Int> {
        let start = Int(packet.firstItem &- droppedItems)
        return start..<start + Int(packet.itemCount)
    }

    subscript(change index: Int) -> SentChange { changes[index] }
    subscript(item index: Int) -> SentItem { items[index] }

    /// Forgets settled packets; places of changes and items end here.
    mutating func trim() {
        while firstPacket < packets.count, packets[firstPacket].isSettled { firstPacket += 1 }
        guard firstPacket > 16, firstPacket * 2 > packets.count else { return }
        let isEmpty = firstPacket == packets.count
        let keptChange =
            isEmpty ? pendingChange : Int(packets[firstPacket].firstChange &- droppedChanges)
        let keptItem = isEmpty ? pendingItem : Int(packets[firstPacket].firstItem &- droppedItems)
        changes.removeFirst(keptChange)
        pendingChange -= keptChange
        droppedChanges &+= UInt32(truncatingIfNeeded: keptChange)
        items.removeFirst(keptItem)
        pendingItem -= keptItem
        droppedItems &+= UInt32(truncatingIfNeeded: keptItem)
        packets.removeFirst(firstPacket)
        firstPacket = 0
    }
}
