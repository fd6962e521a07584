// The ladder's rungs as the server carries them out. Rungs are changed between ticks, by what the
// shell has measured of the last one; the core itself never looks at a clock.
//
// What is in the world (walking, characters, silence) goes by the world's time, and so does whoever
// walks in it. People's own devices walk on real ground and are held to the wall's time, as are limits of
// what people type, and everything between hosts.

public import CairnBasics
import CairnTransport
import CairnWire
import CairnWorld

extension WorldServer {
    /// A tick of wall time: longer than one of world time while that is dilated.
    public var period: TimeSpan {
        TimeSpan(
            nanoseconds: worldPeriod.nanoseconds &* Int64(OverloadLadder.fullTimeShare)
                / Int64(overload.timeShare))
    }

    /// Takes in how the last tick went and climbs or descends accordingly.
    ///
    /// Ticks are due every `period` from then on.
    public mutating func adapt(to load: TickLoad, now: Instant) {
        precondition(transmitCursor == nil, "drain pollTransmit before the ladder is climbed")
        let (from, share, period) = (overload.rung, overload.timeShare, period)
        guard overload.record(load, period: period, now: now) else { return }
        endpoint.isAdmitting = overload.admits
        worldClock.setShare(overload.timeShare, now: now)
        note(
            .overload(
                OverloadStep(
                    from: from, to: overload.rung, timeShare: overload.timeShare,
                    isClimb: overload.rung > from || overload.timeShare < share,
                    load: overload.load, loadPermille: overload.loadPermille, period: period,
                    clients: clientCount)))
    }

    /// What the world's clock shows.
    func worldTime(at now: Instant) -> Instant { worldClock.instant(at: now) }

    /// True when a client that is in the world is told of it in this tick.
    mutating func isTold(_ index: Int) -> Bool {
        if overload.rung == .none { return true }
        let isTold = overload.tells(
            sessionAt: index, isSpectator: sessions[index].identity.role == .spectator, in: tick,
            period: period)
        if !isTold { counters.statesWithheld &+= 1 }
        return isTold
    }
}
