// A node's wall clock, which no two machines agree on: it starts off by a skew, runs a little fast or
// slow, and is stepped, as by somebody who sets it or by NTP after a boot. The monotone clock beside
// it is the simulation's own time, which is the same for all and sane.

import CairnBasics

struct SimulatedClock {
    /// What the clock shows at `since`, in milliseconds of Unix time.
    private var base: Int64
    private var since: Instant
    private var driftPartsPerMillion: Int64
    /// The most it has ever shown.
    private(set) var highest: UInt64 = 0

    /// A clock that is off by `skew` milliseconds at `now`.
    init(showing milliseconds: UInt64, skew: Int64 = 0, drift: Int64 = 0, now: Instant) {
        base = Int64(milliseconds) + skew
        since = now
        driftPartsPerMillion = drift
    }

    /// What the clock shows, in milliseconds of Unix time.
    mutating func read(_ now: Instant) -> UInt64 {
        let shown = UInt64(max(0, milliseconds(at: now)))
        highest = max(highest, shown)
        return shown
    }

    /// Somebody sets it forward, or back by a negative number of milliseconds.
    mutating func step(by milliseconds: Int64, now: Instant) {
        base = self.milliseconds(at: now) + milliseconds
        since = now
    }

    /// From now on it is right, and runs as time does.
    mutating func heal(showing milliseconds: UInt64, now: Instant) {
        base = Int64(milliseconds)
        since = now
        driftPartsPerMillion = 0
    }

    private func milliseconds(at now: Instant) -> Int64 {
        let microseconds = (now - since).nanoseconds / 1_000
        return base + microseconds * (1_000_000 + driftPartsPerMillion) / 1_000_000_000
    }
}
