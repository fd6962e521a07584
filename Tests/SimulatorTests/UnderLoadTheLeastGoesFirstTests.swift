import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWire
import CairnWorld
import Simulator
import Testing

/// A server with too much to do, as its clients meet it: whole clients on a network of 5 ms, a ladder
/// that is told of loads.
@Suite struct UnderLoadTheLeastGoesFirstTests {
    private func home(_ roles: [ClientRole], freshEntities: Int = 64) -> Homeland {
        var home = Homeland(freshEntities: freshEntities)
        for role in roles { home.addPerson(role: role) }
        home.run(for: .seconds(1))
        return home
    }

    /// How many ticks each person hears of in ten seconds.
    private func ticksHeard(_ home: inout Homeland) -> [Int] {
        let before = home.people.map { $0.client.statistics.ticks }
        home.run(for: .seconds(10))
        return zip(home.people, before).map { Int($0.client.statistics.ticks - $1) }
    }

    private func walk(_ person: Person, x: Int16, y: Int16 = 0) {
        person.client.steer(velocity: Velocity(x: x, y: y, z: 0), orientation: .identity)
    }

    private func place(_ home: borrowing Homeland, of person: Int) -> Position {
        home.server.motion(of: home.people[person].client.entity)?.position ?? .origin
    }

    private func metres(_ from: Position, _ to: Position) -> Double {
        Double(from.squaredDistance(to: to)).squareRoot() / Double(Position.unitsPerMetre)
    }

    private func isWithin(_ count: Int, _ wanted: Int) -> Bool { abs(count - wanted) <= 3 }

    @Test func whoOnlyWatchesIsToldLessFirst() {
        var home = home([.player, .spectator])
        walk(home.people[0], x: 100)
        home.overload(to: .spectators)
        let heard = ticksHeard(&home)
        let rung = home.server.overload.rung
        #expect(rung == .spectators)
        #expect(isWithin(heard[0], 200) && isWithin(heard[1], 67), "\(heard)")
    }

    @Test func thenEverybodyIsToldLess() {
        var home = home([.player, .player, .spectator])
        walk(home.people[0], x: 50)
        walk(home.people[1], x: -50)
        home.overload(to: .rates)
        let half = ticksHeard(&home)
        #expect(isWithin(half[0], 100) && isWithin(half[1], 100), "\(half)")
        #expect(isWithin(half[2], 40), "\(half)")
        home.overload(to: .lowRates)
        let fifth = ticksHeard(&home)
        #expect(isWithin(fifth[0], 40) && isWithin(fifth[2], 29), "\(fifth)")
        let withheld = home.server.counters.statesWithheld
        #expect(withheld > 500)
        for person in home.people {
            let statistics = person.client.statistics
            #expect(statistics.divergences == 0 && statistics.decodeErrors == 0)
        }
    }

    /// Two stand together and one walks at a distance: with one body to be fresh, that one is far.
    @Test func whatIsFarIsLeftOutAndWhatIsNearIsNot() {
        var home = home([.player, .player, .player], freshEntities: 1)
        walk(home.people[2], x: 1_280)
        home.run(for: .seconds(4))
        walk(home.people[2], x: 0, y: 256)
        walk(home.people[1], x: 0, y: 100)
        home.run(for: .milliseconds(500))
        let (near, far) = (home.people[1].client.entity, home.people[2].client.entity)
        func error(_ home: borrowing Homeland, _ id: EntityID) -> Double {
            guard let seen = home.people[0].client.newestMotion(of: id),
                let real = home.server.motion(of: id)
            else { return .infinity }
            return metres(seen.position, real.position)
        }
        home.overload(to: .farLevels)
        home.run(for: .seconds(3))
        let (nearError, farError) = (error(home, near), error(home, far))
        #expect(nearError < 0.5 && farError > 2, "\(nearError) \(farError)")
        home.neededPerTick = .zero
        home.run(for: .seconds(12))
        let rung = home.server.overload.rung
        let again = error(home, far)
        #expect(rung == .none && again < 1.5, "\(again)")
    }

    /// What somebody changes far away is told though nobody's walking there is.
    @Test func whatIsChangedFarAwayArrivesAllTheSame() {
        var home = home([.player, .player, .player], freshEntities: 1)
        for person in home.people.prefix(2) { walk(person, x: 1_280) }
        home.run(for: .seconds(4))
        for person in home.people.prefix(2) { walk(person, x: 0) }
        for rung in [OverloadRung.farLevels, .rates, .lowRates] {
            home.overload(to: rung)
            let colour = Int64(rung.rawValue)
            home.people[2].client.submit(.set(home.kiosk, Homeland.colour, .integer(colour)))
            home.run(for: .seconds(6))
            let now = home.server.overload.rung
            let seen = home.people[0].client.field(Homeland.colour, of: home.kiosk)?.latest?.value
            #expect(now == rung && seen == .integer(colour), "\(rung)")
        }
    }

