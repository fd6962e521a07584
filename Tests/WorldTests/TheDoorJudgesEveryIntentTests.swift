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
    var others: [EntityFacts]
    var rule: Refusal.Rule?
    var nearest: Refusal.Alternative?
    var testDescription: String { name }

    init(
        _ name: String, _ intent: Intent, by actor: Actor = SampleWorld.actor(),
        of subject: EntityFacts? = SampleWorld.facts(), and others: [EntityFacts] = [],
        _ rule: Refusal.Rule?, nearest: Refusal.Alternative? = nil
    ) {
        (self.name, self.intent, self.actor) = (name, intent, actor)
        (self.subject, self.others) = (subject, others)
        (self.rule, self.nearest) = (rule, nearest)
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
            question.intent, by: question.actor, subject: question.subject,
            others: question.others)
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

    static let near = World.metres(2, 0)
    static let mine = World.facts(holder: World.herBody)
    static let full = WorldLimits.carriedThings

    static let hands = [
        Question("a thing within reach", .pickUp(id), of: World.facts(owner: 5, at: near), nil),
        Question("what is in one's hands already", .pickUp(id), of: mine, nil),
        Question("a thing out of reach", .pickUp(id), .reach),
        Question(
            "a thing in other hands", .pickUp(id),
            of: World.facts(at: near, holder: World.hisBody), .held),
        Question("a body", .pickUp(id), of: World.facts(kind: World.avatar, at: near), .role),
        Question(
            "with full hands", .pickUp(id), by: World.actor(load: full),
            of: World.facts(at: near), .held),
        Question(
            "with one finger free", .pickUp(id), by: World.actor(load: full - 1),
            of: World.facts(at: near), nil),
        Question(
            "one who may not carry", .pickUp(id), by: World.actor(capabilities: [.build, .edit]),
            of: World.facts(at: near), .capability),
        Question(
            "one without a body", .pickUp(id),
            by: Actor(identity: 1, role: .player, entity: .none, position: .origin),
            of: World.facts(at: near), .role),
        Question("down at one's feet", .putDown(id, at(1, 1)), of: mine, nil),
        Question("down what is not held", .putDown(id, at(1, 1)), .held),
        Question(
            "down what another holds", .putDown(id, at(1, 1)),
            of: World.facts(holder: World.hisBody), .held),
        Question(
            "down beyond reach", .putDown(id, at(0, -8)), of: mine, .reach,
            nearest: .motion(at(0, -4))),
        Question(
            "thrown", .putDown(id, Motion(position: .origin, velocity: Velocity(x: 9, y: 0, z: 0))),
            of: mine, .rest),
        Question(
            "to a neighbour", .give(id, to: World.hisBody), of: mine, and: [World.neighbour()],
            nil),
        Question(
            "to one who carries all they can", .give(id, to: World.hisBody), of: mine,
            and: [World.neighbour(load: full)], .held),
        Question(
            "to one across the square", .give(id, to: World.hisBody), of: mine,
            and: [World.neighbour(at: World.metres(0, 5))], .reach),
        Question("to nobody", .give(id, to: World.hisBody), of: mine, .unknownEntity),
        Question(
            "to a character", .give(id, to: World.hisBody), of: mine,
            and: [World.neighbour(World.resident)], .role),
        Question(
            "what one does not hold", .give(id, to: World.hisBody), and: [World.neighbour()],
            .held),
        Question("away what somebody carries", .place(id, at(1, 1)), of: mine, .held),
        Question(
            "an operator takes it out of their hands", .place(id, at(1, 1)),
            by: World.actor(.operator), of: mine, nil),
    ]

    @Test(arguments: hands) func whatGoesIntoHands(_ question: Question) { Self.judge(question) }

    static let his = EntityID(raw: 902)
    static let both = [mine, World.carried(his, by: World.hisBody)]

    static func trade(_ mine: [EntityID] = [id], _ theirs: [EntityID] = [his]) -> Intent {
        .trade(with: World.hisBody, mine: mine, theirs: theirs)
    }

    static let trades = [
        Question("what both hold", trade(), of: World.neighbour(), and: both, nil),
        Question("for nothing", trade([id], []), of: World.neighbour(), and: both, nil),
        Question("nothing for nothing", trade([], []), of: World.neighbour(), .whole),
        Question("one thing twice", trade([id, id]), of: World.neighbour(), and: both, .whole),
        Question(
            "what they do not hold", trade(), of: World.neighbour(),
            and: [mine, World.carried(his, by: .none)], .held),
        Question(
            "what one does not hold", trade(), of: World.neighbour(),
            and: [World.facts(), both[1]],
            .held),
        Question("what is not there", trade(), of: World.neighbour(), and: [mine], .unknownEntity),
        Question(
            "out of reach", trade(), of: World.neighbour(at: World.metres(0, 5)), and: both, .reach),
        Question("with a thing", trade(), of: World.neighbour(World.thing), and: both, .role),
        Question(
            "for more than one carries", trade([], [his]), by: World.actor(load: full),
            of: World.neighbour(), and: both, .held),
        Question(
            "for more than they carry", trade([id], []), of: World.neighbour(load: full),
            and: both, .held),
        Question(
            "like for like with full hands", trade(), by: World.actor(load: full),
            of: World.neighbour(load: full), and: both, nil),
    ]

    @Test(arguments: trades) func whatIsExchanged(_ question: Question) { Self.judge(question) }

    static let accounts = [
        Question("sharing one's own", .share(id, World.bob), nil),
        Question(
            "sharing what one only keeps", .share(id, 9), of: World.facts(owner: 5, isKept: true),
            .ownership),
        Question("sharing with no client", .share(id, 1 << 62), .range),
        Question("sharing with the world", .share(id, 0), .range),
        Question(
            "one keeper too many", .share(id, World.bob),
            of: World.facts(elementCount: WorldLimits.keepers), .elements),
        Question(
            "a keeper again", .share(id, World.bob),
            of: World.facts(elementCount: WorldLimits.keepers, holdsElement: true), nil),
        Question("taking it back", .unshare(id, World.bob), nil),
        Question(
            "taking back what is not one's own", .unshare(id, World.bob),
            of: World.facts(owner: 5, isKept: true), .ownership),
        Question(
            "giving up a keeping", .unshare(id, World.alice),
            of: World.facts(owner: 5, isKept: true), nil),
        Question("handing over one's own", .handOver(id, World.bob), nil),
        Question(
            "handing over what one keeps", .handOver(id, World.alice),
            of: World.facts(owner: 5, isKept: true), .ownership),
        Question("handing over to no client", .handOver(id, .max), .range),
        Question(
            "a keeper writes", .set(id, World.title, .text("x")),
            of: World.facts(owner: 5, isKept: true), nil),
        Question(
            "a keeper places", .place(id, at(1, 1)), of: World.facts(owner: 5, isKept: true), nil),
        Question(
            "a keeper does not delete", .delete(id), of: World.facts(owner: 5, isKept: true),
            .ownership),
        Question(
            "the owner by hand", .set(id, .owner, .integer(9)), by: World.actor(.operator),
            .ownership),
        Question(
            "the holder by hand", .set(id, .holder, .entity(World.herBody)), .ownership),
        Question(
            "a keeper by hand", .insert(id, .keepers, .integer(9)), by: World.actor(.operator),
            .ownership),
        Question(
            "one who may not build shares", .share(id, World.bob),
            by: World.actor(capabilities: [.edit, .carry]), .capability),
    ]

    @Test(arguments: accounts) func whoMayLetOthers(_ question: Question) { Self.judge(question) }

    static let wholes = [
        Question("as many as may be", .all(Array(repeating: .pickUp(id), count: 16)), of: nil, nil),
        Question("one too many", .all(Array(repeating: .pickUp(id), count: 17)), of: nil, .whole),
        Question("nothing", .all([]), of: nil, .whole),
        Question("with a word in it", .all([.pickUp(id), .say("x")]), of: nil, .whole),
        Question("with a trade in it", .all([trade()]), of: nil, .whole),
        Question("with a whole in it", .all([.all([])]), of: nil, .whole),
    ]

    @Test(arguments: wholes) func whatIsOneWhole(_ question: Question) { Self.judge(question) }

    @Test func everyRuleIsAskedForAbove() {
        let asked = [
            Self.rights, Self.values, Self.policies, Self.places, Self.exemptions, Self.hands,
            Self.accounts, Self.wholes,
        ].joined()
        var rules = Set(asked.compactMap(\.rule))
        // Of the server, see RateLimit and WorldServer, and of the client, see Outbox.
        rules.formUnion([.rate, .quota, .budget, .size, .tooOld, .outbox])
        #expect(rules == Set(Refusal.Rule.allCases))
    }
}
