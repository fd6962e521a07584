import CairnBasics

/// Round-trip time as RFC 9002, section 5, estimates it from acknowledgements.
struct RoundTripEstimate {
    /// What is assumed before the first sample (RFC 9002, section 6.2.2).
    static let initial = TimeSpan.milliseconds(333)
    private static let granularity = TimeSpan.milliseconds(1)

    private(set) var smoothed = initial
    private(set) var variation = initial / 2
    private(set) var minimum = TimeSpan.zero
    private(set) var latest = TimeSpan.zero
    private(set) var hasSample = false

    /// Takes a sample: how long ago the newest acknowledged packet was sent, and how long the peer
    /// says it waited before it answered.
    mutating func sample(_ roundTrip: TimeSpan, delay: TimeSpan) {
        latest = max(roundTrip, TimeSpan(nanoseconds: 1))
        guard hasSample else {
            hasSample = true
            smoothed = latest
            variation = latest / 2
            minimum = latest
            return
        }
        minimum = min(minimum, latest)
        // A peer cannot claim a delay that makes its path faster than it ever was.
        let believed = min(delay, TransportLimits.acknowledgementDelay)
        let adjusted = latest >= minimum + believed ? latest - believed : latest
        let difference = smoothed > adjusted ? smoothed - adjusted : adjusted - smoothed
        variation = (variation * 3 + difference) / 4
        smoothed = (smoothed * 7 + adjusted) / 8
    }

    /// How long silence lasts before it is probed (section 6.2.1).
    var probeTimeout: TimeSpan {
        smoothed + max(variation * 4, Self.granularity) + TransportLimits.acknowledgementDelay
    }
}
