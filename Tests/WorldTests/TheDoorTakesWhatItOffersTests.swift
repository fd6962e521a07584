import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld
import Testing

private typealias World = SampleWorld

extension Intent {
    /// The same wish with what the door offered in place of what was asked.
    fileprivate func with(_ nearest: Refusal.Alternative) -> Intent? {
        switch (self, nearest) {
        case (.set(let id, let field, _), .value(let value)): .set(id, field, value)
        case (.add(let id, let field, _), .value(.integer(let amount))): .add(id, field, amount)
        case (.insert(let id, let field, _), .value(let value)): .insert(id, field, value)
        case (.put(let id, let field, let key, _), .value(let value)):
            .put(id, field, key: key, value)
        case (.say, .value(.text(let text))): .say(text)
        case (.create(let kind, let motion, _), .value(.text(let name))):
            .create(kind, motion, name: name)
        case (.create(let kind, _, let name), .motion(let motion)):
            .create(kind, motion, name: name)
        case (.place(let id, _), .motion(let motion)): .place(id, motion)
        case (.putDown(let id, _), .motion(let motion)): .putDown(id, motion)
        default: nil
        }
    }
}

/// Intents of all sorts, most of them wrong in one way or another.
private struct IntentSource {
    var random: SeededRandom

    mutating func int() -> Int64 {
        Int64(bitPattern: random.next()) >> Int64(random.below(64))
    }

    mutating func text() -> String {
        let scraps = ["a", "é", "👩‍👩‍👧", "\u{1b}", "\n", "word ", "\u{202e}"]
        return (0..<random.below(24)).map { _ in scraps[Int(random.below(7))] }.joined()
    }

    mutating func scalar() -> Scalar {
        switch random.below(6) {
        case 0: .boolean(random.below(2) == 0)
        case 1: .integer(int())
        case 2: .real(Double(bitPattern: random.next()))
        case 3: .text(text())
        case 4: .entity(EntityID(raw: random.next()))
        default: .bytes([1, 2, 3])
        }
    }

    mutating func motion() -> Motion {
        let shift = Int32(random.below(24))
        var place: Int32 { Int32(truncatingIfNeeded: Int64(bitPattern: random.next())) >> shift }
        return Motion(
            position: Position(x: place, y: place, z: place),
            velocity: random.below(4) == 0 ? Velocity(x: 3, y: 0, z: -9) : .zero)
    }

    mutating func next() -> Intent {
        let id = World.someThing
        let field = FieldID(UInt16(random.below(17)))
        return switch random.below(14) {
        case 0: .create(KindID(UInt16(random.below(6))), motion(), name: text())
        case 1: .delete(id)
        case 2: .set(id, field, scalar())
        case 3: .add(id, random.below(2) == 0 ? World.stock : World.fuel, int())
        case 4: .insert(id, World.tags, scalar())
        case 5: .remove(id, field, scalar())
        case 6: .put(id, World.notes, key: text(), scalar())
        case 7: .removeKey(id, field, key: text())
        case 8: .place(id, motion())
        case 9: .pickUp(id)
        case 10: .putDown(id, motion())
        case 11: .give(id, to: World.hisBody)
        case 12: .share(id, random.next())
        case 13: .all([])
        default: .say(text())
        }
    }
}

@Suite struct TheDoorTakesWhatItOffersTests {
    @Test(arguments: 0..<20)
    func whatIsRefusedForNowIsAcceptedWhenTheRefusalSays(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let burst = 1 + Int(random.below(5_000))
        var limit = RateLimit(perSecond: 1 + Int(random.below(40_000)), burst: burst)
        var now = Instant(nanoseconds: Int64(random.below(1_000_000)))
        var offers = 0
        for _ in 0..<400 {
            now = now + TimeSpan(nanoseconds: Int64(random.below(50_000_000)))
            let cost = burst - Int(random.below(UInt32(burst / 4 + 1)))
            guard let refusal = limit.refusal(of: cost, now: now) else { continue }
            guard case .later(let milliseconds)? = refusal.nearest else {
                Issue.record("a refusal of \(cost) out of \(burst) does not say when")
                return
            }
            offers += 1
            var early = limit
            let before = now + .milliseconds(Int64(milliseconds) - 1)
            #expect(milliseconds == 1 || early.refusal(of: cost, now: before) != nil)
            now = now + .milliseconds(Int64(milliseconds))
            #expect(limit.refusal(of: cost, now: now) == nil)
        }
        #expect(offers > 3)
        #expect(limit.refusal(of: burst + 1, now: now)?.nearest == nil)
    }

    @Test(arguments: 0..<20)
    func whateverIsOfferedIsAccepted(seed: UInt64) throws {
        var source = IntentSource(random: SeededRandom(seed: seed))
        var offers = 0
        for _ in 0..<600 {
            let intent = source.next()
            var actor = World.actor()
            actor.position = World.metres(
                source.random.unit() * 200 - 100, source.random.unit() * 200 - 100)
            var position = actor.position
            position.x -= 512
            var facts = World.facts(
                at: position, elementCount: 1,
                counterValue: Int64(source.random.below(21)),
                rights: UInt64(source.random.below(12)))
            if case .putDown = intent { facts.holder = actor.entity }
            guard let nearest = World.door.judge(intent, by: actor, subject: facts).nearest else {
                continue
            }
            offers += 1
            var changed = try #require(intent.with(nearest), "an offer fits the intent")
            // A name may be mended only to meet the next objection, which has an offer of its own.
            if let next = World.door.judge(changed, by: actor, subject: facts).nearest {
                changed = try #require(changed.with(next))
            }
            #expect(World.door.judge(changed, by: actor, subject: facts) == .accepted)
        }
        #expect(offers > 60)
    }
}
