// Who wants a character nearby: people, anchors, points of interest, and faintly everywhere, so
// that an empty world is not crowded into one corner.

extension Demand {
    /// Most demands of each kind. Together with `PlacementProblem.maximumSites` this bounds the
    /// solver's memory; of the people the fullest squares count, 256 of 64 m² each.
    static let maximumOfEachKind = 256
    /// The distance between two places of ambient demand, in metres; more in a large world.
    static let ambientStep = 16.0

    /// All demands of a view in a fixed order.
    static func points(of crowd: Crowd, on terrain: Terrain) -> [Demand] {
        let rules = terrain.rules
        var demands = crowdedSquares(crowd).map { square in
            Demand(
                kind: .people(count: square.count), point: square.centre,
                weight: Double(square.count) * rules.personWeight)
        }
        demands += terrain.anchors.prefix(maximumOfEachKind).map {
            Demand(kind: .anchor($0.index), point: $0.point, weight: rules.anchorWeight)
        }
        demands += terrain.pointsOfInterest.prefix(maximumOfEachKind).map {
            Demand(kind: .pointOfInterest($0.zone), point: $0.centre, weight: $0.weight)
        }
        demands += ambientPoints(terrain).map {
            Demand(kind: .ambient, point: $0, weight: rules.ambientWeight)
        }
        return demands
    }

    /// The squares where most people are, with their count and the middle of where they stand.
    private static func crowdedSquares(
        _ crowd: Crowd
    ) -> some Collection<(count: Int, centre: PlanarVector)> {
        var squares: [(count: Int, centre: PlanarVector)] = []
        for square in crowd.squares {
            let people = crowd.members[square.members].filter { $0.role != .npc }
            guard !people.isEmpty else { continue }
            let sum = people.reduce(.zero) { $0 + $1.point }
            squares.append((people.count, sum * (1 / Double(people.count))))
        }
        // The sort is stable in effect: equal counts keep the squares' order by their offset.
        let order = squares.indices.sorted {
            (squares[$1].count, $0) < (squares[$0].count, $1)
        }
        return order.prefix(maximumOfEachKind).sorted().map { squares[$0] }
    }

    private static func ambientPoints(_ terrain: Terrain) -> [PlanarVector] {
        let box = terrain.extent
        let size = box.highest - box.lowest
        // One more than the root keeps the number of steps along both sides together in bounds.
        let widest = max(size.x, size.y) / (Double(maximumOfEachKind).squareRoot() - 1)
        let step = max(ambientStep, widest)
        var points: [PlanarVector] = []
        var y = box.lowest.y + step / 2
        while y < box.highest.y {
            var x = box.lowest.x + step / 2
            while x < box.highest.x {
                let point = PlanarVector(x, y)
                if terrain.isOpen(point) { points.append(point) }
                x += step
            }
            y += step
        }
        return points
    }
}
