// When keys change (RFC 9001, section 6): each direction on its own, after so many packets or so
// much time under one key, and only once the peer has shown that the current key arrived. The
// numbers go on, so a key's packets are those of one range of numbers.

import CairnBasics
import CairnWire

/// What a connection keeps of both directions' key phases.
struct KeyPhases {
    /// The first number that may be sealed under the current key, and since when it is in use.
    var firstSealed: UInt64
    var sealingSince: Instant
    /// True once this end acknowledged a packet that the peer sealed under its current key.
    var hasAcknowledged = false
    /// When the peer's last key is forgotten.
    var previousKeyEnds = Instant.distantFuture
    /// True once the goodbye of a worn key was written.
    var saidFarewell = false

    init(firstNumber: UInt64, now: Instant) {
        firstSealed = firstNumber
        sealingSince = now
    }
}

extension Connection {
    /// How many probe timeouts overtaken packets of the last phase may take.
    private static let previousKeyTimeouts: Int64 = 3

    /// True when only a goodbye may still be sealed.
    var isKeyWorn: Bool {
        sealer.packetsUnderKey &+ KeyLimits.farewells >= keyLimits.lastPackets
            || statistics.forgeriesRefused >= keyLimits.forgeries
            || sent.next >= Self.endOfNumbers
    }

    /// No packet but a goodbye has this number or a higher one; the margin is for skipped ones.
    private static let endOfNumbers = SealLimits.lastNumber - (1 << 16)

    /// True when even a goodbye would be one packet too many.
    var isKeySpent: Bool { sealer.packetsUnderKey >= keyLimits.lastPackets }

    /// True when nothing is left to do under a worn key.
    var hasEndedKeys: Bool { isKeyWorn && (phases.saidFarewell || isKeySpent) }

    /// Goes on to the next key when this one has done its work and the peer knows it.
    mutating func advanceKey(now: Instant) {
        let isDue =
            sealer.packetsUnderKey >= keyLimits.packets
            || now - phases.sealingSince >= keyLimits.interval
        guard isDue, sent.acknowledgedEnd > phases.firstSealed else { return }
        sealer.advance()
        phases.firstSealed = sent.next
        phases.sealingSince = now
    }

    /// Opens a packet that the replay window let through, and follows the peer into a new phase.
    mutating func openUnderKeys(
        _ datagram: inout MutableRawSpan, headerBytes: Int, number: UInt64, now: Instant
    ) -> Range<Int>? {
        forgetPreviousKey(now: now)
        let phase = opener.phase
        let payload = opener.open(
            &datagram, headerBytes: headerBytes, number: number,
            mayAdvance: phases.hasAcknowledged)
        if opener.phase != phase {
            phases.hasAcknowledged = false
            phases.previousKeyEnds = now + roundTrip.probeTimeout * Self.previousKeyTimeouts
        }
        return payload
    }

    /// Forgets the peer's last key when overtaken packets have had their time.
    mutating func forgetPreviousKey(now: Instant) {
        guard phases.previousKeyEnds <= now else { return }
        opener.forgetPreviousKey()
        phases.previousKeyEnds = .distantFuture
    }

    /// The full number of a packet whose header has the low 32 bits.
    func number(from low: UInt32) -> UInt64 {
        PacketHeader.number(low, expected: received.next)
    }
}
