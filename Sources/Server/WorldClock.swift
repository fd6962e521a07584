// The world's own time: as the wall's, or slower while the server is overloaded. Bodies move by it,
// so that a slow world is slow for everybody alike and nobody gains by it.

import CairnBasics

/// Wall time to world time; it never runs backwards, and never faster than the wall.
struct WorldClock: Hashable, Sendable {
    private var wallOrigin: Instant
    private var worldOrigin: Instant
    /// World time for wall time, in 256ths.
    private(set) var share = OverloadLadder.fullTimeShare

    /// A clock that shows `now` at `now`.
    init(now: Instant) {
        wallOrigin = now
        worldOrigin = now
    }

    /// What the world's clock shows; an instant before the last change of pace counts as that.
    func instant(at now: Instant) -> Instant {
        let passed = max(0, (now - wallOrigin).nanoseconds)
        let full = Int64(OverloadLadder.fullTimeShare)
        // In two parts, so that nothing overflows however long the clock has run.
        let whole = passed / full &* Int64(share)
        let rest = passed % full &* Int64(share) / full
        return worldOrigin + TimeSpan(nanoseconds: whole &+ rest)
    }

    /// Runs at another pace from now on.
    mutating func setShare(_ share: Int, now: Instant) {
        worldOrigin = instant(at: now)
        wallOrigin = max(wallOrigin, now)
        self.share = share
    }
}
