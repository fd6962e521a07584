import CairnBasics
import CairnWire

/// What is known of the last 256 packets sent: when, how large, and whether they arrived.
///
/// A ring that the packet number indexes. Only packets that elicit an acknowledgement are in
/// flight.
struct SentPackets {
    struct Packet {
        var sentAt = Instant.zero
        var byteCount: UInt16 = 0
        var isInFlight = false
        var carriesFragments = false
    }

    private static let mask = UInt64(TransportLimits.sentPackets - 1)

    private var ring = [Packet](repeating: Packet(), count: TransportLimits.sentPackets)
    /// The number after the last one used or skipped.
    private(set) var next: UInt64
    /// No packet below this is in flight.
    private(set) var oldest: UInt64
    /// One more than the largest number acknowledged; the first number before that.
    private(set) var acknowledgedEnd: UInt64
    private(set) var bytesInFlight = 0
    private(set) var lastElicitingAt = Instant.zero

    init(firstNumber: UInt64) {
        next = firstNumber
        oldest = firstNumber
        acknowledgedEnd = firstNumber
    }

    /// The packet of this number, if it is in flight.
    func inFlight(_ number: UInt64) -> Packet? {
        guard number >= oldest, number < next else { return nil }
        let packet = ring[Self.place(number)]
        return packet.isInFlight ? packet : nil
    }

    /// The number whose record `number` will overwrite, when that packet is still in flight.
    func displaced(by number: UInt64) -> UInt64? {
        guard number > Self.mask else { return nil }
        let old = number &- Self.mask &- 1
        return inFlight(old) == nil ? nil : old
    }

    /// Enters a packet; a skipped number is an empty one.
    /// - Precondition: `number` is `next`, and the packet it displaces was settled.
    mutating func record(_ number: UInt64, _ packet: Packet) {
        precondition(number == next && displaced(by: number) == nil)
        next = number &+ 1  // Safe: the sealer refuses numbers above `SealLimits.lastNumber`.
        ring[Self.place(number)] = packet
        if packet.isInFlight {
            bytesInFlight &+= Int(packet.byteCount)
            lastElicitingAt = packet.sentAt
        } else if oldest == number {
            oldest = next
        }
    }

    /// Takes a packet out of flight, arrived or lost.
    mutating func settle(_ number: UInt64) {
        let place = Self.place(number)
        precondition(ring[place].isInFlight)
        ring[place].isInFlight = false
        bytesInFlight &-= Int(ring[place].byteCount)
        while oldest < next, !ring[Self.place(oldest)].isInFlight { oldest &+= 1 }
    }

    mutating func noteAcknowledged(upTo number: UInt64) {
        acknowledgedEnd = max(acknowledgedEnd, number &+ 1)
    }

    private static func place(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number & mask) }
}
