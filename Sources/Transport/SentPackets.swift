import CairnBasics
import CairnWire

/// What is known of the packets sent last: when, how large, and whether they arrived.
///
/// A ring that the packet number indexes: short while little is under way, since most connections are
/// idle most of the time, and doubled when a packet in flight would be overwritten, up to
/// `TransportLimits.sentPackets`. Only packets that elicit an acknowledgement are in flight. A
/// packet taken for lost is remembered for a while, to notice when it arrives after all.
struct SentPackets {
    enum State: UInt8 { case settled, inFlight, lost }

    struct Packet {
        var sentAt = Instant.zero
        /// The parts of messages in it.
        var firstPart: UInt64 = 0
        var partCount: UInt16 = 0
        var byteCount: UInt16 = 0
        var state = State.settled
        /// True for a probe of the path's MTU, whose loss says nothing about congestion.
        var isProbe = false

        var parts: Range<UInt64> { firstPart..<firstPart &+ UInt64(partCount) }
    }

    private static let shortest = 64
    /// How far back a packet that was taken for lost is remembered.
    private static let memory: UInt64 = 512

    private var ring = [Packet](repeating: Packet(), count: shortest)
    /// The number after the last one used or skipped.
    private(set) var next: UInt64
    /// No packet below this is in flight.
    private(set) var oldest: UInt64
    /// One more than the largest number acknowledged; the first number before that.
    private(set) var acknowledgedEnd: UInt64
    /// Lost packets remembered, and a number that none of them is below.
    private var lostCount = 0
    private var oldestLost: UInt64 = 0
    private(set) var bytesInFlight = 0
    private(set) var lastElicitingAt = Instant.longAgo

    init(firstNumber: UInt64) {
        next = firstNumber
        oldest = firstNumber
        acknowledgedEnd = firstNumber
    }

    /// Starts fetching where the next packet will be entered.
    func prefetchNext() { prefetch(ring, at: place(next)) }
    /// Starts fetching the oldest packet in flight, which the next acknowledgement will ask for.
    func prefetchOldest() { prefetch(ring, at: place(oldest)) }

    /// The lowest number that an acknowledgement can still say anything new about.
    var oldestOfInterest: UInt64 { lostCount > 0 ? min(oldest, oldestLost) : oldest }

    /// False when so much is under way that the next packet would push out one in flight.
    var hasRoom: Bool { next &- oldest < UInt64(TransportLimits.sentPackets) }

    /// The packet of this number, if it is in flight.
    func inFlight(_ number: UInt64) -> Packet? {
        guard number >= oldest, number < next else { return nil }
        let packet = ring[place(number)]
        return packet.state == .inFlight ? packet : nil
    }

    /// The number whose record `number` will overwrite, when that packet is still in flight.
    ///
    /// Makes the ring longer first where that may be.
    mutating func displaced(by number: UInt64) -> UInt64? {
        guard number >= UInt64(ring.count) else { return nil }
        if inFlight(number &- UInt64(ring.count)) != nil { grow() }
        guard number >= UInt64(ring.count) else { return nil }
        let old = number &- UInt64(ring.count)
        return inFlight(old) == nil ? nil : old
    }

    /// Enters a packet; a skipped number is an empty one.
    /// - Precondition: `number` is `next`, and the packet it displaces was settled.
    mutating func record(_ number: UInt64, _ packet: Packet) {
        precondition(number == next && displaced(by: number) == nil)
        next = number &+ 1  // Safe: the sealer refuses numbers above `SealLimits.lastNumber`.
        let place = place(number)
        if ring[place].state == .lost { lostCount &-= 1 }
        ring[place] = packet
        if packet.state == .inFlight {
            bytesInFlight &+= Int(packet.byteCount)
            lastElicitingAt = packet.sentAt
        } else if oldest == number {
            oldest = next
        }
    }

    /// Takes a packet out of flight, arrived or lost.
    mutating func settle(_ number: UInt64, arrived: Bool) {
        let place = place(number)
        precondition(ring[place].state == .inFlight)
        ring[place].state = arrived ? .settled : .lost
        if !arrived {
            oldestLost = lostCount == 0 ? number : min(oldestLost, number)
            lostCount &+= 1
        }
        bytesInFlight &-= Int(ring[place].byteCount)
        while oldest < next, ring[self.place(oldest)].state != .inFlight { oldest &+= 1 }
    }

    /// A packet that was taken for lost arrived: what it was; nil when it was not.
    mutating func arrivedLate(_ number: UInt64) -> Packet? {
        guard lostCount > 0, number >= oldestLost, number < next,
            next &- number <= UInt64(ring.count), ring[place(number)].state == .lost
        else { return nil }
        ring[place(number)].state = .settled
        lostCount &-= 1
        return ring[place(number)]
    }

    /// Notes the largest number acknowledged, and forgets losses that lie far behind it.
    mutating func noteAcknowledged(upTo number: UInt64) {
        acknowledgedEnd = max(acknowledgedEnd, number &+ 1)
        let depth = min(Self.memory, UInt64(ring.count))
        while lostCount > 0, next &- oldestLost > depth || ring[place(oldestLost)].state != .lost {
            let place = place(oldestLost)
            if next &- oldestLost <= UInt64(ring.count), ring[place].state == .lost {
                ring[place].state = .settled
                lostCount &-= 1
            }
            oldestLost &+= 1
        }
    }

    private func place(_ number: UInt64) -> Int {
        Int(truncatingIfNeeded: number) & (ring.count &- 1)
    }

    private mutating func grow() {
        guard ring.count < TransportLimits.sentPackets else { return }
        var longer = [Packet](repeating: Packet(), count: ring.count * 2)
        let first = next > UInt64(ring.count) ? next &- UInt64(ring.count) : 0
        for number in first..<next {
            longer[Int(truncatingIfNeeded: number) & (longer.count &- 1)] = ring[place(number)]
        }
        ring = longer
    }
}
