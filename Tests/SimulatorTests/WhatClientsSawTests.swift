import CairnBasics
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWorld
import Simulator
import Testing

/// What a client saw when it acted, by the server's own history.
@Suite struct WhatClientsSawTests {
    private static let slow = LinkConditions(delay: .milliseconds(75))

    private static func pair(_ change: (inout Simulation.Options) -> Void = { _ in }) -> Simulation
    {
        Simulation.gathered(3) {
            $0.faults = slow
            $0.hasCharacters = false
            change(&$0)
        }
    }

    /// Actor 2 walks about; actor 0 looks on.
    @Test(arguments: UInt64(1)...6)
    func theServerKnowsToACentimetreWhatAClientSawOverA150MillisecondRoundTrip(seed: UInt64) {
        var world = Self.pair()
        world.run(for: .seconds(2))
        var stroller = Stroller(seed: seed)
        var acts: [(moment: PresentedMoment, shown: Position, arrives: Instant)] = []
        var (asked, worst, moved) = (0, 0.0, 0.0)
        for _ in 0..<12_000 {
            world.run(for: .milliseconds(1))
            let body = world.body(2)
            let wish = stroller.wish(from: world.place(of: body), now: world.now)
            world.actors[2].client.steer(velocity: wish, orientation: .identity)
            if let moment = world.actors[0].client.presentedMoment(now: world.now),
                let shown = world.actors[0].client.motion(of: body, now: world.now),
                let seen = PresentedMoment(origin: moment.origin, ticks: moment.ticks)
            {
                acts.append((seen, shown.position, world.now + .milliseconds(75)))
            }
            while let act = acts.first, act.arrives <= world.now {
                acts.removeFirst()
                let place = world.saw(body, at: act.moment)
                asked += 1
                worst = max(worst, metres(place, act.shown))
                moved = max(moved, metres(world.place(of: body), act.shown))
            }
        }
        #expect(asked > 10_000)
        #expect(worst <= 0.01, "off by \(worst) m")
        #expect(moved > 0.2, "and it had gone on by \(moved) m at most, so nothing was shown")
    }

    /// The receiver runs away at 6 m/s while a gift is on its way.
    private func gift(_ change: (inout Simulation.Options) -> Void) -> Answer {
        var world = Self.pair(change)
        let thing = world.make(0)
        world.run(for: .milliseconds(500))
        #expect(world.ask(0, .pickUp(thing)).isAccepted || world.holder(of: thing) != nil)
        world.run(for: .seconds(1))
        let (giver, runner) = (world.body(0), world.body(2))
        let away: Double = world.place(of: runner).x >= world.place(of: giver).x ? 6 : -6
        world.actors[2].client.steer(
            velocity: Velocity(metresPerSecondX: away, 0, 0), orientation: .identity)
        world.actors[0].events.removeAll()
        for _ in 0..<2_000 {
            world.run(for: .milliseconds(1))
            guard let shown = world.actors[0].client.motion(of: runner, now: world.now),
                let own = world.actors[0].client.motion(of: giver, now: world.now)
            else { continue }
            guard metres(shown.position, own.position) > 2.8 else { continue }
            let number = world.actors[0].client.submit(.give(thing, to: runner), now: world.now)
            world.run(for: .milliseconds(600))
            return world.answer(to: number, of: 0)
        }
        return .silence
    }

    @Test func whatIsInReachOnTheScreenIsInReach() {
        #expect(gift { _ in }.isAccepted)
        // The same without a history: the runner is gone by the time that the gift arrives.
        #expect(gift { $0.rewindLimit = .zero }.refusal?.rule == .reach)
    }

    @Test func nobodySeesTheFutureNorFurtherBackThanTheLimit() {
        var world = Self.pair()
        world.actors[2].client.steer(
            velocity: Velocity(metresPerSecondX: 4, 0, 0), orientation: .identity)
        world.run(for: .seconds(2))
        let body = world.body(2)
        let now = world.server.tick
        let latest = world.saw(body, at: PresentedMoment(tick: now))
        for steps in [UInt32(1), 50, 1 << 30] {
            let future = PresentedMoment(tick: now + steps, part: 77)
            let place = world.saw(body, at: future)
            #expect(place == latest)
        }
        // Five ticks before the newest that was told.
        let limit = PresentedMoment(tick: Tick(now.number - 6))
        let earliest = world.saw(body, at: limit)
        #expect(abs(metres(earliest, latest) - 1) < 0.01, "\(metres(earliest, latest)) m of 4 m/s")
        for steps in [UInt32(7), 20, 1 << 30] {
            let past = PresentedMoment(tick: Tick(now.number &- steps), part: 200)
            let place = world.saw(body, at: past)
            #expect(place == earliest)
        }
    }

    @Test func spheresAndRaysMeetWhoWasThere() {
        var world = Self.pair()
        let (body, onlooker) = (world.body(2), world.body(0))
        let start = world.place(of: body)
        world.actors[2].client.steer(
            velocity: Velocity(metresPerSecondX: 5, 0, 0), orientation: .identity)
        world.run(for: .seconds(2))
        let now = world.server.tick
        let then = PresentedMoment(tick: Tick(now.number - 5), part: 128)
        let place = world.saw(body, at: then)
        #expect(metres(place, world.place(of: body)) > 0.8)
        let near = world.server.entities(within: 300, of: place, seenAt: then)
        #expect(near.first?.id == body && near.first?.distance == 0)
        let late = world.server.entities(within: 300, of: world.place(of: body), seenAt: then)
        #expect(!late.contains { $0.id == body })
        let ray = (
            start: Position(x: place.x, y: place.y - 9_000, z: place.z),
            end: Position(x: place.x, y: place.y + 9_000, z: place.z)
        )
        let hits = world.server.entities(along: ray, radius: 400, seenAt: then)
        #expect(hits.contains { $0.id == body && abs($0.distance - 9_000) < 2 })
        let beside = (
            start: Position(x: place.x + 600, y: place.y - 9_000, z: place.z),
            end: Position(x: place.x + 600, y: place.y + 9_000, z: place.z)
        )
        let missed = world.server.entities(along: beside, radius: 400, seenAt: then)
        #expect(!missed.contains { $0.id == body })
        // From where all began, along the way: the onlookers first, then the runner.
        let along = (start: start, end: Position(x: start.x + 20_000, y: start.y, z: start.z))
        let row = world.server.entities(along: along, radius: 2_000, seenAt: then).map(\.id)
        let order = (row.firstIndex(of: onlooker), row.firstIndex(of: body))
        if let first = order.0, let second = order.1 { #expect(first < second) }
        #expect(order.1 != nil)
    }
}

extension Simulation {
    /// The world's end where there is no answer, so that nothing fits it.
    fileprivate func saw(_ body: EntityID, at moment: PresentedMoment) -> Position {
        let nowhere = Position(x: .min, y: .min, z: .min)
        return server.place(of: body, seenAt: moment) ?? nowhere
    }
}