    @Test func thenNobodyNewComesInAndIsToldWhy() {
        var home = home([.player])
        home.overload(to: .admission)
        home.addPerson()
        home.run(for: .seconds(1))
        let (ended, isThere) = (home.people[1].client.ended, home.people[0].client.isPresent)
        let refused = home.server.transportCounters.joinsRefusedByLoad
        #expect(ended?.code == .refused && isThere && refused == 1)
        #expect(ended?.text.contains("overloaded") == true)
        home.neededPerTick = .zero
        home.run(for: .seconds(5))
        home.addPerson()
        home.run(for: .seconds(1))
        let isIn = home.people[2].client.isPresent
        #expect(isIn)
    }

    @Test func theWorldSlowsAndNobodysStepsAreRefusedForIt() {
        var home = home([.player, .player])
        walk(home.people[0], x: 0, y: 256)
        home.run(for: .seconds(2))
        home.neededPerTick = .milliseconds(190)
        home.run(for: .seconds(20))
        let share = home.server.overload.timePercent
        #expect(share == 25)
        home.people[0].client.steer(
            velocity: Velocity(x: 0, y: -256, z: 0), orientation: .identity)
        let (from, ticks) = (place(home, of: 0), home.server.counters.ticks)
        home.run(for: .seconds(10))
        let way = metres(from, place(home, of: 0))
        let scale = home.people[0].client.statistics.timeScale
        #expect(isWithin(Int(home.server.counters.ticks - ticks), 50))
        #expect(way > 2.2 && way < 2.8, "a quarter of ten metres, not \(way)")
        #expect(scale > 0.24 && scale < 0.27, "\(scale)")

        home.neededPerTick = .milliseconds(1)
        home.run(for: .seconds(50))
        let rung = home.server.overload.rung
        walk(home.people[0], x: 0, y: 256)
        home.run(for: .seconds(2))
        let start = place(home, of: 0)
        home.run(for: .seconds(10))
        let full = metres(start, place(home, of: 0))
        let refused = home.server.counters.motionsRefused
        let jump = home.people[0].client.statistics.longestCorrectionMetres
        #expect(rung == .none && full > 9.8 && full < 10.2, "\(rung) \(full)")
        #expect(refused == 0 && jump < 0.3, "\(refused) \(jump)")
    }

    @Test func whatPeopleDoIsAnsweredAndKeptOnTheLastRung() {
        var home = home([.player, .player])
        home.neededPerTick = .milliseconds(400)
        home.run(for: .seconds(20))
        let share = home.server.overload.timePercent
        #expect(share == 25)
        let person = home.people[0]
        var longest = TimeSpan.zero
        for number in 1...20 {
            person.client.submit(.add(home.kiosk, Homeland.count, 1))
            let asked = home.now
            while person.client.outbox.count > 0, home.now - asked < .seconds(5) {
                home.run(for: .milliseconds(5))
            }
            longest = max(longest, home.now - asked)
            let counted = home.state(Homeland.count, of: home.kiosk)?.counter?.value
            #expect(counted == Int64(number))
        }
        // The input's tick, the next for the disk's word, and the ways; a tick is 200 ms now.
        #expect(longest < .milliseconds(450), "\(longest)")
        let before = home.now
        while home.people[1].client.number(Homeland.count, of: home.kiosk) != 20,
            home.now - before < .seconds(5)
        {
            home.run(for: .milliseconds(5))
        }
        let told = home.now - before
        #expect(told < .seconds(1), "\(told)")
        #expect(person.refusals.isEmpty)
        home.crash()
        let kept = home.state(Homeland.count, of: home.kiosk)?.counter?.value
        #expect(kept == 20)
    }

    @Test func whoWalksOnRealGroundIsHeldToTheWallsTime() {
        var home = home([.device])
        home.neededPerTick = .milliseconds(400)
        home.run(for: .seconds(20))
        var wanted = place(home, of: 0)
        for _ in 0..<100 {
            // Five metres a second, of six that its kind may.
            wanted.x += Position.unitsPerMetre / 4
            home.people[0].client.claim(Motion(position: wanted))
            home.run(for: .milliseconds(50))
        }
        home.run(for: .seconds(1))
        let (left, refused) = (
            metres(wanted, place(home, of: 0)), home.server.counters.motionsRefused
        )
        #expect(left < 0.01 && refused == 0, "\(left) \(refused)")
    }

    @Test func everyStepIsALineOnceUpAndOnceDown() {
        var home = home([.player])
        home.neededPerTick = .milliseconds(190)
        home.run(for: .seconds(20))
        home.neededPerTick = .zero
        home.run(for: .seconds(60))
        let steps = home.overloadSteps
        let up = steps.filter(\.isClimb)
        let down = steps.filter { !$0.isClimb }
        #expect(Array(steps.prefix(up.count)) == up, "first all the way up, then down")
        #expect(up.map(\.to).prefix(6) == OverloadRung.allCases[1...])
        #expect(down.last?.to == OverloadRung.none && down.last?.timeShare == 256)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.to == $1.from })
        #expect(Set(steps.map(\.what)).count == steps.count, "no two lines say the same")
        let (climbs, descents) = (home.server.overload.climbs, home.server.overload.descents)
        #expect(UInt64(up.count) == climbs && UInt64(down.count) == descents)
    }
}
