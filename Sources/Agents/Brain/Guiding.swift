// Leading somebody to a place: walk ahead, wait for who falls behind, give up on who leaves.

import CairnBasics

/// One tour.
struct Guiding: Hashable, Sendable {
    /// Further behind than this, in metres, and the guide waits.
    static let longestLead = 6.0
    /// Further away than this, in metres, and the person has left.
    static let sight = 20.0
    /// How long it waits before it gives up.
    static let patience = TimeSpan.seconds(15)
    /// How near to the place the tour is over, in metres.
    static let arrival = 1.0
    /// How often it tells something on the way.
    static let chatter = TimeSpan.seconds(8)
    /// How long the same person is not led again.
    static let cooldown = TimeSpan.seconds(90)

    let person: EntityID
    /// Where the tour ends.
    let destination: PlanarVector
    var route: Route
    var spoke: Instant
    /// Since when the person is too far behind; nil while together.
    var waitingSince: Instant?
    /// Until when it stays at the place it came to; nil on the way.
    var shownUntil: Instant?
}
