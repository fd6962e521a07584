import CairnBasics
import CairnCRDT
import CairnClient
import CairnGeometry
import CairnServer
import CairnTransport
import CairnWorld
import Testing

/// Going away, for a second or an hour, and coming back with edits.
@Suite struct ReturningClientsTests {
    private func home(people: Int = 1, seed: UInt64 = 1) -> Homeland {
        var home = Homeland(seed: seed)
        for _ in 0..<people { home.addPerson() }
        home.run(for: .seconds(1))
        return home
    }

    /// The network of somebody is gone for so long that both sides have given up.
    private func loseNetwork(_ home: inout Homeland, _ index: Int = 0) {
        home.people[index].sends = false
        home.people[index].receives = false
        home.run(for: .seconds(12))
        #expect(home.people[index].client.ended != nil)
    }

    private func comeBack(
        _ home: inout Homeland, _ index: Int = 0, for span: TimeSpan = .seconds(2)
    ) {
        home.people[index].sends = true
        home.people[index].receives = true
        home.reconnect(index)
        home.run(for: span)
        #expect(home.people[index].client.isPresent == true)
    }

    private func counted(_ home: borrowing Homeland) -> Int64 {
        home.state(Homeland.count, of: home.kiosk)?.counter?.value ?? 0
    }

    @Test func anEditWhoseAnswerWasLostIsAnsweredAgainAndNotPerformedAgain() {
        var home = home()
        home.people[0].receives = false
        let number = home.people[0].client.submit(.add(home.kiosk, Homeland.count, 5))
        home.run(for: .milliseconds(300))
        #expect(counted(home) == 5)
        loseNetwork(&home)
        comeBack(&home)
        #expect(counted(home) == 5)
        #expect(home.people[0].events.contains(.accepted(intent: number, created: .none)))
        #expect(home.people[0].client.outbox.count == 0)
        #expect(home.people[0].homecomings.map(\.kept) == [1])
    }

    /// Killed before the record is on the disk, and after.
    @Test(arguments: [Int64(1), 40, 400])
    func anEditIsPerformedOnceWheneverTheServerDies(millisecondsBeforeTheCrash: Int64) {
        var home = home()
        home.diskTime = .milliseconds(100)
        home.people[0].receives = false
        home.people[0].client.submit(.add(home.kiosk, Homeland.count, 5))
        home.run(for: .milliseconds(100 + millisecondsBeforeTheCrash))
        home.crash()
        loseNetwork(&home)
        comeBack(&home)
        #expect(counted(home) == 5)
        #expect(home.people[0].client.outbox.count == 0)
    }

    /// An answer that a crash can take back is none.
    @Test func anEditThatWasAcceptedAndLostInACrashIsPerformedAgain() {
        var home = home()
        home.diskTime = .seconds(60)
        let number = home.people[0].client.submit(.add(home.kiosk, Homeland.count, 5))
        home.run(for: .milliseconds(200))
        #expect(home.people[0].events.contains(.accepted(intent: number, created: .none)))
        home.crash()
        home.diskTime = .milliseconds(10)
        #expect(counted(home) == 0)
        loseNetwork(&home)
        comeBack(&home)
        #expect(counted(home) == 5)
        #expect(home.people[0].client.outbox.count == 0)
    }

    @Test(arguments: [Int64(10), 60])
    func editsMadeWhileAwayArePerformedOnTheReturn(minutes: Int64) {
        var home = home(people: 2)
        loseNetwork(&home)
        let away = home.people[0]
        let kiosk = home.kiosk
        home.jump(.seconds(60 * minutes / 2))
        away.client.submit(.add(kiosk, Homeland.count, 3))
        away.client.submit(.set(kiosk, Homeland.colour, .integer(7)))
        let bad = away.client.submit(.set(kiosk, Homeland.colour, .integer(12)))
        let made = away.client.submit(
            .create(Homeland.thing, Motion(position: .origin), name: "cairn"))
        let cairn = EntityID(createdBy: made)
        away.client.submit(.add(cairn, Homeland.count, 2))
        away.client.submit(.insert(cairn, Homeland.tags, .text("offline")))
        home.jump(.seconds(60 * minutes / 2))
        comeBack(&home)
        #expect(counted(home) == 3)
        #expect(home.state(Homeland.colour, of: kiosk)?.latest?.value == .integer(7))
        let cairns = home.things(named: "cairn")
        #expect(cairns.count == 1)
        #expect(away.client.resolved(cairn) == cairns.first)
        #expect(home.state(Homeland.count, of: cairns[0])?.counter?.value == 2)
        #expect(home.state(Homeland.tags, of: cairns[0])?.set?.contains(.text("offline")) == true)
        #expect(away.refusals.keys.sorted() == [bad])
        #expect(away.refusals[bad]?.nearest == .value(.integer(9)))
        let homecoming = away.homecomings.first
        #expect(homecoming?.kept == 5)
        #expect("\(homecoming!)".hasPrefix("5 kept, 1 refused: 12 is out of range"))
        #expect(away.client.outbox.count == 0)
        // And the other one sees it all.
        comeBack(&home, 1)
        #expect(home.people[1].client.field(Homeland.count, of: kiosk)?.counter?.value == 3)
    }

