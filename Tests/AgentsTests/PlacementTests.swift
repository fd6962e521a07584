import CairnAgents
import CairnBasics
import CairnGeometry
import CairnWorld
import Testing

@Suite struct PlacementTests {
    private func view(
        _ people: [PersonSighting] = [], zones: [ZoneDescription] = [], anchors: [AnchorFix] = [],
        side: Int32 = 60
    ) -> AgentsView {
        AgentsView(
            tick: Tick(7), now: .zero, bounds: square(side), zones: zones, anchors: anchors,
            people: people)
    }

    private func newcomers(_ count: Int) -> [PlacementProblem.Resident] {
        (0..<count).map { PlacementProblem.Resident(persona: $0) }
    }

    private func randomPeople(_ count: UInt32, _ random: inout SeededRandom) -> [PersonSighting] {
        (0..<count).map {
            person($0, at: random.unit() * 60 - 30, random.unit() * 60 - 30)
        }
    }

    /// The nearest anchor's sigma is what an onlooker's device may be off by.
    @Test(arguments: 0..<25)
    func noSiteIsEverInANoGoZoneGrownByTheAnchorsUncertainty(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let people = randomPeople(40, &random)
        let zones = (0..<4).map { _ in
            let centre = PlanarVector(random.unit() * 50 - 25, random.unit() * 50 - 25)
            return star(.noGo, at: centre, radius: 3 + random.unit() * 8)
        }
        let anchors = (0..<3).map { _ in
            AnchorFix(
                position: metres(random.unit() * 60 - 30, random.unit() * 60 - 30),
                sigmaMetres: random.unit() * 0.9)
        }
        let plan = PlacementProblem(
            view: view(people, zones: zones, anchors: anchors), residents: newcomers(8)
        ).solve()
        #expect(!plan.placements.isEmpty)
        for placement in plan.placements {
            let site = PlanarVector(placement.site)
            let nearest = anchors.min {
                PlanarVector($0.position).distance(to: site)
                    < PlanarVector($1.position).distance(to: site)
            }
            let isNear = nearest.map { PlanarVector($0.position).distance(to: site) <= 40 } ?? false
            let margin = 0.4 + 3.72 * (isNear ? nearest?.sigmaMetres ?? 0 : 0)
            let slack = zones.map { distance(to: $0, from: site) }.min() ?? 0
            #expect(slack >= margin - 1e-6)
            #expect(abs(placement.slackMetres - (slack - margin)) < 1e-3)
        }
    }

    @Test(arguments: 0..<10)
    func sitesKeepTheirSpacingAndStayOnWalkableGround(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let ground = [
            zone(.walkable, x: -28...(-4), y: -20...20), zone(.walkable, x: 4...28, y: -10...25),
        ]
        let plan = PlacementProblem(
            view: view(randomPeople(60, &random), zones: ground), residents: newcomers(12)
        ).solve()
        #expect(plan.placements.count == 12)
        for placement in plan.placements {
            #expect(ground.contains { $0.contains(placement.site) })
            for other in plan.placements where other != placement {
                let gap = PlanarVector(placement.site).distance(to: PlanarVector(other.site))
                #expect(gap >= 6)
            }
        }
    }

    @Test func aCharacterGoesWhereThePeopleAre() {
        let people = (0..<10).map { person($0, at: 20, 15 + Double($0) / 4) }
        let plan = PlacementProblem(view: view(people), residents: newcomers(1)).solve()
        let site = PlanarVector(plan.placements[0].site)
        #expect(site.distance(to: PlanarVector(20, 16)) < 5)
        guard case .people(let count) = plan.placements[0].reasons.first?.demand.kind else {
            Issue.record("the first reason should be the people")
            return
        }
        #expect(count >= 4)
        #expect(plan.guaranteedRatio > 0.9)
        #expect(plan.guaranteedRatio <= 1)
    }

    @Test func aDangerousCrowdGetsNoAttractionInItsMidst() {
        // 120 people within three metres of the middle: four to the square metre.
        var random = SeededRandom(seed: 5)
        let people = (0..<UInt32(120)).map { number -> PersonSighting in
            let angle = random.unit() * 2 * .pi
            let radius = 3 * random.unit().squareRoot()
            return person(number, at: radius * cosine(angle), radius * sine(angle))
        }
        let plan = PlacementProblem(view: view(people), residents: newcomers(4)).solve()
        #expect(plan.placements.count == 4)
        for placement in plan.placements {
            let site = PlanarVector(placement.site)
            let near = people.filter { PlanarVector($0.position).distance(to: site) <= 3 }
            #expect(Double(near.count + 1) <= Double.pi * 9)
        }
    }

