import CairnBasics
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWorld
import Simulator
import Testing

/// Real servers and clients over bad links: the picture is true, and nothing in it leaps.
@Suite struct WhatPlayersSeeTests {
    private static func joined(
        _ links: LinkConditions, seed: UInt64, clients: Int = 4
    ) -> Simulation {
        var options = Simulation.Options(faults: links)
        options.clients = clients
        options.actorsAct = false
        options.hasCharacters = false
        var world = Simulation(seed: seed, options: options)
        world.run(for: .seconds(3))
        return world
    }

    private static func crowd(_ links: LinkConditions, seed: UInt64) -> Watching {
        Watching(joined(links, seed: seed), seed: seed)
    }

    private static let bad = LinkConditions(
        loss: Ratio(5, in: 100), delay: .milliseconds(25), jitter: .milliseconds(50))

    @Test(arguments: UInt64(1)...8)
    func underLossAndJitterThePictureIsTrueToFiveCentimetresAndNothingSnaps(seed: UInt64) {
        var watching = Self.crowd(Self.bad, seed: seed)
        watching.records = false
        watching.run(for: .seconds(6))
        watching.records = true
        watching.run(for: .seconds(20))
        let (p50, p95, p99) = (
            watching.percentile(0.5), watching.percentile(0.95), watching.percentile(0.99)
        )
        let own = watching.statistics(0)
        print(
            "seed \(seed): error p50 \(p50), p95 \(p95), p99 \(p99), longest step beyond walking",
            "\(watching.worstLeap), own \(watching.worstOwnLeap); delay",
            "\(own.presentationDelay.milliseconds) ms, extrapolated \(own.extrapolatedShare),",
            "returns \(own.returns), longest \(own.longestReturnMetres), ticks lost",
            "\(own.tickLossShare), corrections \(own.corrections)")
        #expect(watching.errors.count > 10_000)
        #expect(p95 <= 0.05, "p95 is \(p95) m")
        #expect(watching.worstLeap <= 0.03, "a step of \(watching.worstLeap) m more than walking")
        #expect(watching.worstOwnLeap <= 0.03, "the own avatar leapt \(watching.worstOwnLeap) m")
        for index in 0..<4 {
            let statistics = watching.statistics(index)
            #expect(statistics.snaps == 0)
            #expect(statistics.extrapolatedShare < 0.06)
            #expect(abs(statistics.tickLossShare - 0.05) < 0.06)
            #expect(statistics.presentationDelay > .milliseconds(90))
            #expect(statistics.presentationDelay < .milliseconds(220))
        }
    }

    @Test func onAGoodLinkThePictureIsExactAndHardlyLate() {
        var watching = Self.crowd(LinkConditions(delay: .milliseconds(20)), seed: 3)
        watching.run(for: .seconds(15))
        #expect(watching.percentile(0.99) <= 0.01, "p99 is \(watching.percentile(0.99)) m")
        #expect(watching.worstLeap <= 0.02)
        let statistics = watching.statistics(0)
        #expect(statistics.presentationDelay < .milliseconds(70))
        #expect(statistics.corrections == 0 && statistics.extrapolatedShare < 0.001)
    }

    /// Nothing comes for half a second: what is guessed then is left without a leap.
    @Test func aBlackoutEndsWithoutALeap() {
        var watching = Self.crowd(LinkConditions(delay: .milliseconds(20)), seed: 4)
        watching.run(for: .seconds(5))
        for _ in 0..<6 {
            watching.world.setLinks(
                LinkConditions(loss: Ratio(1, in: 1), delay: .milliseconds(20)))
            watching.run(for: .milliseconds(450))
            watching.world.setLinks(LinkConditions(delay: .milliseconds(20)))
            watching.run(for: .seconds(3))
        }
        let statistics = watching.statistics(0)
        #expect(statistics.returns > 0, "nobody was guessed wrong")
        // Up to half a metre of way is made up for at twice the speed and more.
        #expect(watching.worstLeap <= 0.08, "a step of \(watching.worstLeap) m more than walking")
        #expect(statistics.snaps == 0)
    }

    /// The server slows the world to a quarter, and back.
    @Test func aWorldThatSlowsIsShownSlowly() {
        var watching = Self.crowd(
            LinkConditions(delay: .milliseconds(20), jitter: .milliseconds(10)), seed: 5)
        watching.run(for: .seconds(5))
        for stretch in [1.25, 2, 4, 4, 4, 2, 1.25, 1, 1, 1] {
            watching.world.nodes[0].tickStretch = stretch
            watching.run(for: .seconds(4))
            let statistics = watching.statistics(1)
            #expect(
                abs(statistics.timeScale - 1 / stretch) < 0.03,
                "time goes at \(statistics.timeScale) where it should at \(1 / stretch)")
        }
        let statistics = watching.statistics(1)
        #expect(watching.worstLeap <= 0.03, "a step of \(watching.worstLeap) m more than walking")
        #expect(watching.worstOwnLeap <= 0.03)
        #expect(watching.percentile(0.95) <= 0.05, "p95 is \(watching.percentile(0.95)) m")
        #expect(statistics.corrections == 0, "\(statistics.longestCorrectionMetres) m")
        #expect(statistics.presentationDelay < .milliseconds(90))
    }

    /// In a world at a quarter of its pace avatars walk a quarter of their way.
    @Test func inputsFollowTheWorldsTime() {
        var world = Self.joined(
            LinkConditions(delay: .milliseconds(20)), seed: 6, clients: 1)
        world.nodes[0].tickStretch = 4
        world.run(for: .seconds(3))
        world.actors[0].client.steer(
            velocity: Velocity(metresPerSecondX: 2, 0, 0), orientation: .identity)
        world.run(for: .seconds(1))
        let before = world.place(of: world.body(0)).metres.x
        world.run(for: .seconds(8))
        let way = world.place(of: world.body(0)).metres.x - before
        #expect(abs(way - 4) < 0.3, "\(way) m in eight slow seconds")
    }
}
