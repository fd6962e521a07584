// Choosing where to stand so that everybody has somebody near: facility location.
//
// F(S) = sum over demands d of weight(d) * max over sites i in S of utility(i, d). F is monotone
// and submodular: what a site adds only shrinks as others are chosen. Three facts follow.
//
//  * Greedy choice of k sites reaches at least 1 - 1/e of the optimum (Nemhauser, Wolsey and
//    Fisher, 1978) and may be lazy: a stale gain is an upper bound (Minoux, 1978). With a least
//    distance between sites the sets form a 5-extendible system and the promise is 1/6; measured
//    it is above 0.97.
//  * Swapping one site for another while it helps never makes it worse.
//  * F(T) + the k largest gains over T bounds the optimum from above, whatever set T is and
//    however the sites are constrained. The least such bound over parts T of the chosen sites is
//    the certificate which each plan carries.
//
// Utilities are stored site by site (compressed rows), as most sites serve few demands.

/// One instance: which site serves which demand how well, and how far apart sites must be.
public struct FacilityLocation: Sendable {
    /// What a site is worth to a demand when nobody else serves it: weight times utility.
    public struct Service: Hashable, Sendable {
        public var demand: Int
        public var value: Double

        public init(demand: Int, value: Double) {
            self.demand = demand
            self.value = value
        }
    }

    /// A set of sites and what is known about it.
    public struct Solution: Hashable, Sendable {
        /// Site indices in the order of choice.
        public var sites: [Int]
        /// F of the sites.
        public var value: Double
        /// No allowed choice of as many sites is worth more.
        public var upperBound: Double
    }

    public let sites: [PlanarVector]
    public let demandCount: Int
    /// The least distance between two chosen sites, in metres.
    public let spacing: Double
    private var services: [Service] = []
    private var rowStarts: [Int] = [0]

    /// Work limit of the swap search, in passes over the chosen sites; it mostly needs two.
    static let swapPassLimit = 8
    /// An improvement below this part of F is rounding, not gain.
    static let leastImprovement = 1e-9
    /// How many parts of the chosen sites the certificate is tried with.
    static let boundParts = 4

    /// - Parameter rows: for each site the demands it serves, each at most once, values >= 0.
    public init(sites: [PlanarVector], demandCount: Int, spacing: Double, rows: [[Service]]) {
        precondition(rows.count == sites.count, "one row of services for each site")
        self.sites = sites
        self.demandCount = demandCount
        self.spacing = spacing
        rowStarts.reserveCapacity(sites.count + 1)
        for row in rows {
            services.append(contentsOf: row)
            rowStarts.append(services.count)
        }
    }

    /// The demands that a site serves.
    public func services(of site: Int) -> ArraySlice<Service> {
        services[rowStarts[site]..<rowStarts[site + 1]]
    }

    /// The best of up to `count` sites by lazy greedy choice and swaps, `fixed` ones kept first.
    ///
    /// Stops early when no allowed site adds anything. `fixed` must respect the spacing; they are
    /// swapped only when `mayMove`.
    /// - Complexity: O(n log n + k · services) typically; a swap pass O(k · services).
    public func solve(count: Int, fixed: [Int] = [], mayMove: Bool = true) -> Solution {
        var chosen = greedy(count: count, fixed: fixed)
        if mayMove { improveBySwaps(&chosen) }
        return Solution(
            sites: chosen, value: value(of: chosen),
            upperBound: upperBound(count: count, for: chosen))
    }

    /// For each demand the value of the site that serves it best.
    public func coverage(of chosen: [Int]) -> [Double] {
        var coverage = [Double](repeating: 0, count: demandCount)
        for site in chosen { cover(&coverage, by: site) }
        return coverage
    }

    /// F(S).
    public func value(of chosen: [Int]) -> Double { Self.sum(coverage(of: chosen)) }

    /// True when `site` keeps its distance from all of `chosen`, itself excepted.
    public func isSpaced(_ site: Int, from chosen: [Int]) -> Bool {
        chosen.allSatisfy {
            $0 != site && sites[$0].squaredDistance(to: sites[site]) >= spacing * spacing
        }
    }

    /// What `site` adds to a coverage.
    func gain(of site: Int, over coverage: [Double]) -> Double {
        var gain = 0.0
        for service in services(of: site) where service.value > coverage[service.demand] {
            gain += service.value - coverage[service.demand]
        }
        return gain
    }

    func cover(_ coverage: inout [Double], by site: Int) {
        for service in services(of: site) {
            coverage[service.demand] = max(coverage[service.demand], service.value)
        }
    }

    /// The least of several bounds: F(T) plus the `count` largest gains over T, for T from nothing
    /// to all of `chosen`, and what all sites together are worth. Where demand is spread out the
    /// small T bound best, where it is gathered the large ones.
    func upperBound(count: Int, for chosen: [Int]) -> Double {
        var bound = value(of: Array(sites.indices))
        for part in 0...Self.boundParts {
            let some = chosen.prefix(chosen.count * part / Self.boundParts)
            let coverage = coverage(of: Array(some))
            let gains = sites.indices.map { gain(of: $0, over: coverage) }.sorted(by: >)
            bound = min(bound, Self.sum(coverage) + Self.sum(gains.prefix(count)))
        }
        return bound
    }

    private static func sum(_ values: some Sequence<Double>) -> Double { values.reduce(0, +) }
}
