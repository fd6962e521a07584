import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWorld
import Testing

/// The own edits are in view at once, once, and gone without a trace when they are refused.
@Suite struct PredictedEditsTests {
    private func home(
        people: Int = 1, seed: UInt64 = 1, conditions: LinkConditions = slow
    ) -> Homeland {
        var home = Homeland(seed: seed, conditions: conditions)
        for _ in 0..<people { home.addPerson() }
        home.run(for: .seconds(2))
        return home
    }

    /// Slow enough that what is seen at once was not heard from the server.
    private static let slow = LinkConditions(delay: .milliseconds(100))

    private func shown(_ field: FieldID, of id: EntityID, _ home: borrowing Homeland) -> FieldState?
    {
        home.people[0].client.field(field, of: id)
    }

    @Test func everyPolicyIsShownAtOnceAsItWillBe() {
        var home = home(people: 2)
        let kiosk = home.kiosk
        home.people[1].client.submit(.add(kiosk, Homeland.count, 40))
        home.people[1].client.submit(.insert(kiosk, Homeland.tags, .text("old")))
        home.people[1].client.submit(.put(kiosk, Homeland.notes, key: "k", .text("old")))
        home.run(for: .seconds(1))
        let client = home.people[0]
        client.client.submit(.set(kiosk, Homeland.colour, .integer(3)))
        client.client.submit(.set(kiosk, Homeland.colour, .integer(4)))
        client.client.submit(.add(kiosk, Homeland.count, 2))
        client.client.submit(.insert(kiosk, Homeland.tags, .text("new")))
        client.client.submit(.remove(kiosk, Homeland.tags, .text("old")))
        client.client.submit(.put(kiosk, Homeland.notes, key: "k", .text("new")))
        func check(_ moment: String) {
            #expect(
                shown(Homeland.colour, of: kiosk, home)?.latest?.value == .integer(4), "\(moment)")
            #expect(shown(Homeland.count, of: kiosk, home)?.counter?.value == 42, "\(moment)")
            #expect(
                shown(Homeland.tags, of: kiosk, home)?.set?.elements == [.text("new")], "\(moment)")
            #expect(shown(Homeland.notes, of: kiosk, home)?.map?["k"] == .text("new"), "\(moment)")
        }
        check("at once")
        #expect(home.state(Homeland.count, of: kiosk)?.counter?.value == 40)
        home.run(for: .seconds(2))
        check("in the end")
        for field in [Homeland.colour, Homeland.count, Homeland.tags, Homeland.notes] {
            #expect(shown(field, of: kiosk, home) == home.state(field, of: kiosk))
        }
    }

    @Test func aRefusedEditRollsBackToTheServersStateAndSaysWhatWouldBeTaken() {
        var home = home(people: 2)
        let kiosk = home.kiosk
        home.people[1].client.submit(.set(kiosk, Homeland.colour, .integer(5)))
        home.run(for: .seconds(1))
        let number = home.people[0].client.submit(.set(kiosk, Homeland.colour, .integer(12)))
        #expect(shown(Homeland.colour, of: kiosk, home)?.latest?.value == .integer(12))
        home.people[0].events.removeAll()
        home.run(for: .seconds(1))
        #expect(shown(Homeland.colour, of: kiosk, home)?.latest?.value == .integer(5))
        #expect(home.people[0].refusals[number]?.rule == .range)
        #expect(home.people[0].refusals[number]?.nearest == .value(.integer(9)))
        #expect(home.people[0].events.contains(.changed(kiosk)))
    }

    @Test func whatDoesNotFitIsNotForeseenAndHarmsNobody() {
        var home = home()
        let kiosk = home.kiosk
        let client = home.people[0]
        client.client.submit(.set(kiosk, Homeland.count, .real(.nan)))
        client.client.submit(.put(kiosk, Homeland.notes, key: "k", .real(.nan)))
        client.client.submit(
            .put(kiosk, Homeland.notes, key: String(repeating: "k", count: 500), .text("v")))
        client.client.submit(.add(kiosk, FieldID(77), 1))
        client.client.submit(.add(EntityID(createdBy: 999), Homeland.count, 1))
        #expect(shown(Homeland.count, of: kiosk, home)?.counter == nil)
        home.run(for: .seconds(1))
        #expect(client.refusals.count == 5)
        #expect(client.client.outbox.count == 0)
    }

    /// Nobody else counts, so the number shown is the number of edits: at every moment, whatever the
    /// links lose, and whichever of answer and state comes first.
    @Test(arguments: UInt64(1)...30)
    func aCounterNeverFlickers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var home = home(
            seed: seed,
            conditions: LinkConditions(
                loss: Ratio(random.below(30), in: 100), delay: .milliseconds(20),
                jitter: .milliseconds(Int64(random.below(100)))))
        let kiosk = home.kiosk
        home.run(for: .seconds(3))
        guard home.people[0].client.entityIDs.contains(kiosk) else { return }
        var count: Int64 = 0
        var wrong = 0
        for _ in 0..<40 {
            home.people[0].client.submit(.add(kiosk, Homeland.count, 1))
            count += 1
            home.run(for: .milliseconds(Int64(random.below(300)))) { home in
                let seen = home.people[0].client.field(Homeland.count, of: kiosk)?.counter?.value
                if seen != count { wrong += 1 }
            }
        }
        home.run(for: .seconds(5)) { home in
            let seen = home.people[0].client.field(Homeland.count, of: kiosk)?.counter?.value
            if seen != count { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(home.state(Homeland.count, of: kiosk)?.counter?.value == count)
        #expect(home.people[0].client.outbox.count == 0)
    }

    @Test(arguments: UInt64(1)...20)
    func aCreatedThingIsInViewFromTheWishOnAndOnce(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var home = home(
            seed: seed,
            conditions: LinkConditions(
                loss: Ratio(random.below(20), in: 100), delay: .milliseconds(20),
                jitter: .milliseconds(Int64(random.below(80)))))
        home.run(for: .seconds(2))
        func things(_ home: borrowing Homeland) -> Int {
            let client = home.people[0]
            return client.client.entityIDs.count {
                client.client.kind(of: $0)?.id == Homeland.thing
            }
        }
        guard things(home) == 1 else { return }
        for round in 1...5 {
            let place = Position(x: Int32(round) * 700, y: 0, z: 0)
            let number = home.people[0].client.submit(
                .create(Homeland.thing, Motion(position: place), name: "made"))
            let handle = EntityID(createdBy: number)
            home.people[0].client.submit(.add(handle, Homeland.count, 3))
            #expect(home.people[0].client.text(.name, of: handle) == "made")
            #expect(home.people[0].client.motion(of: handle, now: home.now)?.position == place)
            var wrong = 0
            home.run(for: .seconds(2)) { home in
                if things(home) != round + 1 { wrong += 1 }
                let client = home.people[0]
                let count = client.client.field(Homeland.count, of: handle)?.counter?.value
                if count != 3 { wrong += 1 }
            }
            #expect(wrong == 0, "round \(round)")
            let id = home.people[0].client.resolved(handle)
            #expect(id.map { home.people[0].client.entityIDs.contains($0) } == true)
        }
    }

    @Test func aRefusedCreationGoesAgain() {
        var home = home()
        let metre = Position.unitsPerMetre
        let number = home.people[0].client.submit(
            .create(
                Homeland.thing, Motion(position: Position(x: 500 * metre, y: 0, z: 0)),
                name: "far"))
        let handle = EntityID(createdBy: number)
        #expect(home.people[0].client.entityIDs.contains(handle))
        home.run(for: .seconds(1))
        #expect(!home.people[0].client.entityIDs.contains(handle))
        #expect(home.people[0].client.field(.name, of: handle) == nil)
        #expect(home.people[0].refusals[number]?.rule == .bounds)
        #expect(home.people[0].events.contains(.disappeared(handle, wasDeleted: true)))
    }

    @Test func whatIsDeletedIsGoneAtOnceAndBackWhenThatIsRefused() {
        var home = home()
        let made = home.people[0].client.submit(
            .create(Homeland.thing, Motion(position: .origin), name: "mine"))
        home.run(for: .seconds(2))
        let mine = home.people[0].client.resolved(EntityID(createdBy: made))!
        let kiosk = home.kiosk
        home.people[0].events.removeAll()
        home.people[0].client.submit(.delete(mine))
        // Not mine to delete.
        home.people[0].client.submit(.delete(kiosk))
        var sightings = 0
        #expect(!home.people[0].client.entityIDs.contains(kiosk))
        home.run(for: .seconds(3)) { home in
            if home.people[0].client.entityIDs.contains(mine) { sightings += 1 }
        }
        #expect(sightings == 0)
        #expect(home.people[0].client.entityIDs.contains(kiosk))
        let goings = home.people[0].events.filter { $0 == .disappeared(mine, wasDeleted: true) }
        #expect(goings.count == 1)
        #expect(home.people[0].events.contains(.appeared(kiosk)))
    }

    @Test func whatIsPlacedStandsThereAtOnceAndDoesNotJumpBack() {
        var home = home()
        let made = home.people[0].client.submit(
            .create(Homeland.thing, Motion(position: .origin), name: "mine"))
        home.run(for: .seconds(2))
        let mine = home.people[0].client.resolved(EntityID(createdBy: made))!
        let place = Position(x: 3 * 1_024, y: 0, z: 0)
        home.people[0].client.submit(.place(mine, Motion(position: place)))
        var wrong = 0
        home.run(for: .seconds(3)) { home in
            let motion = home.people[0].client.motion(of: mine, now: home.now)
            if motion?.position != place { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(home.server.motion(of: mine)?.position == place)
    }
}
