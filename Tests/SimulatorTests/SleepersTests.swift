import CairnBasics
import CairnCRDT
import CairnClient
import CairnServer
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
        let place = home.server.motion(of: body)
        #expect(place != nil, "it stands where it stood")
        sleeper.client.submit(.add(home.kiosk, Homeland.count, 1))
        sleeper.sleeps = false
        home.run(for: .milliseconds(600))
        let sameBody = sleeper.client.entity == body
        #expect(endings(sleeper).isEmpty && sameBody)
        let joins = home.server.counters.joins
        #expect(joins == 2)
        home.run(for: .seconds(2))
        let counted = home.state(Homeland.count, of: home.kiosk)?.counter?.value
        let colour = sleeper.client.field(Homeland.colour, of: home.kiosk)?.latest?.value
        let (open, divergences) = (
            sleeper.client.outbox.count, sleeper.client.statistics.divergences
        )
        #expect(counted == 6 && colour == .integer(7))
        #expect(open == 0 && divergences == 0)
    }

    @Test func aServerThatDiedIsNoticedInFourSecondsAndTheJoinBesideTakesOver() {
        var home = home(people: 1)
        let person = home.people[0]
        home.crash()
        home.run(for: .milliseconds(3_500))
        let early = person.client.isUnanswered(now: home.now)
        home.run(for: .seconds(1))
        let late = person.client.isUnanswered(now: home.now)
        let isOver = person.client.ended != nil
        #expect(!early && late && !isOver)
        person.client.submit(.add(home.kiosk, Homeland.count, 3))
        home.joinBeside(0)
        home.run(for: .seconds(2))
        let (isPresent, isJoining) = (person.client.isPresent, person.client.isJoiningBeside)
        #expect(isPresent && !isJoining && endings(person).map(\.code) == [.idle])
        let counted = home.state(Homeland.count, of: home.kiosk)?.counter?.value
        #expect(counted == 3)
    }

    @Test func aServerThatWasOnlyOutOfReachFindsTheSessionAsItWas() {
        var home = home(people: 1)
        let person = home.people[0]
        let body = person.client.entity
        person.sends = false
        person.receives = false
        home.run(for: .seconds(20))
        let isUnanswered = person.client.isUnanswered(now: home.now)
        #expect(isUnanswered)
        home.joinBeside(0)
        home.run(for: .milliseconds(50))
        // The network is back between two hellos; the old connection asks first.
        person.sends = true
        person.receives = true
        home.run(for: .seconds(2))
        let (isPresent, isJoining) = (person.client.isPresent, person.client.isJoiningBeside)
        #expect(isPresent && !isJoining)
        let bodies = home.server.entityCount
        #expect(bodies == 2, "the kiosk and one body")
        let sameBody = person.client.entity == body
        #expect(endings(person).isEmpty && sameBody)
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