    /// Today's rules: what was taken away meanwhile cannot be changed any more.
    @Test func anEditOfWhatIsGoneIsRefusedWithTheReason() {
        var home = home(people: 2)
        let made = home.people[1].client.submit(
            .create(Homeland.thing, Motion(position: .origin), name: "cairn"))
        home.run(for: .seconds(1))
        let cairn = home.things(named: "cairn")[0]
        loseNetwork(&home)
        let number = home.people[0].client.submit(.add(cairn, Homeland.count, 1))
        home.people[1].client.submit(.delete(EntityID(createdBy: made)))
        home.run(for: .seconds(1))
        #expect(home.things(named: "cairn").isEmpty)
        comeBack(&home)
        #expect(home.people[0].refusals[number]?.rule == .unknownEntity)
        #expect(!home.people[0].client.entityIDs.contains(cairn))
    }

    @Test func whoWasAwayTooLongIsToldAndGetsAFreshState() {
        var home = home(people: 2)
        home.people[0].receives = false
        let kiosk = home.kiosk
        let sent = home.people[0].client.submit(.add(kiosk, Homeland.count, 1))
        home.run(for: .milliseconds(300))
        loseNetwork(&home)
        let unsent = home.people[0].client.submit(.add(kiosk, Homeland.count, 10))
        loseNetwork(&home, 1)
        home.jump(.seconds(25 * 3_600))
        // Somebody else's coming is enough for the server to forget.
        comeBack(&home, 1)
        home.people[1].client.submit(.set(kiosk, Homeland.colour, .integer(4)))
        home.run(for: .seconds(1))
        comeBack(&home)
        let person = home.people[0]
        #expect(person.events.contains(.returned(sessionIsKnown: false)))
        #expect(person.refusals.keys.sorted() == [sent])
        #expect(person.refusals[sent]?.rule == .tooOld)
        #expect(counted(home) == 11, "the first was performed once, the second now")
        #expect(!person.refusals.keys.contains(unsent))
        #expect(person.client.field(Homeland.count, of: kiosk)?.counter?.value == 11)
        #expect(person.client.field(Homeland.colour, of: kiosk)?.latest?.value == .integer(4))
        #expect(person.client.isStale == false)
    }

    @Test func anotherNodeThatHasHeardOfAnEditAnswersForIt() {
        var home = home()
        home.people[0].receives = false
        home.people[0].client.submit(.add(home.kiosk, Homeland.count, 5))
        home.run(for: .milliseconds(500))
        home.crash(node: 2)
        loseNetwork(&home)
        let later = home.people[0].client.submit(.add(home.kiosk, Homeland.count, 100))
        comeBack(&home)
        #expect(counted(home) == 105)
        #expect(home.people[0].refusals.isEmpty)
        #expect(home.people[0].events.contains(.accepted(intent: later, created: .none)))
    }

    @Test func anotherNodeThatHasNotHeardOfAnEditNeverPerformsItASecondTime() {
        var home = home()
        home.diskTime = .seconds(60)
        home.people[0].receives = false
        let number = home.people[0].client.submit(.add(home.kiosk, Homeland.count, 5))
        home.run(for: .milliseconds(500))
        // Node 2 has what node 1 had before; node 1 may come back with the edit.
        home.crash(node: 2)
        home.diskTime = .milliseconds(10)
        loseNetwork(&home)
        comeBack(&home)
        #expect(counted(home) == 0)
        #expect(home.people[0].refusals[number]?.rule == .tooOld)
        // And on a third connection neither, now that the answer is in.
        loseNetwork(&home)
        comeBack(&home)
        #expect(counted(home) == 0)
    }

