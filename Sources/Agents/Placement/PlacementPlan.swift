// What the solver answers: a plan that says for each character where, why and for whom, and for
// the whole how far from the best it can be at most.

public import CairnBasics
public import CairnGeometry

/// Where characters should be, with the proof of how good that is.
public struct PlacementPlan: Hashable, Sendable {
    /// Ascending by persona, then by character.
    public var placements: [Placement]
    /// F(S): the weighted utility of all demand under this plan.
    public var value: Double
    /// The certificate: no plan with as many characters is worth more than this.
    public var upperBound: Double
    /// True when the sites of the plan before were good enough to stay.
    public var keepsIncumbents: Bool
    /// Residents that no site was worth anything for, or could be found for.
    public var unplaced: Int
    /// The view that the plan was made from.
    public var tick: Tick

    /// At least this part of the optimum is reached, 0...1; 1 where there is nothing to reach.
    public var guaranteedRatio: Double { upperBound > 0 ? value / upperBound : 1 }
}

/// One character's site.
public struct Placement: Hashable, Sendable {
    public var persona: Int
    /// The character that goes there; nil when one must be created.
    public var npc: EntityID?
    public var site: Position
    public var validFor: Audiences
    /// The index of the anchor that carries it in the real place; nil when it is not valid there.
    public var anchor: Int?
    /// How far it stands beyond the margin of the nearest no-go zone, in metres; infinite when
    /// there is none.
    public var slackMetres: Double
    /// How far the character walks to get there, in metres.
    public var travelMetres: Double
    /// The demands that this site serves best, greatest worth first, at most
    /// `PlacementProblem.maximumReasons`.
    public var reasons: [PlacementReason]
}

/// To whom a character may be shown.
public struct Audiences: OptionSet, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Players in the virtual world.
    public static let vr = Audiences(rawValue: 1)
    /// People who see it in the real place.
    public static let ar = Audiences(rawValue: 2)
}

/// One term of a site's score.
public struct PlacementReason: Hashable, Sendable {
    public var demand: Demand
    /// Weight times utility: what the site contributes to the plan's value for this demand.
    public var value: Double
    public var distanceMetres: Double
}

/// Somewhere that a character is wanted.
public struct Demand: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// People in one square of the ground.
        case people(count: Int)
        /// An anchor of the view, by index.
        case anchor(Int)
        /// A point of interest, by the index of its zone.
        case pointOfInterest(Int)
        /// Ground where nobody is yet.
        case ambient
    }
    public var kind: Kind
    public var point: PlanarVector
    public var weight: Double
}
