import CairnBasics
import CairnClient
import CairnTransport
import CairnWire
import CairnWorld
import Simulator
import Testing

/// Processes that stand still for a while and go on as if nothing had been.
@Suite struct SleepersTests {
    private func home(people: Int = 2) -> Homeland {
        var home = Homeland(idleTimeout: .seconds(60))
        for _ in 0..<people { home.addPerson() }
        home.run(for: .seconds(1))
        return home
    }

    private func endings(_ person: Person) -> [CloseReason] {
        person.events.compactMap { if case .ended(let reason) = $0 { reason } else { nil } }
    }

    @Test func whoSleptForThirtySecondsHasTheSameBodyAndItsEditsOnce() {
        var home = home()
        let sleeper = home.people[0]
        let body = sleeper.client.entity
        sleeper.client.submit(.add(home.kiosk, Homeland.count, 5))
        home.run(for: .milliseconds(7))
        sleeper.sleeps = true
        home.people[1].client.submit(.set(home.kiosk, Homeland.colour, .integer(7)))
        home.run(for: .seconds(30))
        #expect(home.server.motion(of: body) != nil, "it stands where it stood")
        sleeper.client.submit(.add(home.kiosk, Homeland.count, 1))
        sleeper.sleeps = false
        home.run(for: .milliseconds(600))
        #expect(endings(sleeper).isEmpty && sleeper.client.entity == body)
        let joins = home.server.counters.joins
        #expect(joins == 2)
        home.run(for: .seconds(2))
        #expect(home.state(Homeland.count, of: home.kiosk)?.counter?.value == 6)
        #expect(
            sleeper.client.field(Homeland.colour, of: home.kiosk)?.latest?.value == .integer(7))
        #expect(sleeper.client.outbox.count == 0)
        #expect(sleeper.client.statistics.divergences == 0)
    }

    @Test func aServerThatDiedIsNoticedInFourSecondsAndTheJoinBesideTakesOver() {
        var home = home(people: 1)
        let person = home.people[0]
        home.crash()
        home.run(for: .milliseconds(3_500))
        #expect(!person.client.isUnanswered(now: home.now))
        home.run(for: .seconds(1))
        #expect(person.client.isUnanswered(now: home.now) && person.client.ended == nil)
        person.client.submit(.add(home.kiosk, Homeland.count, 3))
        home.joinBeside(0)
        home.run(for: .seconds(2))
        #expect(person.client.isPresent && endings(person).map(\.code) == [.idle])
        #expect(!person.client.isJoiningBeside)
        #expect(home.state(Homeland.count, of: home.kiosk)?.counter?.value == 3)
    }

    @Test func aServerThatWasOnlyOutOfReachFindsTheSessionAsItWas() {
        var home = home(people: 1)
        let person = home.people[0]
        let body = person.client.entity
        person.sends = false
        person.receives = false
        home.run(for: .seconds(20))
        #expect(person.client.isUnanswered(now: home.now))
        home.joinBeside(0)
        home.run(for: .milliseconds(50))
        // The network is back between two hellos; the old connection asks first.
        person.sends = true
        person.receives = true
        home.run(for: .seconds(2))
        #expect(person.client.isPresent && !person.client.isJoiningBeside)
        let bodies = home.server.entityCount
        #expect(bodies == 2, "the kiosk and one body")
        #expect(endings(person).isEmpty && person.client.entity == body)
    }

    /// Whole worlds with nothing else wrong than bad links and clients that sleep for half a minute.
    @Test(arguments: 0..<6) func worldsWhoseClientsSleepForHalfAMinuteGoOn(seed: Int) {
        var options = Simulation.Options(
            faults: LinkConditions(
                loss: Ratio(1, in: 20), duplication: Ratio(1, in: 20), delay: .milliseconds(30),
                jitter: .milliseconds(30)))
        options.clients = 4
        options.sleeps = 4
        options.longestSleep = .seconds(30)
        options.idleTimeout = .seconds(60)
        options.faultyTime = .seconds(40)
        options.hasCharacters = false
        var simulation = Simulation(seed: UInt64(seed), options: options)
        simulation.run()
        let problems = simulation.faults
        #expect(problems.isEmpty, "\(problems)")
        let joins = simulation.server.counters.joins
        #expect(joins == 4, "nobody joined again")
    }
}
