import CairnBasics

/// Spreads packets over a round trip instead of sending a window at once: at twice the window in a
/// cycle, as Copa has it (section 2.1).
///
/// A bucket without a timer (the generic cell rate algorithm, ITU-T I.371): it knows until when the
/// path is spoken for, and packets may go while that is less than a burst ahead. A tick's few
/// packets leave at once; what streams have to send follows at the pace, and what the
/// application says itself may go before them.
struct Pacer {
    /// What may leave at once after a silence: QUIC's initial window (RFC 9002, section 7.7).
    static let burst = 10 * DatagramBatch.datagramBytes
    /// Timers come no oftener, so a burst is never shorter than that.
    static let granularity = TimeSpan.milliseconds(2)

    private var spokenUntil = Instant.longAgo
    /// ns per byte, in 1/1024; 0 while nothing is known and nothing is paced.
    private var cost: Int64 = 0

    /// Sets the pace from a window in bytes and the time it takes to go round.
    mutating func set(window: Int, cycle: TimeSpan?) {
        guard let cycle else { return }
        // Safe: a cycle is under 2^35 ns, since a connection idles out before.
        cost = max(1, (min(cycle.nanoseconds, 1 << 35) << 10) / Int64(max(window, 1) &* 2))
    }

    /// When the streams may send again.
    var nextStreamPacket: Instant { spokenUntil - allowance }

    func mayStreamsSend(now: Instant) -> Bool { spokenUntil - now <= allowance }

    /// True when a packet of the application may leave: it has a burst of its own.
    func mayApplicationSend(now: Instant) -> Bool {
        spokenUntil - now <= allowance + duration(Self.burst)
    }

    mutating func sent(_ byteCount: Int, now: Instant) {
        spokenUntil = max(spokenUntil, now) + duration(byteCount)
    }

    private var allowance: TimeSpan { max(duration(Self.burst), Self.granularity) }

    private func duration(_ byteCount: Int) -> TimeSpan {
        TimeSpan(nanoseconds: (Int64(byteCount) &* cost) >> 10)
    }
}

extension Instant {
    /// Before every instant that a clock gives, and not so far that differences wrap.
    static let longAgo = Instant(nanoseconds: .min / 2)
}
