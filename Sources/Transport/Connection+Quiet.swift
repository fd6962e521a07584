// Peers that fall silent: asleep, out of reach, or gone. A server keeps their session and spends next
// to nothing on them until they speak; a client that wakes up asks at once, and knows how long an
// answer may take.

import CairnBasics
import CairnWire

/// When a silence was probed, and when this end woke up.
struct QuietTimes {
    var probedAt = Instant.zero
    var awokeAt = Instant.zero
}

extension Connection {
    /// True on a server whose client has not spoken for long.
    func isQuiet(now: Instant) -> Bool {
        side == .server && now - heardAt >= TransportLimits.quietAfter
    }

    func isQuietProbeDue(now: Instant) -> Bool {
        now - max(heardAt, quiet.probedAt) >= TransportLimits.quietProbeInterval
    }

    /// Starts a packet with a ping and room for nothing else, past congestion: what is in flight will
    /// not be acknowledged before the peer is back.
    mutating func beginQuietProbe(_ packet: inout PacketScratch, now: Instant) -> Bool {
        guard isQuietProbeDue(now: now) else { return false }
        quiet.probedAt = now
        start(&packet, mayElicit: true)
        appendPing(&packet, now: now)
        packet.close()
        return true
    }

    /// This end slept: the silence says nothing about the peer, which is asked at once. Once only,
    /// until it has answered.
    mutating func wake(now: Instant) {
        guard quiet.awokeAt == .zero || heardAt > quiet.awokeAt else { return }
        quiet.awokeAt = now
        heardAt = max(heardAt, now - idleTimeout + TransportLimits.unansweredAfterSleep)
        probeBackoff = 0
        probesAllowed = 2
    }

    /// True when the peer should have answered by now if it could.
    func isUnanswered(now: Instant) -> Bool {
        guard side == .client else { return false }
        let isAsleep = quiet.awokeAt != .zero && heardAt <= quiet.awokeAt
        return isAsleep
            ? now - quiet.awokeAt >= TransportLimits.unansweredAfterSleep
            : now - heardAt >= TransportLimits.unansweredAfter
    }
}
