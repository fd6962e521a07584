// An NPC between the views that its brain gets: the wish it had last, carried out every tick
// through the same tally and the same `Movement.step` as a player's steering.

import CairnBasics
import CairnGeometry
import CairnWorld

/// What the server keeps for one NPC.
struct Character {
    let entity: EntityID
    /// The index of its persona in the world's description.
    let persona: Int
    let limits: MovementLimits
    var tally: MotionTally
    var wish: SteeringInput
    var inputs = InputClock()
    /// When the wish came, by the world's clock; an old one is no longer followed.
    var wishedAt: Instant
    /// Speech: two lines in quick succession, then one every two seconds.
    var speech = RateLimit(perSecond: 1, burst: 2)

    /// How long a wish holds: two views of the world later the brain has said something new.
    static let wishLifetime = TimeSpan.milliseconds(600)
}
