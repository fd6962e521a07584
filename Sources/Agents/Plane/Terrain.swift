// Where a character may be: the bounds and zones of a world, ready for many questions.
//
// A no-go zone is a real pond, road or door. Who sees a character through glasses sees it off by
// the error of the anchor that carries it, so the zone grows by that error: with a standard
// deviation of sigma in every direction, the error exceeds sqrt(-2 ln eps) sigma with probability
// eps (Rayleigh), which is 3.72 sigma for one in a thousand. The body's radius comes on top.
//
// A way is checked at samples no more than `sampleSpacing` apart. A zone grown by a body radius
// of at least that much cannot slip between two samples, and the true outline stays at least
// radius - sampleSpacing / 2 away from every point of a checked way.

import CairnGeometry
public import CairnWorld

/// The ground of a world as its characters see it. Immutable; built when zones or anchors change.
public struct Terrain: Sendable {
    /// How many standard deviations a no-go zone grows: chance of trespass below 1 in 1,000.
    public static let sigmasOfMargin = 3.72
    /// The longest step between two checked points of a way, in metres.
    static let sampleSpacing = 0.4
    /// A straight way longer than this, in metres, is not worth checking and counts as closed.
    static let longestStraightWay = 128.0

    let rules: AgentRules
    let bounds: PlanarBox
    /// The box that holds all ground a character may stand on.
    let extent: PlanarBox
    let forbidden: [Polygon]
    let walkable: [Polygon]
    /// Points of interest, in the zones' order.
    let pointsOfInterest: [PointOfInterest]
    let anchors: [Anchor]
    /// The height that characters stand at, in units: the ground, or what of the world is nearest.
    let height: Int32

    /// An anchor good enough to show characters near it.
    struct Anchor: Hashable, Sendable {
        /// Its index in the view.
        var index: Int
        var point: PlanarVector
        var sigma: Double
    }

    /// A place that people come to see.
    struct PointOfInterest: Hashable, Sendable {
        /// The zone's index in the view.
        var zone: Int
        var centre: PlanarVector
        var weight: Double
    }

    public init(
        bounds: Bounds, zones: [ZoneDescription], anchors: [AnchorFix], rules: AgentRules
    ) {
        precondition(rules.bodyRadius >= Self.sampleSpacing, "samples could step over a zone")
        self.rules = rules
        let box = PlanarBox(PlanarVector(bounds.lowest), PlanarVector(bounds.highest))
        self.bounds = box
        height = max(bounds.lowest.z, min(bounds.highest.z, 0))
        forbidden = zones.compactMap { $0.role == .noGo ? Polygon($0) : nil }
        walkable = zones.compactMap { $0.role == .walkable ? Polygon($0) : nil }
        let corners = walkable.flatMap { [$0.box.lowest, $0.box.highest] }
        extent = PlanarBox(around: corners).flatMap(box.intersection) ?? box
        pointsOfInterest = zones.enumerated().compactMap { index, zone in
            guard zone.role == .pointOfInterest, let polygon = Polygon(zone),
                zone.weight.isFinite, zone.weight > 0
            else { return nil }
            return PointOfInterest(zone: index, centre: polygon.centre, weight: zone.weight)
        }
        self.anchors = anchors.enumerated().compactMap { index, anchor in
            guard anchor.sigmaMetres >= 0, anchor.sigmaMetres <= rules.anchorSigmaLimit else {
                return nil
            }
            return Anchor(
                index: index, point: PlanarVector(anchor.position), sigma: anchor.sigmaMetres)
        }
    }

    /// The nearest anchor that can show a character at `point` in the real place; nil where none
    /// is near and good enough, so that the character is for the virtual world only.
    func anchor(near point: PlanarVector) -> Anchor? {
        var best: Anchor?
        var nearest = rules.anchorReach * rules.anchorReach
        for anchor in anchors {
            let distance = anchor.point.squaredDistance(to: point)
            if distance <= nearest {
                nearest = distance
                best = anchor
            }
        }
        return best
    }

    /// How far a character at `point` must stay from every no-go zone, in metres.
    func margin(at point: PlanarVector) -> Double {
        rules.bodyRadius + Self.sigmasOfMargin * (anchor(near: point)?.sigma ?? 0)
    }

    /// True where a character may stand, uncertainty included.
    /// - Complexity: O(anchors + zones), plus the vertices of zones whose box is near.
    func isOpen(_ point: PlanarVector) -> Bool {
        shortfall(at: point, margin: margin(at: point)) == 0
    }

    /// True when the straight way between two points is open all along and not too long to tell.
    func isOpen(from start: PlanarVector, to end: PlanarVector) -> Bool {
        guard start.distance(to: end) <= Self.longestStraightWay else { return false }
        let samples = Self.sampleCount(start, end)
        for sample in 0...samples
        where !isOpen(start + (end - start) * (Double(sample) / Double(samples))) {
            return false
        }
        return true
    }

    /// True when a character at `start` may go straight to `end`: the way is open or, where it
    /// stands too close to a zone already, every sample of it is better than the start.
    ///
    /// The true zones come first: no way leads into one, however large the margin is it flees from.
    func admits(from start: PlanarVector, to end: PlanarVector) -> Bool {
        let hard = shortfall(at: start, margin: rules.bodyRadius)
        let soft = shortfall(at: start, margin: margin(at: start))
        let samples = Self.sampleCount(start, end)
        for sample in 1...samples {
            let point = start + (end - start) * (Double(sample) / Double(samples))
            let hardHere = shortfall(at: point, margin: rules.bodyRadius)
            guard hardHere == 0 || hardHere < hard else { return false }
            let softHere = shortfall(at: point, margin: margin(at: point))
            guard softHere == 0 || softHere < soft else { return false }
        }
        return true
    }

    /// By how many metres `point` fails to be `margin` away from no-go zones, within the bounds
    /// and in a walkable area; 0 where it does not fail.
    func shortfall(at point: PlanarVector, margin: Double) -> Double {
        var worst = max(
            max(bounds.lowest.x - point.x, point.x - bounds.highest.x),
            max(bounds.lowest.y - point.y, point.y - bounds.highest.y), 0)
        for zone in forbidden where zone.box.contains(point, margin: margin) {
            worst = max(worst, margin - zone.signedDistance(to: point))
        }
        if walkable.isEmpty || walkable.contains(where: { $0.contains(point) }) { return worst }
        let outside = walkable.reduce(.infinity) { min($0, $1.signedDistance(to: point)) }
        return max(worst, outside)
    }

    /// How far `point` lies beyond its margin from the nearest no-go zone, in metres.
    func slack(at point: PlanarVector) -> Double {
        forbidden.reduce(.infinity) { min($0, $1.signedDistance(to: point)) } - margin(at: point)
    }

    private static func sampleCount(_ start: PlanarVector, _ end: PlanarVector) -> Int {
        // Safe: the world is 4,194 km wide, so the count stays below 2^24.
        max(1, Int(start.distance(to: end) / sampleSpacing) &+ 1)
    }
}