    @Test func anOutboxOutlivesTheProcess() throws {
        var home = home()
        home.people[0].receives = false
        home.people[0].client.submit(.add(home.kiosk, Homeland.count, 1))
        home.run(for: .milliseconds(300))
        loseNetwork(&home)
        home.people[0].client.submit(.add(home.kiosk, Homeland.count, 10))
        let made = home.people[0].client.submit(
            .create(Homeland.thing, Motion(position: .origin), name: "cairn"))
        let saved = home.people[0].client.outbox.encoded
        home.jump(.seconds(600))
        home.people[0].sends = true
        home.people[0].receives = true
        try home.restart(0, with: saved)
        #expect(home.people[0].client.outbox.count == 3)
        home.people[0].client.submit(
            .add(EntityID(createdBy: made), Homeland.count, 7))
        home.run(for: .seconds(2))
        #expect(counted(home) == 11)
        let cairn = home.things(named: "cairn")
        #expect(cairn.count == 1)
        #expect(home.state(Homeland.count, of: cairn[0])?.counter?.value == 7)
        #expect(home.people[0].client.outbox.count == 0)
    }

    /// An hour of an edit every four seconds.
    @Test func aFullOutboxDrainsWithoutBeingTakenForAFlood() {
        var home = home()
        loseNetwork(&home)
        let person = home.people[0]
        for number in 0..<Outbox.editLimit {
            person.client.submit(.add(home.kiosk, Homeland.count, Int64(number % 3) + 1))
        }
        let refused = person.client.submit(.add(home.kiosk, Homeland.count, 1))
        comeBack(&home, for: .seconds(90))
        #expect(person.client.outbox.count == 0)
        #expect(person.refusals.keys.sorted() == [refused])
        #expect(person.refusals[refused]?.rule == .outbox)
        #expect(counted(home) == (0..<Int64(Outbox.editLimit)).reduce(0) { $0 + $1 % 3 + 1 })
        #expect(home.server.counters.malformed == 0)
    }

    @Test func whatWasSaidIsNeverRepeated() {
        var home = home(people: 2)
        home.people[0].receives = false
        let number = home.people[0].client.submit(.say("hello"))
        home.run(for: .milliseconds(300))
        loseNetwork(&home)
        comeBack(&home)
        let heard = home.people[1].events.filter { if case .heard = $0 { true } else { false } }
        #expect(heard.count == 1)
        #expect(home.people[0].refusals[number]?.rule == .tooOld)
    }

    @Test func whoCannotComeBackWithEditsIsToldWhichAreUncertain() {
        var home = Homeland()
        home.addPerson(session: 0)
        home.run(for: .seconds(1))
        home.people[0].receives = false
        let sent = home.people[0].client.submit(.add(home.kiosk, Homeland.count, 1))
        home.run(for: .milliseconds(300))
        loseNetwork(&home)
        home.people[0].client.submit(.add(home.kiosk, Homeland.count, 10))
        comeBack(&home)
        #expect(counted(home) == 11)
        #expect(home.people[0].refusals[sent]?.rule == .tooOld)
    }

    @Test func whoComesBackLeavesNoSecondBody() {
        var home = home(people: 2)
        let before = home.people[0].client.entity
        // The phone has another network long before the server misses the old one.
        home.reconnect(0)
        home.run(for: .milliseconds(500))
        #expect(home.server.motion(of: before) == nil)
        #expect(home.server.clientCount == 2)
    }

    @Test func theWorldStaysInViewWhileAwayAndDoesNotBlinkOnTheReturn() {
        var home = home(people: 2)
        let kiosk = home.kiosk
        home.people[0].client.submit(.add(kiosk, Homeland.count, 5))
        home.run(for: .seconds(1))
        loseNetwork(&home)
        let person = home.people[0]
        #expect(person.client.isStale == true)
        var blinks = 0
        func look(_ home: borrowing Homeland) {
            let client = home.people[0].client.entityIDs
            if !client.contains(kiosk) { blinks += 1 }
            let count = home.people[0].client.field(Homeland.count, of: kiosk)?.counter?.value
            if count != 5 { blinks += 1 }
        }
        person.events.removeAll()
        person.sends = true
        person.receives = true
        home.reconnect(0)
        home.run(for: .seconds(3), look)
        #expect(blinks == 0)
        #expect(person.client.isStale == false)
        #expect(!person.events.contains(.appeared(kiosk)))
    }

