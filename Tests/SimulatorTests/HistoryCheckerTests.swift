import CairnBasics
import Testing

@testable import Simulator

private let thing: UInt64 = 1 << 56 | 1 << 32 | 9
private let colour = HistoryField(entity: thing, field: 2)
private let count = HistoryField(entity: thing, field: 3)
private let tags = HistoryField(entity: thing, field: 4)
private let notes = HistoryField(entity: thing, field: 5)
private let most = HistoryField(entity: thing, field: 6)
private let stock = HistoryField(entity: thing, field: 7)
private let votes = HistoryField(entity: thing, field: 8)
private let parent = HistoryField(entity: thing, field: 9)

private let rules: [UInt16: HistoryRule] = [
    2: .latest, 3: .counter, 4: .set, 5: .map, 6: .maximum, 7: .bounded(from: 0), 8: .everyValue,
    9: .parent,
]

/// A history in which every step takes a second, told in the order of its steps.
private struct Story {
    let history = History()
    var now = Instant.zero

    enum Outcome { case durable, accepted, unknown, refused }

    init(_ steps: [(HistoryAction, Outcome)], node: UInt8 = 1) {
        tell([(.create(name: nil, at: .nothing), .durable)], node: node)
        tell(steps, node: node)
    }

    mutating func tell(_ steps: [(HistoryAction, Outcome)], node: UInt8 = 1) {
        for (action, outcome) in steps {
            now = now + .seconds(10)
            let edit = history.sent([action], by: 0, to: node, boot: 1, at: now)
            let isCreation = if case .create = action { true } else { false }
            guard outcome != .unknown else { continue }
            guard outcome != .refused else {
                history.refused(edit)
                continue
            }
            history.accepted(
                edit, by: node, boot: 1, created: isCreation ? thing : 0,
                at: now + .milliseconds(100))
            if outcome == .durable { history.durable(edit, at: now + .milliseconds(200)) }
        }
    }

    /// What the checker says of a node on which the thing shows this.
    func faults(_ fields: [HistoryField: HistoryView.Content], clocksAgree: Bool = false)
        -> [String]
    {
        var view = HistoryView()
        view.entities[thing] = HistoryView.Entity(owner: 1)
        for (field, content) in fields {
            view.entities[thing]?.fields[field.field] = content
        }
        return HistoryChecker(rules: rules, clocksAgree: clocksAgree)
            .faults(in: view, after: history, now: now)
    }
}

/// The checker alone, against histories and views made by hand: what it must find, and what not.
@Suite struct HistoryCheckerTests {
    @Test func whatWasDurablyAddedIsInTheSumAndWhatIsUnknownMayBe() {
        let story = Story([
            (.add(count, 5), .durable), (.add(count, 100), .unknown), (.add(count, 7), .refused),
        ])
        #expect(story.faults([count: .sum(5)]).isEmpty)
        #expect(story.faults([count: .sum(105)]).isEmpty)
        for wrong: Int64 in [0, 10, 12, 100, 205] {
            #expect(story.faults([count: .sum(wrong)]).count == 1, "\(wrong)")
        }
        #expect(story.faults([:]).count == 1, "a lost sum")
    }

    @Test func theLastOfTwoWritesAtOneNodeWins() {
        let story = Story([
            (.write(colour, .number(1)), .durable), (.write(colour, .number(2)), .durable),
            (.write(colour, .number(3)), .unknown),
        ])
        #expect(story.faults([colour: .value(.number(2))]).isEmpty)
        #expect(story.faults([colour: .value(.number(3))]).isEmpty)
        #expect(story.faults([colour: .value(.number(1))]).count == 1)
        #expect(story.faults([colour: .value(.number(9))]).count == 1)
        #expect(story.faults([:]).count == 1)
    }

    @Test func writesAtTwoNodesAreInOrderOnlyWhenTheClocksAgree() {
        var story = Story([(.write(colour, .number(1)), .durable)])
        story.tell([(.write(colour, .number(2)), .durable)], node: 2)
        #expect(story.faults([colour: .value(.number(1))]).isEmpty)
        #expect(story.faults([colour: .value(.number(1))], clocksAgree: true).count == 1)
        #expect(story.faults([colour: .value(.number(2))], clocksAgree: true).isEmpty)
    }

    @Test func anElementIsThereUnlessItMayHaveBeenRemovedLater() {
        let x = HistoryValue.text("x")
        let added = Story([(.insert(tags, x), .durable)])
        #expect(added.faults([tags: .values([x])]).isEmpty)
        #expect(added.faults([tags: .values([])]).count == 1)
        #expect(added.faults([:]).count == 1)
        let maybeRemoved = Story([(.insert(tags, x), .durable), (.remove(tags, x), .unknown)])
        #expect(maybeRemoved.faults([tags: .values([])]).isEmpty)
        #expect(maybeRemoved.faults([tags: .values([x])]).isEmpty)
        let removedBefore = Story([(.remove(tags, x), .durable), (.insert(tags, x), .durable)])
        #expect(removedBefore.faults([tags: .values([])]).count == 1)
    }

