import CairnAgents
import CairnBasics
import CairnGeometry
import CairnWorld
import Testing

@Suite struct CharactersGreetTests {
    @Test func whoComesNearIsGreetedOnceAndNotAgainWithinTheCooldown() throws {
        var stage = Stage(personas: [persona(greeting: "Good day!")])
        for _ in 0..<20 { _ = stage.play() }
        let npc = try #require(stage.view.npcs.first)
        stage.view.people = [person(1, at: 29, 29)]
        for _ in 0..<20 { _ = stage.play() }
        #expect(stage.said.isEmpty, "nobody is near yet")
        // Comes, stays a minute within two metres, leaves, and comes back.
        for step in 0..<500 {
            let isAway = (300..<350).contains(step)
            let near = PlanarVector(npc.motion.position) + PlanarVector(2, 0)
            stage.view.people[0].position =
                isAway ? metres(29, 29) : near.position(height: 0)
            _ = stage.play()
        }
        #expect(stage.said.map(\.text) == ["Good day!"])
    }

    @Test func afterTheCooldownTheGreetingIsSaidAgain() throws {
        var rules = AgentRules()
        rules.greetingCooldown = .seconds(20)
        var stage = Stage(personas: [persona()], rules: rules)
        stage.view.people = [person(1, at: 1, 1)]
        for _ in 0..<400 {
            let npc = stage.view.npcs.first.map { PlanarVector($0.motion.position) } ?? .zero
            stage.view.people[0].position = (npc + PlanarVector(2, 0)).position(height: 0)
            _ = stage.play()
        }
        #expect((3...4).contains(stage.said.count))
        for (first, second) in zip(stage.said, stage.said.dropFirst()) {
            #expect(second.time - first.time > .seconds(20))
        }
    }

    @Test func someoneWithGlassesIsGreetedOnlyWhereAnAnchorShowsTheCharacter() {
        for (sigma, expected) in [(0.05, 1), (4.0, 0)] {
            var stage = Stage(
                anchors: [AnchorFix(position: metres(0, 0), sigmaMetres: sigma)],
                personas: [persona()])
            stage.view.people = [person(1, at: 2, 2, isDevice: true)]
            for _ in 0..<100 { _ = stage.play() }
            #expect(stage.said.count == expected)
        }
    }

    @Test func nobodyInAHurryIsSpokenTo() {
        var stage = Stage(personas: [persona()])
        stage.view.people = [person(1, at: 2, 2)]
        stage.view.people[0].velocity = Velocity(metresPerSecondX: 5, 0, 0)
        for _ in 0..<100 { _ = stage.play() }
        #expect(stage.said.isEmpty)
    }

    @Test func aQuestionIsAnsweredByTheNearestCharacterOnly() throws {
        // So short a reach that each of the two people gets a character of their own.
        var rules = AgentRules()
        (rules.spacing, rules.reach, rules.comfort) = (3, 6, 0.5)
        (rules.ambientWeight, rules.greetingRadius) = (0, 8)
        let personas = (0..<2).map { _ in persona(lines: ["I sell lamps."]) }
        var stage = Stage(personas: personas, rules: rules)
        stage.view.people = [person(1, at: -3, 0), person(2, at: 3, 0)]
        for _ in 0..<150 { _ = stage.play() }
        let greetings = stage.said.count
        #expect(greetings == 4, "both hear both")
        let asker = stage.view.people[0]
        stage.view.heard = [
            HeardSpeech(
                from: asker.id, position: asker.position, text: "What do you sell?",
                tick: stage.view.tick)
        ]
        for _ in 0..<50 { _ = stage.play() }
        #expect(stage.said.dropFirst(greetings).map(\.text) == ["I sell lamps."])
    }

    @Test func charactersDoNotTalkToEachOtherForEver() {
        var rules = AgentRules()
        rules.spacing = 2
        var stage = Stage(personas: (0..<4).map { _ in persona(lines: ["Hm."]) }, rules: rules)
        for _ in 0..<200 {
            stage.view.heard = stage.view.npcs.map {
                HeardSpeech(
                    from: $0.id, position: $0.motion.position, text: "Hm.", tick: stage.view.tick)
            }
            _ = stage.play()
        }
        #expect(stage.said.isEmpty)
    }

    @Test func whatIsSaidIsCutAndClean() {
        let greeting = "\u{1b}[31m" + String(repeating: "Welcome! ", count: 60)
        var stage = Stage(personas: [persona(greeting: greeting)])
        stage.view.people = [person(1, at: 1, 1)]
        for _ in 0..<100 { _ = stage.play() }
        #expect(stage.said.count == 1)
        for line in stage.said {
            #expect(line.text.utf8.count <= 160)
            #expect(line.text.hasPrefix("[31mWelcome!"))
        }
    }
}

@Suite struct GuidesLeadPeopleTests {
    /// The fountain lies behind a wall with one gap, so that no straight way leads there.
    private let zones = [
        zone(.noGo, x: -2...2, y: -30...20),
        zone(.pointOfInterest, x: 18...22, y: -2...2),
    ]
    private let guide = persona(
        .guide, greeting: "Shall I show you the fountain?",
        lines: ["Follow me.", "Mind the wall.", "Here it is."])

