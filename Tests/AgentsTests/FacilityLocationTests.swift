import CairnAgents
import CairnBasics
import Testing

@Suite struct ChosenSitesComeCloseToTheOptimumTests {
    /// A random instance: sites and demands in a square, utility falling with distance.
    private func instance(seed: UInt64, spacing: Double) -> FacilityLocation {
        var random = SeededRandom(seed: seed)
        let side = 30.0
        let sites = (0..<11).map { _ in
            PlanarVector(random.unit() * side, random.unit() * side)
        }
        let demands = (0..<17).map { _ in
            (PlanarVector(random.unit() * side, random.unit() * side), 0.1 + random.unit())
        }
        let rows = sites.map { site in
            demands.indices.compactMap { index -> FacilityLocation.Service? in
                let part = 1 - site.distance(to: demands[index].0) / 12
                return part > 0 ? .init(demand: index, value: demands[index].1 * part) : nil
            }
        }
        return FacilityLocation(
            sites: sites, demandCount: demands.count, spacing: spacing, rows: rows)
    }

    /// F of the best allowed set of at most `count` sites, by trying all of them.
    private func optimum(_ location: FacilityLocation, count: Int) -> Double {
        var best = 0.0
        for mask in 0..<1 << location.sites.count where mask.nonzeroBitCount <= count {
            let chosen = location.sites.indices.filter { mask >> $0 & 1 == 1 }
            let isAllowed = chosen.indices.allSatisfy {
                location.isSpaced(chosen[$0], from: Array(chosen[..<$0]))
            }
            if isAllowed { best = max(best, location.value(of: chosen)) }
        }
        return best
    }

    @Test(arguments: 0..<40)
    func theCertificateIsNeverBelowTheOptimumAndTheValueNeverAbove(seed: Int) {
        for (spacing, count) in [(0.0, 3), (0.0, 5), (6.0, 3), (10.0, 4)] {
            let location = instance(seed: UInt64(seed), spacing: spacing)
            let solution = location.solve(count: count)
            let optimum = optimum(location, count: count)
            #expect(solution.upperBound >= optimum - 1e-9)
            #expect(solution.value <= optimum + 1e-9)
            #expect(solution.value >= optimum * (spacing == 0 ? 0.632 : 1.0 / 6))
            #expect(abs(solution.value - location.value(of: solution.sites)) < 1e-9)
        }
    }

    @Test func onAverageTheCertificateIsWithinAFifthOfTheOptimum() {
        var ratio = 0.0
        for seed in 0..<40 {
            let location = instance(seed: UInt64(seed), spacing: 0)
            ratio += optimum(location, count: 4) / location.solve(count: 4).upperBound
        }
        #expect(ratio / 40 > 0.8)
    }

    @Test func onAverageSwapsReachTheOptimumWithinOnePercent() {
        var ratio = 0.0
        for seed in 0..<40 {
            let location = instance(seed: UInt64(seed), spacing: 6)
            ratio += location.solve(count: 4).value / optimum(location, count: 4)
        }
        #expect(ratio / 40 > 0.99)
    }

    @Test(arguments: 0..<40)
    func sitesKeepTheirDistanceFromEachOther(seed: Int) {
        let location = instance(seed: UInt64(seed), spacing: 7)
        let sites = location.solve(count: 6).sites
        for first in sites {
            for second in sites where second != first {
                #expect(location.sites[first].distance(to: location.sites[second]) >= 7)
            }
        }
    }

    /// What lazy choice and no swaps find must be what plain greedy choice finds.
    @Test(arguments: 0..<20)
    func lazyChoiceIsGreedyChoice(seed: Int) {
        let location = instance(seed: UInt64(seed), spacing: 5)
        var chosen: [Int] = []
        for _ in 0..<5 {
            let value = location.value(of: chosen)
            let gains = location.sites.indices.map { site in
                location.isSpaced(site, from: chosen)
                    ? location.value(of: chosen + [site]) - value : 0
            }
            guard let best = gains.max(), best > 1e-12 else { break }
            chosen.append(gains.firstIndex { $0 >= best - 1e-12 } ?? 0)
        }
        #expect(location.solve(count: 5, mayMove: false).sites == chosen)
    }

    @Test func aFixedSiteStaysWhereItIs() {
        let location = instance(seed: 3, spacing: 0)
        let worst = location.sites.indices.min {
            location.value(of: [$0]) < location.value(of: [$1])
        }
        let solution = location.solve(count: 4, fixed: [worst ?? 0], mayMove: false)
        #expect(solution.sites.first == worst)
        #expect(solution.sites.count == 4)
    }
}