    @Test func ledgersAreNoEntitiesOfTheWorldAndEndAfterADay() {
        var home = home(people: 2)
        let count = home.server.entityCount
        for person in home.people { person.client.submit(.add(home.kiosk, Homeland.count, 1)) }
        home.run(for: .seconds(1))
        func ledgers(_ home: borrowing Homeland) -> Int {
            home.server.lattice.sortedIDs.count { home.server.lattice[$0]?.life?.kind == .ledger }
        }
        #expect(ledgers(home) == 2)
        #expect(home.server.entityCount == count)
        home.crash()
        #expect(ledgers(home) == 2, "the sweep of left bodies took a ledger")
        loseNetwork(&home)
        comeBack(&home)
        home.people[0].client.submit(.add(home.kiosk, Homeland.count, 1))
        home.run(for: .seconds(1))
        #expect(ledgers(home) == 2, "a second boot leaves the first one's ledger behind")
        home.jump(.seconds(25 * 3_600))
        loseNetwork(&home)
        comeBack(&home)
        home.run(for: .seconds(1))
        #expect(ledgers(home) == 0)
    }

    /// Bad links, crashes and absences at random: in the end every edit that was not refused is there
    /// exactly once.
    @Test(arguments: UInt64(1)...24)
    func everyEditIsPerformedExactlyOnce(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var home = Homeland(
            seed: seed,
            conditions: LinkConditions(
                loss: Ratio(random.below(30), in: 100),
                duplication: Ratio(random.below(30), in: 100),
                delay: .milliseconds(Int64(random.below(60))),
                jitter: .milliseconds(Int64(random.below(80)))))
        for _ in 0..<2 { home.addPerson() }
        home.diskTime = .milliseconds(Int64(random.below(300)))
        var additions: [(person: Int, number: UInt32)] = []
        var creations: [(person: Int, number: UInt32)] = []
        for _ in 0..<60 {
            for (index, person) in home.people.enumerated() {
                if random.chance(Ratio(2, in: 3)) {
                    let edit = Intent.add(home.kiosk, Homeland.count, 1)
                    additions.append((index, person.client.submit(edit)))
                }
                if random.chance(Ratio(1, in: 6)) {
                    let made = person.client.submit(
                        .create(Homeland.thing, Motion(position: .origin), name: "made"))
                    creations.append((index, made))
                    person.client.submit(.add(EntityID(createdBy: made), Homeland.count, 1))
                }
                if random.chance(Ratio(1, in: 12)) { person.receives.toggle() }
                if random.chance(Ratio(1, in: 12)) { person.sends.toggle() }
                if person.client.ended != nil || random.chance(Ratio(1, in: 20)) {
                    home.reconnect(index)
                }
            }
            home.run(for: .milliseconds(Int64(random.below(900))))
            if random.chance(Ratio(1, in: 15)) { home.crash() }
            if random.chance(Ratio(1, in: 20)) {
                home.jump(.seconds(Int64(random.below(3_600))))
            }
        }
        home.network.conditions = LinkConditions(delay: .milliseconds(5))
        for index in home.people.indices {
            home.people[index].sends = true
            home.people[index].receives = true
            home.reconnect(index)
        }
        home.run(for: .seconds(20))
        var wanted: Int64 = 0
        for (person, number) in additions where home.people[person].refusals[number] == nil {
            wanted += 1
        }
        #expect(counted(home) == wanted)
        let made = creations.count { home.people[$0.person].refusals[$0.number] == nil }
        let things = home.things(named: "made")
        #expect(things.count == made)
        for id in things {
            #expect((home.state(Homeland.count, of: id)?.counter?.value ?? 0) <= 1)
        }
        for person in home.people {
            #expect(person.client.outbox.count == 0)
            #expect(person.client.field(Homeland.count, of: home.kiosk)?.counter?.value == wanted)
            #expect(person.refusals.values.allSatisfy { $0.rule == .unknownEntity })
            #expect(person.client.statistics.divergences == 0)
        }
    }
}