    private func stage(seed: Int) -> Stage {
        var stage = Stage(zones: zones, personas: [guide], seed: UInt64(seed))
        stage.view.people = (0..<6).map { person($0, at: -20 + Double($0 % 3), -5) }
        for _ in 0..<5 { _ = stage.play() }
        stage.view.people = [person(1, at: -18, -5)]
        return stage
    }

    @Test(arguments: 0..<10)
    func whoFollowsReachesThePlaceAndHearsAboutIt(seed: Int) throws {
        var stage = stage(seed: seed)
        var reached = false
        var closest = Double.infinity
        for _ in 0..<1_000 where !reached {
            let npc = PlanarVector(try #require(stage.view.npcs.first).motion.position)
            closest = min(closest, distance(to: zones[0], from: npc))
            stage.walk(person: 0, towards: npc, speed: 1.4, stopAt: 2)
            _ = stage.play()
            reached = npc.distance(to: PlanarVector(20, 0)) < 1.5
        }
        let spoken = stage.said.count
        for _ in 0..<15 { _ = stage.play() }
        #expect(reached)
        #expect(stage.said.count > spoken, "it says something about the place")
        #expect(closest >= 0.2, "never through the wall")
        let guest = PlanarVector(stage.view.people[0].position)
        #expect(guest.distance(to: PlanarVector(20, 0)) < 6, "not without the guest")
        let firstWords = stage.said.map(\.text).drop { $0 == guide.greeting }.first
        #expect(stage.said.first?.text == guide.greeting)
        #expect(firstWords == "Follow me.")
    }

    @Test(arguments: 0..<10)
    func whoStaysBehindIsWaitedForAndThenLeft(seed: Int) throws {
        var stage = stage(seed: seed)
        let guest = PlanarVector(stage.view.people[0].position)
        var furthest = 0.0
        for _ in 0..<800 {
            _ = stage.play()
            let npc = PlanarVector(try #require(stage.view.npcs.first).motion.position)
            furthest = max(furthest, npc.distance(to: guest))
        }
        #expect(stage.said.contains { $0.text == "Follow me." })
        #expect((6...8).contains(furthest), "it sets out and waits: \(furthest) m")
        #expect(
            stage.said.contains { $0.text == "Mind the wall." },
            "it gave up, as it offers another tour after the cool-down")
    }
}

@Suite struct CharactersKeepOutTests {
    /// A square with ponds, people who stroll and a dozen characters of every kind, for a long
    /// time; wishes hold for anything up to the horizon, as if the worker were often late.
    @Test(arguments: 0..<4)
    func noWishEverLeadsIntoANoGoZone(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let zones =
            (0..<5).map { _ in
                let centre = PlanarVector(random.unit() * 44 - 22, random.unit() * 44 - 22)
                return star(.noGo, at: centre, radius: 2 + random.unit() * 6)
            } + [
                zone(.pointOfInterest, x: -25...(-22), y: 20...24),
                zone(.pointOfInterest, x: 20...24, y: -25...(-20)),
            ]
        let roles: [PersonaRole] = [.greeter, .wanderer, .guide, .wanderer]
        var stage = Stage(
            zones: zones,
            anchors: [AnchorFix(position: metres(5, 5), sigmaMetres: 0.1)],
            personas: (0..<12).map { persona(roles[$0 % 4], lines: ["Look there."]) },
            seed: UInt64(seed))
        stage.view.people = (0..<20).map {
            person($0, at: random.unit() * 56 - 28, random.unit() * 56 - 28)
        }
        var goals = stage.view.people.map { PlanarVector($0.position) }
        var nearest = Double.infinity
        var travelled = 0.0
        for _ in 0..<1_000 {
            for index in goals.indices {
                if random.below(60) == 0 {
                    goals[index] = PlanarVector(random.unit() * 56 - 28, random.unit() * 56 - 28)
                }
                stage.walk(person: index, towards: goals[index], speed: 1.2, stopAt: 0.3)
            }
            let before = stage.view.npcs
            _ = stage.play(latency: .milliseconds(100 + Int64(random.below(900))))
            for (old, new) in zip(before, stage.view.npcs) {
                let point = PlanarVector(new.motion.position)
                let way = point - PlanarVector(old.motion.position)
                travelled += way.length
                for zone in zones where zone.role == .noGo {
                    for part in [0, 0.33, 0.67] {
                        nearest = min(nearest, distance(to: zone, from: point - way * part))
                    }
                }
            }
        }
        #expect(nearest >= 0.2, "came within \(nearest) m of a pond")
        #expect(travelled > 150, "they do walk: \(travelled) m")
    }

