import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

/// One question to the door and what it answers; nil when it lets the intent in.
struct Question: Sendable, CustomTestStringConvertible {
    var name: String
    var intent: Intent
    var actor: Actor
    var subject: EntityFacts?
    var rule: Refusal.Rule?
    var nearest: Refusal.Alternative?
    var testDescription: String { name }

    init(
        _ name: String, _ intent: Intent, by actor: Actor = SampleWorld.actor(),
        of subject: EntityFacts? = SampleWorld.facts(), _ rule: Refusal.Rule?,
        nearest: Refusal.Alternative? = nil
    ) {
        (self.name, self.intent, self.actor) = (name, intent, actor)
        (self.subject, self.rule, self.nearest) = (subject, rule, nearest)
    }
}

private typealias World = SampleWorld
private let id = World.someThing

private func at(_ x: Double, _ y: Double, _ z: Double = 0) -> Motion {
    Motion(position: World.metres(x, y, z))
}

@Suite struct TheDoorJudgesEveryIntentTests {
    private static func judge(_ question: Question) {
        let verdict = World.door.judge(
            question.intent, by: question.actor, subject: question.subject)
        #expect(verdict.rule == question.rule)
        if let nearest = question.nearest { #expect(verdict.nearest == nearest) }
        if case .refused(let refusal) = verdict {
            #expect(refusal.reason.count > 10, "a refusal explains itself")
        }
    }

    static let inOrder = [
        Question("a value in a field", .set(id, World.title, .text("Crate")), nil),
        Question("the name of what one owns", .set(id, .name, .text("Mine")), nil),
        Question("an addition", .add(id, World.stock, 5), nil),
        Question("an element", .insert(id, World.tags, .text("new")), nil),
        Question("a key", .put(id, World.notes, key: "k", .text("v")), nil),
        Question("taking out", .remove(id, World.tags, .text("gone")), nil),
        Question("taking out a key", .removeKey(id, World.notes, key: "gone"), nil),
        Question("a thing", .create(World.thing, at(3, 3), name: "Mine"), of: nil, nil),
        Question("moving one's own", .place(id, at(3, 3)), nil),
        Question("deleting one's own", .delete(id), nil),
        Question("a word", .say("hello"), of: nil, nil),
        Question(
            "a stranger's field that anyone may write", .set(id, World.open, .boolean(true)),
            of: World.facts(owner: 5), nil),
    ]

    @Test(arguments: inOrder) func whatIsInOrder(_ question: Question) { Self.judge(question) }

    static let rights = [
        Question(
            "a spectator speaks", .say("hi"), by: World.actor(capabilities: .spectator), of: nil,
            .capability),
        Question(
            "one who may not build", .delete(id), by: World.actor(capabilities: [.edit, .speak]),
            .capability),
        Question(
            "one who may not edit", .set(id, World.open, .boolean(true)),
            by: World.actor(capabilities: [.build, .speak]), .capability),
        Question("nobody there", .delete(id), of: nil, .unknownEntity),
        Question("another than asked for", .delete(EntityID(raw: 1)), .unknownEntity),
        Question("too far away", .delete(id), of: World.facts(at: World.metres(60, 0)), .reach),
        Question("a stranger's thing", .delete(id), of: World.facts(owner: 5), .ownership),
        Question(
            "nobody's thing is not everybody's", .delete(id),
            by: World.actor(identity: 0), of: World.facts(owner: 0), .ownership),
        Question(
            "moving a stranger's", .place(id, at(1, 1)), of: World.facts(owner: 5), .ownership),
        Question(
            "a stranger's field", .set(id, World.title, .text("x")), of: World.facts(owner: 5),
            .ownership),
        Question("the server's field", .set(id, World.secret, .integer(1)), .ownership),
        Question(
            "the characters' field", .set(id, World.doing, .text("x")),
            of: World.facts(kind: World.resident), .ownership),
        Question("a placement by hand", .set(id, .placement, .bytes([1])), .ownership),
        Question(
            "an unknown kind", .create(KindID(99), at(0, 0), name: nil), of: nil, .unknownKind),
        Question("a body", .create(World.avatar, at(0, 0), name: nil), of: nil, .role),
        Question("a character", .create(World.resident, at(0, 0), name: nil), of: nil, .role),
        Question("deleting a body", .delete(id), of: World.facts(kind: World.avatar), .role),
        Question("an unknown field", .set(id, FieldID(99), .integer(1)), .unknownField),
        Question("another kind's field", .set(id, World.doing, .text("x")), .unknownField),
    ]

    @Test(arguments: rights) func whoMay(_ question: Question) { Self.judge(question) }

    static let values = [
        Question("setting a counter", .set(id, World.stock, .integer(1)), .policy),
        Question("adding to a value", .add(id, World.level, 1), .policy),
        Question("inserting into a map", .insert(id, World.notes, .text("x")), .policy),
        Question("putting into a set", .put(id, World.tags, key: "k", .text("x")), .policy),
        Question("text for a number", .set(id, World.level, .text("1")), .type),
        Question("a number for an element", .insert(id, World.tags, .integer(1)), .type),
        Question("a real for an integer", .set(id, World.level, .real(1)), .type),
        Question(
            "too low", .set(id, World.level, .integer(-6)), .range,
            nearest: .value(.integer(-5))),
        Question(
            "too high", .set(id, World.level, .integer(.max)), .range,
            nearest: .value(.integer(10))),
        Question("no number", .set(id, World.ratio, .real(.nan)), .range),
        Question(
            "infinity", .set(id, World.ratio, .real(.infinity)), .range,
            nearest: .value(.real(.greatestFiniteMagnitude))),
        Question(
            "more than the shelf has", .add(id, World.stock, -5),
            of: World.facts(counterValue: 3), .range, nearest: .value(.integer(-3))),
        Question(
            "more than the shelf holds", .add(id, World.stock, .max),
            of: World.facts(counterValue: 3), .range, nearest: .value(.integer(17))),
        Question(
            "an overflow", .add(id, World.stock, .max), of: World.facts(counterValue: .max),
            .range),
        Question(
            "long text", .set(id, World.title, .text("123456789")), .text,
            nearest: .value(.text("12345678"))),
        Question(
            "a character is not cut in two", .set(id, World.title, .text("1234567é")), .text,
            nearest: .value(.text("1234567"))),
        Question(
            "an escape sequence", .set(id, World.title, .text("\u{1b}[2J")), .text,
            nearest: .value(.text("[2J"))),
        Question(
            "text turned round", .set(id, World.title, .text("a\u{202e}b")), .text,
            nearest: .value(.text("ab"))),
        Question("an empty key", .put(id, World.notes, key: "", .text("v")), .text),
        Question(
            "a long key",
            .put(id, World.notes, key: String(repeating: "k", count: 65), .text("v")), .text),
        Question(
            "a full set", .insert(id, World.tags, .text("d")), of: World.facts(elementCount: 3),
            .elements),
        Question(
            "a full map", .put(id, World.notes, key: "d", .text("v")),
            of: World.facts(elementCount: 3), .elements),
        Question("silence", .say(""), of: nil, .text),
        Question(
            "a speech", .say(String(repeating: "a", count: 161)), of: nil, .text,
            nearest: .value(.text(String(repeating: "a", count: 160)))),
        Question(
            "a long name",
            .create(World.thing, at(0, 0), name: String(repeating: "n", count: 33)), of: nil,
            .text),
    ]

    @Test(arguments: values) func whatMayBeWritten(_ question: Question) { Self.judge(question) }

    private static let fullShelf = World.facts(counterValue: 30, rights: 12)

    static let policies = [
        Question("a record", .set(id, World.best, .integer(7)), nil),
        Question("the least of all", .set(id, World.first, .integer(.min)), nil),
        Question("one of several", .set(id, World.sign, .text("a")), nil),
        Question(
            "a record beyond the range", .set(id, World.best, .integer(101)), .range,
            nearest: .value(.integer(100))),
        Question(
            "a sign that is too long", .set(id, World.sign, .text("123456789")), .text,
            nearest: .value(.text("12345678"))),
        Question("adding to a record", .add(id, World.best, 1), .policy),
        Question("setting a bounded counter", .set(id, World.fuel, .integer(1)), .policy),
        Question("adding to an attachment", .add(id, World.hangsOn, 1), .policy),
        Question("hanging on a number", .set(id, World.hangsOn, .integer(1)), .type),
        Question("taking what is one's own", .add(id, World.fuel, -12), of: fullShelf, nil),
        Question(
            "taking what others hold", .add(id, World.fuel, -13), of: fullShelf, .rights,
            nearest: .value(.integer(-12))),
        Question(
            "taking what nobody has", .add(id, World.fuel, -31), of: fullShelf, .range,
            nearest: .value(.integer(-12))),
        Question("taking where nothing is one's own", .add(id, World.fuel, .min), .range),
        Question(
            "adding up to the end", .add(id, World.fuel, 30), of: World.facts(), nil),
        Question(
            "adding beyond the end", .add(id, World.fuel, 31), of: World.facts(), .range,
            nearest: .value(.integer(30))),
        Question(
            "adding to a full one", .add(id, World.fuel, 1), of: fullShelf, .range),
        Question(
            "own rights count though the news of spending came before the grant's",
            .add(id, World.fuel, -5), of: World.facts(counterValue: 2, rights: 5), nil),
        Question("standing free", .set(id, World.hangsOn, .entity(.none)), nil),
        Question(
            "hanging on what is near", .set(id, World.hangsOn, .entity(EntityID(raw: 901))),
            of: hanging(AttachmentFacts(parentPosition: .origin, depth: 16)), nil),
        Question(
            "hanging on nobody", .set(id, World.hangsOn, .entity(EntityID(raw: 901))),
            of: hanging(AttachmentFacts(parentPosition: nil)), .unknownEntity),
        Question(
            "hanging on what nothing is known of", .set(id, World.hangsOn, .entity(id)),
            of: hanging(nil), .unknownEntity),
        Question(
            "hanging on what is far", .set(id, World.hangsOn, .entity(EntityID(raw: 901))),
            of: hanging(AttachmentFacts(parentPosition: World.metres(60, 0))), .reach),
        Question(
            "hanging on oneself", .set(id, World.hangsOn, .entity(id)),
            of: hanging(AttachmentFacts(parentPosition: .origin, closesCircle: true)),
            .attachment),
        Question(
            "hanging too deep", .set(id, World.hangsOn, .entity(EntityID(raw: 901))),
            of: hanging(AttachmentFacts(parentPosition: .origin, depth: 17)), .attachment),
    ]

    private static func hanging(_ attachment: AttachmentFacts?) -> EntityFacts {
        World.facts(attachment: attachment)
    }

    @Test(arguments: policies) func whatPoliciesAsk(_ question: Question) { Self.judge(question) }

    static let places = [
        Question(
            "in flight",
            .place(id, Motion(position: .origin, velocity: Velocity(x: 1, y: 0, z: 0))), .rest,
            nearest: .motion(at(0, 0))),
        Question(
            "below the world", .create(World.thing, at(0, 0, -11), name: nil), of: nil, .bounds,
            nearest: .motion(at(0, 0, -10))),
        Question(
            "at the end of all numbers",
            .place(id, Motion(position: Position(x: .max, y: .min, z: .max))), .bounds),
        Question(
            "beyond reach", .place(id, at(-96, 0)), .reach, nearest: .motion(at(-48, 0))),
        Question(
            "in the pit", .place(id, at(11, 15)), .noGo, nearest: .motion(at(9.75, 15))),
        Question(
            "on its edge", .create(World.thing, at(10, 15), name: nil), of: nil, .noGo,
            nearest: .motion(at(9.75, 15))),
    ]

    @Test(arguments: places) func whereThingsMayBe(_ question: Question) { Self.judge(question) }

    static let exemptions = [
        Question(
            "a full map takes a new value for an old key",
            .put(id, World.notes, key: "k", .text("v")),
            of: World.facts(elementCount: 3, holdsElement: true), nil),
        Question(
            "a character writes what characters do", .set(id, World.doing, .text("x")),
            by: World.actor(.npc, identity: 0), of: World.facts(kind: World.resident), nil),
        Question(
            "the server's characters make others", .create(World.resident, at(0, 0), name: nil),
            by: World.actor(.npc, identity: 0), of: nil, nil),
        Question(
            "an operator reaches everywhere", .delete(id), by: World.actor(.operator),
            of: World.facts(owner: 5, at: World.metres(90, 90)), nil),
        Question(
            "an operator builds in the pit", .place(id, at(15, 15)), by: World.actor(.operator),
            nil),
        Question(
            "an operator writes the server's field", .set(id, World.secret, .integer(1)),
            by: World.actor(.operator), nil),
        Question(
            "an operator keeps to the range", .set(id, World.level, .integer(11)),
            by: World.actor(.operator), .range),
        Question(
            "an operator keeps to the bounds", .place(id, at(101, 0)),
            by: World.actor(.operator), .bounds, nearest: .motion(at(100, 0))),
    ]

    @Test(arguments: exemptions) func exceptions(_ question: Question) { Self.judge(question) }

    @Test func everyRuleIsAskedForAbove() {
        let asked = [
            Self.rights, Self.values, Self.policies, Self.places, Self.exemptions,
        ].joined()
        var rules = Set(asked.compactMap(\.rule))
        // Of the server, see RateLimit and WorldServer, and of the client, see Outbox.
        rules.formUnion([.rate, .quota, .size, .tooOld, .outbox])
        #expect(rules == Set(Refusal.Rule.allCases))
    }
}