    @Test func onlyNearAGoodAnchorIsACharacterValidInTheRealPlace() {
        let anchors = [
            AnchorFix(position: metres(-50, -50), sigmaMetres: 0.05),
            AnchorFix(position: metres(50, 50), sigmaMetres: 5),
        ]
        let people = [person(1, at: -50, -45), person(2, at: 50, 45)]
        let plan = PlacementProblem(
            view: view(people, anchors: anchors, side: 120), residents: newcomers(2)
        ).solve()
        #expect(plan.placements.count == 2)
        for placement in plan.placements {
            let isWest = placement.site.x < 0
            #expect(placement.validFor == (isWest ? [.vr, .ar] : [.vr]))
            #expect(placement.anchor == (isWest ? 0 : nil))
        }
    }

    @Test func theSameProblemHasTheSamePlanWhateverTheOrderOfPeople() {
        var random = SeededRandom(seed: 11)
        let people = randomPeople(50, &random)
        let zones = [
            zone(.noGo, x: -5...5, y: -5...5), zone(.pointOfInterest, x: 9...12, y: 9...12),
        ]
        let first = PlacementProblem(view: view(people, zones: zones), residents: newcomers(6))
        let second = PlacementProblem(
            view: view(people.reversed(), zones: zones), residents: newcomers(6))
        #expect(first.solve() == second.solve())
    }

    @Test func incumbentsStayUnlessMovingGainsMoreThanFivePercent() {
        let people = (0..<8).map { person($0, at: 10 + Double($0 % 3), 10) }
        let crowded = view(people)
        let best = PlacementProblem(view: crowded, residents: newcomers(1)).solve()
        let site = PlanarVector(best.placements[0].site)
        var stayed = 0
        var left = 0
        for shift in 0..<18 {
            let incumbent = (site + PlanarVector(-Double(shift), 0)).position(height: 0)
            let kept = PlacementProblem(
                view: crowded, residents: newcomers(1), incumbents: [incumbent]
            ).solve()
            let isKept = kept.placements[0].site == incumbent
            #expect(isKept == kept.keepsIncumbents)
            #expect(kept.value * 1.05 >= best.value)
            if shift > 0 { if isKept { stayed += 1 } else { left += 1 } }
        }
        #expect(stayed > 0 && left > 0, "both sides of the threshold are tried")
    }

    @Test func anIncumbentInANewNoGoZoneLeaves() {
        let people = (0..<8).map { person($0, at: 10, 10 + Double($0)) }
        let before = PlacementProblem(view: view(people), residents: newcomers(1)).solve()
        let site = before.placements[0].site
        let (x, y) = (site.x / 1024, site.y / 1024)
        let pond = zone(.noGo, x: (x - 2)...(x + 2), y: (y - 2)...(y + 2))
        let after = PlacementProblem(
            view: view(people, zones: [pond]), residents: newcomers(1), incumbents: [site]
        ).solve()
        #expect(distance(to: pond, from: PlanarVector(after.placements[0].site)) >= 0.4)
    }

    @Test func charactersWalkAsLittleAsTheyCan() {
        let people = [person(1, at: -25, 0), person(2, at: 25, 0)]
        let residents = [
            PlacementProblem.Resident(
                persona: 0, npc: EntityID(raw: 1), position: metres(20, 3)),
            PlacementProblem.Resident(
                persona: 1, npc: EntityID(raw: 2), position: metres(-20, 3)),
        ]
        let plan = PlacementProblem(view: view(people), residents: residents).solve()
        #expect(plan.placements.map(\.persona) == [0, 1])
        #expect(plan.placements[0].site.x > 0)
        #expect(plan.placements[1].site.x < 0)
    }

    @Test func aWorldWithoutOpenGroundLeavesEverybodyUnplaced() {
        let plan = PlacementProblem(
            view: view(zones: [zone(.noGo, x: -40...40, y: -40...40)]), residents: newcomers(3)
        ).solve()
        #expect(plan.placements.isEmpty)
        #expect(plan.unplaced == 3)
        #expect(plan.guaranteedRatio == 1)
    }

    @Test func aWorldOfFourThousandKilometresIsPlannedToo() {
        let edge = Int32(1 << 30)
        var vast = view((0..<30).map { person($0, at: 900_000, 900_000 + Double($0)) })
        vast.bounds = Bounds(
            lowest: Position(x: -edge, y: -edge, z: 0), highest: Position(x: edge, y: edge, z: 0))
        let plan = PlacementProblem(view: vast, residents: newcomers(1)).solve()
        let site = PlanarVector(plan.placements[0].site)
        #expect(site.distance(to: PlanarVector(900_000, 900_010)) < 25)
    }
}