    @Test func aCharacterCaughtInANewZoneWalksOutAndNotThroughAnother() throws {
        var stage = Stage(personas: [persona(.greeter)])
        stage.view.people = [person(1, at: 0, 0)]
        for _ in 0..<10 { _ = stage.play() }
        stage.view.people = []
        let start = try #require(stage.view.npcs.first).motion.position
        let (x, y) = (start.x / 1024, start.y / 1024)
        let flood = zone(.noGo, x: (x - 3)...(x + 4), y: (y - 3)...(y + 9))
        let other = zone(.noGo, x: (x + 6)...(x + 8), y: (y - 20)...(y + 20))
        stage.view.zones = [flood, other]
        for _ in 0..<100 {
            _ = stage.play()
            let point = PlanarVector(stage.view.npcs[0].motion.position)
            #expect(distance(to: other, from: point) >= 0.2)
        }
        let point = PlanarVector(stage.view.npcs[0].motion.position)
        #expect(distance(to: flood, from: point) >= 0.2)
    }

    /// Onlookers see it 3.3 m off west of x = 1.4 and 0.4 m off east of that, so by the margins
    /// alone a leap from here into the canal makes things better.
    @Test func whoFleesTheMarginOfOneZoneDoesNotWalkThroughAnother() {
        let lake = zone(.noGo, x: -29...(-1), y: -30...30)
        let canal = zone(.noGo, x: 2...3, y: -30...30)
        var stage = Stage(
            zones: [lake, canal],
            anchors: [
                AnchorFix(position: metres(-1, 0), sigmaMetres: 0.9),
                AnchorFix(position: metres(3.8, 0), sigmaMetres: 0.1),
            ], personas: [persona(.wanderer)])
        stage.view.npcs = [
            NPCSighting(
                id: EntityID(raw: 9), persona: 0, motion: Motion(position: metres(1.3, 0)))
        ]
        for _ in 0..<100 {
            _ = stage.play(latency: .seconds(1))
            let point = PlanarVector(stage.view.npcs[0].motion.position)
            #expect(distance(to: canal, from: point) >= 0.2)
        }
    }

    /// Bystanders stand a little off the wall that the tour follows, so that every one of them
    /// asks for a detour, and the wishes hold for up to a second. They wear glasses and no anchor
    /// is near, so that the guide has only one guest to choose from.
    @Test(arguments: 0..<8)
    func aTourGoesRoundBystandersAndNotIntoTheWall(seed: Int) throws {
        let wall = zone(.noGo, x: -25...25, y: 0...30)
        let goal = zone(.pointOfInterest, x: 22...24, y: -2...(-1))
        let home = PlanarVector(-20, -0.9)
        var random = SeededRandom(seed: UInt64(seed))
        var stage = Stage(
            zones: [wall, goal], personas: [persona(.guide, lines: ["Come."])],
            seed: UInt64(seed))
        stage.view.npcs = [
            NPCSighting(
                id: EntityID(raw: 9), persona: 0, motion: Motion(position: home.position(height: 0))
            )
        ]
        stage.view.people = (0..<8).map {
            person($0, at: Double($0) * 4 - 12, -1.2 - random.unit(), isDevice: true)
        }
        stage.view.people.insert(person(77, at: -21, -2), at: 0)
        var nearestWall = Double.infinity
        var nearestPerson = Double.infinity
        var furthest = -20.0
        for _ in 0..<400 {
            let here = PlanarVector(stage.view.npcs[0].motion.position)
            stage.walk(person: 0, towards: here, speed: 0, stopAt: 3)
            let gap = here.distance(to: PlanarVector(stage.view.people[0].position))
            if gap > 3 {
                // The guest keeps behind without getting in the way.
                stage.view.people[0].position = (here - PlanarVector(2.5, 1)).position(height: 0)
            }
            _ = stage.play(latency: .milliseconds(100 + Int64(random.below(900))))
            let point = PlanarVector(stage.view.npcs[0].motion.position)
            furthest = max(furthest, point.x)
            for part in [0, 0.25, 0.5, 0.75] {
                let passed = point + (here - point) * part
                nearestWall = min(nearestWall, distance(to: wall, from: passed))
                for other in stage.view.people.dropFirst() {
                    let gap = passed.distance(to: PlanarVector(other.position))
                    nearestPerson = min(nearestPerson, gap)
                }
            }
        }
        #expect(nearestWall >= 0.2)
        #expect(nearestPerson >= 0.85)
        #expect(furthest > 20, "it gets there: \(furthest)")
    }

    @Test func charactersAndStandingPeopleAreNotWalkedInto() {
        var rules = AgentRules()
        rules.spacing = 2
        var stage = Stage(
            sideMetres: 16, personas: (0..<6).map { _ in persona(.wanderer) }, rules: rules)
        stage.view.people = (0..<8).map {
            person($0, at: Double($0 % 4) * 3 - 5, Double($0 / 4) * 6 - 3)
        }
        var closest = Double.infinity
        for _ in 0..<1_000 {
            let before = stage.view.npcs
            _ = stage.play()
            for npc in stage.view.npcs where before.contains(where: { $0.id == npc.id }) {
                let point = PlanarVector(npc.motion.position)
                for person in stage.view.people {
                    closest = min(closest, point.distance(to: PlanarVector(person.position)))
                }
                for other in stage.view.npcs where other.id != npc.id {
                    let gap = point.distance(to: PlanarVector(other.motion.position))
                    closest = min(closest, gap)
                }
            }
        }
        #expect(closest > 0.5, "came within \(closest) m of somebody")
    }
}
