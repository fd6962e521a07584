// The population's tunable numbers, each with its unit and its reason.

public import CairnBasics

/// The numbers by which characters are placed and move.
public struct AgentRules: Hashable, Sendable {
    /// Half the width of a character's body, in metres.
    public var bodyRadius = 0.4
    /// How far an anchor's frame is good enough to show a character in it, in metres.
    public var anchorReach = 40.0
    /// The worst sigma an anchor may have to show characters in the real place, in metres:
    /// grade C of the anchors' scale.
    public var anchorSigmaLimit = 1.0

    /// How far a character is worth anything to somebody, in metres: the width of a small square.
    public var reach = 20.0
    /// Within this distance being nearer is no better, in metres: social distance (Hall, 1966).
    public var comfort = 2.0
    /// The least distance between the sites of two characters, in metres.
    public var spacing = 6.0
    /// The most people to a square metre about a site. More than 4 are dangerous; a character
    /// draws people, so it stays well below.
    public var densityCap = 1.0
    /// What a person, an anchor and a place where nobody is yet are worth to the plan.
    public var personWeight = 1.0
    public var anchorWeight = 0.5
    public var ambientWeight = 0.05
    /// A new plan must be better than the kept one by this factor, or nobody is asked to walk.
    public var hysteresis = 1.05
    /// The least time between two plans, unless zones or anchors changed.
    public var replanInterval = TimeSpan.seconds(10)

    /// How fast a character walks, in metres a second.
    public var walkingSpeed = 1.3
    /// The least distance kept to people and other characters, centre to centre, in metres.
    public var separation = 0.9
    /// How far ahead a steer is checked, and so how long it may be followed without a newer one.
    public var steeringHorizon = TimeSpan.seconds(1)
    /// How often a character reconsiders: 2.5 times a second.
    public var decisionInterval = TimeSpan.milliseconds(400)
    /// How near a person must come to be greeted, in metres.
    public var greetingRadius = 5.0
    /// How long a greeted person is not greeted again by the same character.
    public var greetingCooldown = TimeSpan.seconds(120)
    /// How far speech is heard, in metres.
    public var hearingRadius = 8.0
    /// How far from its site a character strolls, in metres.
    public var wanderRadius = 5.0

    public init() {}
}
