// Where characters could stand: a lattice of whole metres around the demand, without what the
// terrain or the crowd forbids. The lattice is fixed to the world's origin, so that a site does
// not drift as people move.

import CairnGeometry

struct CandidateSites {
    /// The finest lattice, in metres: about an arm's length on each side.
    static let finestStep = 2
    /// Within this distance the crowd's density is counted, in metres.
    static let densityRadius = 3.0

    let terrain: Terrain
    let crowd: Crowd

    /// Open sites within reach of a demand, by row and column, at most `maximum`.
    /// - Complexity: O(demands · lattice points in reach · log)
    func near(_ demands: [Demand], atMost maximum: Int) -> [PlanarVector] {
        var step = firstStep(demands, atMost: maximum)
        var points = lattice(step, near: demands)
        while points.count > maximum {
            step += 1
            points = lattice(step, near: demands)
        }
        return points.filter(isAllowed)
    }

    /// True where a character may be sent: open ground, and no crowd that it would add to.
    func isAllowed(_ point: PlanarVector) -> Bool {
        guard terrain.isOpen(point) else { return false }
        let people = crowd.peopleCount(within: Self.densityRadius, of: point)
        let area = Double.pi * Self.densityRadius * Self.densityRadius
        return Double(people + 1) <= terrain.rules.densityCap * area
    }

    /// A step at which the lattice about fits: by the ground's area, or by that of the demands'
    /// surroundings where the ground is vast.
    private func firstStep(_ demands: [Demand], atMost maximum: Int) -> Int {
        let size = terrain.extent.highest - terrain.extent.lowest
        let reach = terrain.rules.reach
        let area = min(size.x * size.y, Double(demands.count) * .pi * reach * reach)
        return max(Self.finestStep, Int((area / Double(maximum)).squareRoot()))
    }

    private func lattice(_ step: Int, near demands: [Demand]) -> [PlanarVector] {
        let reach = terrain.rules.reach
        let side = Double(step)
        var keys: [Crowd.Square] = []
        for demand in demands {
            let low = demand.point - PlanarVector(reach, reach)
            let high = demand.point + PlanarVector(reach, reach)
            // Safe: coordinates stay below 2^22 metres, so whole steps fit an Int32.
            for row in Int32(low.y / side)...Int32(high.y / side) {
                for column in Int32(low.x / side)...Int32(high.x / side) {
                    let point = PlanarVector(Double(column) * side, Double(row) * side)
                    guard point.squaredDistance(to: demand.point) < reach * reach,
                        terrain.extent.contains(point)
                    else { continue }
                    keys.append(Crowd.Square(column: column, row: row))
                }
            }
        }
        keys.sort()
        var points: [PlanarVector] = []
        for (index, key) in keys.enumerated() where index == 0 || keys[index - 1] != key {
            points.append(PlanarVector(Double(key.column) * side, Double(key.row) * side))
        }
        return points
    }
}
