// Where should the characters be? One pure question with one answer: the same problem always
// gives the same plan, and asking changes nothing, so an operator may ask for a dry run.
//
// The order of work: demands, candidate sites, facility location (FacilityLocation.swift), the
// choice between keeping the present sites and moving, then who goes where (Assignment.swift).

public import CairnBasics
public import CairnGeometry

/// Everything a plan depends on.
public struct PlacementProblem: Sendable {
    /// A character that needs a site.
    public struct Resident: Hashable, Sendable {
        public var persona: Int
        /// Nil for a character that is still to be created.
        public var npc: EntityID?
        /// Where it would start walking; nil with `npc`.
        public var position: Position?

        public init(persona: Int, npc: EntityID? = nil, position: Position? = nil) {
            self.persona = persona
            self.npc = npc
            self.position = position
        }
    }

    /// Most candidate sites: 16 M pairs with all demands, some 50 ms of a worker's time at worst.
    public static let maximumSites = 4096
    /// Most characters in one plan; the assignment costs the cube of this.
    public static let maximumResidents = 256
    /// Most reasons that a placement names.
    public static let maximumReasons = 3

    let terrain: Terrain
    let crowd: Crowd
    let residents: [Resident]
    let incumbents: [Position]
    let tick: Tick

    /// - Parameters:
    ///   - residents: who needs a site; those past `maximumResidents` stay unplaced.
    ///   - incumbents: the sites in force, which stay unless leaving them is clearly better.
    public init(
        view: AgentsView, residents: [Resident], incumbents: [Position] = [],
        rules: AgentRules = AgentRules()
    ) {
        let terrain = Terrain(
            bounds: view.bounds, zones: view.zones, anchors: view.anchors, rules: rules)
        self.init(
            terrain: terrain, crowd: Crowd(view), residents: residents, incumbents: incumbents,
            tick: view.tick)
    }

    init(
        terrain: Terrain, crowd: Crowd, residents: [Resident], incumbents: [Position], tick: Tick
    ) {
        self.terrain = terrain
        self.crowd = crowd
        self.residents = residents
        self.incumbents = incumbents
        self.tick = tick
    }

    /// The plan.
    public func solve() -> PlacementPlan {
        let placed = Array(residents.prefix(Self.maximumResidents))
        let candidates = CandidateSites(terrain: terrain, crowd: crowd)
        let demands = Demand.points(of: crowd, on: terrain)
        let kept = incumbents.map(PlanarVector.init).filter(candidates.isAllowed)
        let sites = kept + candidates.near(demands, atMost: Self.maximumSites)
        let location = location(of: sites, for: demands)
        let (solution, keepsIncumbents) = choose(
            location, count: placed.count, incumbents: kept.count)
        return PlacementPlan(
            placements: placements(of: placed, solution, location, demands),
            value: solution.value, upperBound: solution.upperBound,
            keepsIncumbents: keepsIncumbents, unplaced: residents.count - solution.sites.count,
            tick: tick)
    }

    private func location(of sites: [PlanarVector], for demands: [Demand]) -> FacilityLocation {
        let reach = terrain.rules.reach
        let rows = sites.map { site in
            demands.indices.compactMap { demand -> FacilityLocation.Service? in
                let squared = demands[demand].point.squaredDistance(to: site)
                guard squared < reach * reach else { return nil }
                let value = demands[demand].weight * terrain.rules.utility(squared.squareRoot())
                return FacilityLocation.Service(demand: demand, value: value)
            }
        }
        return FacilityLocation(
            sites: sites, demandCount: demands.count, spacing: terrain.rules.spacing, rows: rows)
    }

    /// The present sites, filled up, unless a fresh choice is better by the hysteresis.
    private func choose(
        _ location: FacilityLocation, count: Int, incumbents: Int
    ) -> (FacilityLocation.Solution, keepsIncumbents: Bool) {
        let fresh = location.solve(count: count)
        var fixed: [Int] = []
        for site in 0..<incumbents where fixed.count < count {
            if location.isSpaced(site, from: fixed) { fixed.append(site) }
        }
        guard !fixed.isEmpty else { return (fresh, false) }
        let kept = location.solve(count: count, fixed: fixed, mayMove: false)
        return fresh.value > kept.value * terrain.rules.hysteresis ? (fresh, false) : (kept, true)
    }

    /// Sends residents to the chosen sites so that the sum of squared ways is least. Newcomers
    /// have no way and come last where sites are short.
    private func placements(
        of residents: [Resident], _ solution: FacilityLocation.Solution,
        _ location: FacilityLocation, _ demands: [Demand]
    ) -> [Placement] {
        let sites = solution.sites
        let starts = residents.map { $0.position.map(PlanarVector.init) }
        var longest = 0.0
        for start in starts.compactMap({ $0 }) {
            for site in sites {
                longest = max(longest, location.sites[site].squaredDistance(to: start))
            }
        }
        let residentOfSite = Assignment.solve(rows: sites.count, columns: residents.count) {
            starts[$1]?.squaredDistance(to: location.sites[sites[$0]]) ?? longest + 1
        }
        let reasons = reasons(of: solution, location, demands)
        var placements = sites.indices.map { index in
            placement(
                of: residents[residentOfSite[index]], at: location.sites[sites[index]],
                reasons: reasons[index])
        }
        placements.sort {
            ($0.persona, $0.npc ?? .none) < ($1.persona, $1.npc ?? .none)
        }
        return placements
    }

    private func placement(
        of resident: Resident, at site: PlanarVector, reasons: [PlacementReason]
    ) -> Placement {
        let anchor = terrain.anchor(near: site)
        let start = resident.position.map(PlanarVector.init)
        return Placement(
            persona: resident.persona, npc: resident.npc,
            site: site.position(height: terrain.height),
            validFor: anchor == nil ? .vr : [.vr, .ar], anchor: anchor?.index,
            slackMetres: terrain.slack(at: site), travelMetres: start?.distance(to: site) ?? 0,
            reasons: reasons)
    }

    /// For each chosen site the demands that nobody serves better.
    private func reasons(
        of solution: FacilityLocation.Solution, _ location: FacilityLocation, _ demands: [Demand]
    ) -> [[PlacementReason]] {
        let coverage = location.coverage(of: solution.sites)
        return solution.sites.map { site in
            let best = location.services(of: site).filter { $0.value == coverage[$0.demand] }
            let ordered = best.sorted { ($1.value, $0.demand) < ($0.value, $1.demand) }
            return ordered.prefix(Self.maximumReasons).map { service in
                let demand = demands[service.demand]
                return PlacementReason(
                    demand: demand, value: service.value,
                    distanceMetres: demand.point.distance(to: location.sites[site]))
            }
        }
    }
}

extension AgentRules {
    /// What a character `distance` metres away is worth, 0...1: everything up to the comfortable
    /// distance, then falling smoothly to nothing at the end of its reach (biweight kernel).
    func utility(_ distance: Double) -> Double {
        let beyond = max(0, distance - comfort) / (reach - comfort)
        guard beyond < 1 else { return 0 }
        let part = 1 - beyond * beyond
        return part * part
    }
}
