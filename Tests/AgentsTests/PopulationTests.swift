import CairnAgents
import CairnBasics
import CairnGeometry
import CairnWorld
import Testing

@Suite struct PopulationTests {
    private func lively(seed: UInt64) -> Stage {
        var stage = Stage(
            zones: [
                zone(.noGo, x: -6...6, y: -6...6),
                zone(.pointOfInterest, x: 15...18, y: 15...18, weight: 2),
            ],
            personas: [
                persona(), persona(.wanderer), persona(.guide, lines: ["This way.", "Look."]),
            ], seed: seed)
        stage.view.people = (0..<8).map { person($0, at: 12 + Double($0), -12) }
        return stage
    }

    @Test func everyPersonaGetsOneCharacterAtItsPlannedSite() {
        var stage = lively(seed: 1)
        let first = stage.play()
        #expect(first.spawns.map(\.persona) == [0, 1, 2])
        #expect(first.plan?.placements.map(\.site) == first.spawns.map(\.position))
        for _ in 0..<100 {
            #expect(stage.play().spawns.isEmpty)
        }
        #expect(stage.view.npcs.count == 3)
    }

    @Test func aCharacterThatNeverCameIsAskedForAgainAfterAWhile() {
        var stage = lively(seed: 1)
        var asked: [Instant] = []
        for _ in 0..<60 {
            let now = stage.view.now
            if !stage.play().spawns.isEmpty { asked.append(now) }
            stage.view.npcs = []
        }
        #expect(asked == [0, 5, 10].map { Instant.zero + .seconds($0) })
    }

    @Test func theSameSeedAndViewsGiveTheSameOutput() {
        var first = lively(seed: 42)
        var second = lively(seed: 42)
        var other = lively(seed: 43)
        var differs = false
        for _ in 0..<600 {
            second.view.people = first.view.people.reversed()
            second.view.npcs.reverse()
            let output = first.play()
            #expect(output == second.play())
            if output != other.play() { differs = true }
        }
        #expect(differs, "the seed matters")
        #expect(!first.said.isEmpty)
    }

    @Test func aCrowdThatMovesBringsANewPlanAndALoneStrollDoesNot() {
        var stage = lively(seed: 3)
        for _ in 0..<100 { _ = stage.play() }
        let before = stage.plans.count
        for index in stage.view.people.indices.dropFirst(7) {
            stage.view.people[index].position = metres(-25, 25)
        }
        for _ in 0..<100 { _ = stage.play() }
        #expect(stage.plans.count == before, "one of eight is not a change")
        for index in stage.view.people.indices {
            stage.view.people[index].position = metres(-25, 25 - Double(index))
        }
        for _ in 0..<100 { _ = stage.play() }
        #expect(stage.plans.count == before + 1)
        for _ in 0..<400 { _ = stage.play() }
        let nearest = stage.view.npcs.map {
            PlanarVector($0.motion.position).distance(to: PlanarVector(-25, 21))
        }.min()
        #expect((nearest ?? .infinity) < 8, "somebody walked over to them")
    }

    @Test func plansAreNoCloserTogetherThanTheInterval() {
        var stage = lively(seed: 4)
        var random = SeededRandom(seed: 4)
        for _ in 0..<500 {
            for index in stage.view.people.indices {
                stage.view.people[index].position = metres(
                    random.unit() * 50 - 25, random.unit() * 50 - 25)
            }
            _ = stage.play()
        }
        #expect(stage.plans.count > 3)
        for (first, second) in zip(stage.plans, stage.plans.dropFirst()) {
            #expect(second.tick.steps(since: first.tick) >= 50, "ten seconds at five a second")
        }
    }

    @Test func aNewNoGoZoneIsPlannedForAtOnce() {
        var stage = lively(seed: 5)
        for _ in 0..<10 { _ = stage.play() }
        stage.view.zones.append(zone(.noGo, x: 8...24, y: -20...(-4)))
        let plan = stage.play().plan
        #expect(plan != nil)
        for placement in plan?.placements ?? [] {
            let site = PlanarVector(placement.site)
            #expect(distance(to: stage.view.zones[2], from: site) >= 0.4)
        }
    }

    @Test func strangersAmongTheCharactersAreLeftAlone() {
        var stage = lively(seed: 6)
        stage.view.npcs = [
            NPCSighting(
                id: EntityID(raw: 5), persona: 99, motion: Motion(position: metres(20, 20)))
        ]
        for _ in 0..<20 {
            for intent in stage.play().intents {
                if case .steer(let npc, _, _, _) = intent { #expect(npc != EntityID(raw: 5)) }
            }
        }
    }

    @Test func everyCharacterGetsOneSteerAStepInOrder() {
        var stage = lively(seed: 7)
        _ = stage.play()
        for _ in 0..<50 {
            let steered = stage.play().intents.compactMap { intent -> EntityID? in
                guard case .steer(let npc, _, _, _) = intent else { return nil }
                return npc
            }
            #expect(steered == stage.view.npcs.map(\.id).sorted())
        }
    }

    @Test func anEmptyWorldAndNoPersonasAreFine() {
        var stage = Stage(personas: [])
        for _ in 0..<20 {
            let output = stage.play()
            #expect(output.intents.isEmpty && output.spawns.isEmpty)
        }
    }
}
