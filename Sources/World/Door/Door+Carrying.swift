// Who may take what into their hands, and what may be one whole.
//
// Carrying is possession and changes no ownership: whoever finds a thing may pick it up, unless its
// kind is not carried at all. Only a trade, to which both have agreed, hands over what one owns.

import CairnBasics
import CairnCRDT
import CairnGeometry

extension Door {
    /// A whole has some parts, not too many, and none that needs more than this moment: what is
    /// said cannot be taken back, and a trade waits for somebody else.
    func requireWhole(_ parts: [Intent]) throws(Refusal) {
        guard (1...Intent.maximumParts).contains(parts.count) else {
            throw Refusal(
                rule: .whole,
                reason: "a whole has 1 to \(Intent.maximumParts) intents, and this has "
                    + "\(parts.count)")
        }
        for (index, part) in parts.enumerated() {
            switch part {
            case .say, .trade, .all:
                throw Refusal(
                    rule: .whole, reason: "speech, trades and wholes go alone; leave it out",
                    part: UInt8(truncatingIfNeeded: index + 1))
            default: continue
            }
        }
    }

    func requirePickUp(_ facts: EntityFacts, by actor: Actor) throws(Refusal) {
        try requireHands(actor)
        guard let kind = description.kind(facts.kind), kind.isCarried else {
            throw Refusal(rule: .role, reason: "such a thing is not carried; it stays where it is")
        }
        if facts.holder == actor.entity { return }
        guard facts.holder == .none else {
            throw Refusal(rule: .held, reason: "somebody carries it already; ask them for it")
        }
        try requireNear(facts, actor)
        try requireRoom(for: 1, inHandsWith: actor.load, "you carry")
    }

    /// The thing is in the hands of a body; `actor` is who is told so.
    func requireInHands(
        _ facts: EntityFacts, of body: EntityID, _ actor: Actor
    ) throws(Refusal) {
        try requireHands(actor)
        guard facts.holder != body else { return }
        throw Refusal(
            rule: .held,
            reason: body == actor.entity
                ? "you do not carry it; pick it up first" : "they do not carry it any more")
    }

    func requireGift(
        _ facts: EntityFacts, to id: EntityID, _ receiver: EntityFacts?, by actor: Actor
    ) throws(Refusal) {
        try requireInHands(facts, of: actor.entity, actor)
        guard let receiver, receiver.id == id else {
            throw Refusal(rule: .unknownEntity, reason: "nobody is there to take it")
        }
        try requirePartner(receiver, actor)
        try requireRoom(for: 1, inHandsWith: receiver.load, "they carry")
    }

    func requireTrade(
        with partner: EntityFacts, _ mine: [EntityID], _ theirs: [EntityID],
        _ things: [EntityFacts], by actor: Actor
    ) throws(Refusal) {
        try requireHands(actor)
        let all = mine + theirs
        guard !all.isEmpty, Set(all).count == all.count,
            max(mine.count, theirs.count) <= WorldLimits.carriedThings
        else {
            throw Refusal(
                rule: .whole,
                reason: "a trade exchanges up to \(WorldLimits.carriedThings) things of each, each "
                    + "once")
        }
        try requirePartner(partner, actor)
        for id in all {
            guard let thing = things.first(where: { $0.id == id }) else {
                throw Refusal(rule: .unknownEntity, reason: "one of the things is not there")
            }
            let isMine = mine.contains(id)
            try requireInHands(thing, of: isMine ? actor.entity : partner.id, actor)
        }
        try requireRoom(for: theirs.count - mine.count, inHandsWith: actor.load, "you carry")
        try requireRoom(for: mine.count - theirs.count, inHandsWith: partner.load, "they carry")
    }

    private func requireHands(_ actor: Actor) throws(Refusal) {
        guard actor.entity == .none else { return }
        throw Refusal(rule: .role, reason: "only a body carries things, and you have none")
    }

    /// Someone else who has hands: a player's or a device's body. Characters would take a thing and
    /// never put it down.
    private func requirePartner(_ facts: EntityFacts, _ actor: Actor) throws(Refusal) {
        let role = description.kind(facts.kind)?.role
        guard role == .avatar || role == .device, facts.id != actor.entity else {
            throw Refusal(rule: .role, reason: "things go to another person's body only")
        }
        try requireNear(facts, actor)
    }

    private func requireNear(_ facts: EntityFacts, _ actor: Actor) throws(Refusal) {
        guard !hand.covers(facts.position, from: actor.position) else { return }
        throw Refusal(
            rule: .reach, reason: "it is out of reach; come within \(hand.metres) m of it")
    }

    private func requireRoom(
        for more: Int, inHandsWith load: Int, _ who: String
    ) throws(Refusal) {
        guard more > 0, load + more > WorldLimits.carriedThings else { return }
        throw Refusal(
            rule: .held,
            reason: "\(who) \(load) things, and nobody carries more than "
                + "\(WorldLimits.carriedThings)")
    }
}