    @Test func anElementIsGoneWhenWhoeverRemovedItHadSeenEveryAddition() {
        let x = HistoryValue.text("x")
        let removed = Story([(.insert(tags, x), .durable), (.remove(tags, x), .durable)])
        #expect(removed.faults([tags: .values([])]).isEmpty)
        #expect(removed.faults([tags: .values([x])]).count == 1)
        var elsewhere = Story([(.insert(tags, x), .durable)])
        elsewhere.tell([(.remove(tags, x), .durable)], node: 2)
        #expect(elsewhere.faults([tags: .values([x])]).isEmpty, "node 2 may not have heard of it")
        #expect(elsewhere.faults([tags: .values([])]).isEmpty)
        let never = Story([(.insert(tags, x), .refused)])
        #expect(never.faults([tags: .values([x])]).count == 1)
    }

    @Test func aKeyHoldsWhatWasPutThereLast() {
        let key = HistoryValue.text("k")
        let story = Story([
            (.put(notes, key: key, .number(1)), .durable),
            (.put(notes, key: key, .number(2)), .durable),
        ])
        #expect(story.faults([notes: .entries([key: .number(2)])]).isEmpty)
        #expect(story.faults([notes: .entries([key: .number(1)])]).count == 1)
        #expect(story.faults([notes: .entries([:])]).count == 1)
    }

    @Test func theBestOfferShows() {
        let story = Story([
            (.write(most, .number(3)), .durable), (.write(most, .number(8)), .durable),
            (.write(most, .number(9)), .unknown), (.write(most, .number(20)), .refused),
        ])
        #expect(story.faults([most: .sum(8)]).isEmpty && story.faults([most: .sum(9)]).isEmpty)
        for wrong: Int64 in [3, 4, 20] { #expect(story.faults([most: .sum(wrong)]).count == 1) }
        #expect(story.faults([:]).count == 1)
    }

    @Test func noMoreIsTakenThanWasGiven() {
        let good = Story([(.add(stock, 5), .durable), (.add(stock, -5), .durable)])
        #expect(good.faults([stock: .sum(0)]).isEmpty)
        let overdrawn = Story([
            (.add(stock, 5), .durable), (.add(stock, -4), .durable), (.add(stock, -4), .durable),
        ])
        #expect(overdrawn.faults([stock: .sum(0)]).count == 1)
        #expect(good.faults([stock: .sum(-1)]).count == 1)
    }

    @Test func everyValueThatNobodyReplacedShows() {
        var story = Story([(.write(votes, .number(1)), .durable)])
        story.tell([(.write(votes, .number(2)), .durable)], node: 2)
        #expect(story.faults([votes: .values([.number(2)])]).isEmpty)
        #expect(story.faults([votes: .values([.number(1), .number(2)])]).isEmpty)
        #expect(story.faults([votes: .values([.number(1)])]).count == 1)
        story.tell([(.write(votes, .number(3)), .durable)])
        #expect(story.faults([votes: .values([.number(1), .number(3)])]).count == 1)
    }

    @Test func aCircleIsFound() {
        let other = HistoryField(entity: thing + 1, field: 9)
        var view = HistoryView()
        for (field, above) in [(parent, thing + 1), (other, thing)] {
            view.entities[field.entity] = HistoryView.Entity(
                owner: 1, fields: [9: .value(.entity(above))])
        }
        let story = Story([
            (.write(parent, .entity(thing + 1)), .durable),
            (.write(other, .entity(thing)), .durable),
        ])
        let faults = HistoryChecker(rules: rules, clocksAgree: false)
            .faults(in: view, after: story.history, now: story.now)
        #expect(faults.filter { $0.contains("circle") }.count == 2)
    }

    @Test func whoWasDurablyMadeIsThereAndWhoWasDurablyDeletedIsNot() {
        let checker = HistoryChecker(rules: rules, clocksAgree: false)
        let made = Story([])
        #expect(
            checker.faults(in: HistoryView(), after: made.history, now: made.now).count == 1)
        let deleted = Story([(.delete(thing), .durable)])
        #expect(deleted.faults([:]).count == 1)
        #expect(
            checker.faults(in: HistoryView(), after: deleted.history, now: deleted.now).isEmpty)
        var stranger = HistoryView()
        stranger.entities[thing + 5] = HistoryView.Entity(owner: 1)
        stranger.entities[thing] = HistoryView.Entity(owner: 1)
        #expect(checker.faults(in: stranger, after: made.history, now: made.now).count == 1)
    }

    @Test func whatOneNodePromisedIsNotHeldAgainstAnother() {
        var view = HistoryView()
        view.entities[thing] = HistoryView.Entity(owner: 1)
        let story = Story([(.add(count, 5), .durable)], node: 2)
        let checker = HistoryChecker(rules: rules, clocksAgree: false)
        #expect(
            checker.faults(in: view, after: story.history, now: story.now, node: 1).isEmpty)
        #expect(
            checker.faults(in: view, after: story.history, now: story.now, node: 2).count == 1)
    }
}
