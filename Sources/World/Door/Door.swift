// The one way in. Every intent, whoever sends it, is judged here before it becomes a delta; behind
// the door nothing conflicts, it only merges. The door is a pure function of the description, the
// sender and what the world knows of the subject: no clock, no state, so the client can ask it
// first and the simulator can ask it again. Rates and claimed time are kept beside it
// (see RateLimit, MotionTally).
//
// Questions are asked in a fixed order: may this sender do such things at all, is the subject one
// that they can know and reach, may they change this of it, and only then whether the value is
// right. So a refusal tells nobody more about an entity than they may know.

import CairnBasics
import CairnCRDT
import CairnGeometry

/// Judges intents by the rules of one world.
public struct Door: Sendable {
    public let description: WorldDescription
    /// How far one edits: as far as the eye sees, because a client keeps what it sees until it is a
    /// cell beyond its interest.
    let sight: Reach
    /// How far from a body things go into its hands and out of them.
    let hand: Reach
    let noGo: [ZoneDescription]

    /// - Precondition: the description has no faults.
    public init(_ description: WorldDescription) {
        self.description = description
        // Safe: both are metres of a valid description, at most 1,280 together.
        sight = Reach(metres: description.interestMetres + description.cellMetres)
        hand = Reach(metres: description.reachMetres)
        noGo = description.zones.filter { $0.role == .noGo }
    }

    /// Judges one intent.
    ///
    /// A whole is judged by its form alone; its parts come one by one, each with the facts as those
    /// before it would leave them.
    ///
    /// - Parameter subject: what the world knows of the entity that `intent.subject` names; nil
    ///   where there is none, or none that the sender is told of.
    /// - Parameter others: the same of those in `intent.others`, as far as they are there.
    /// - Complexity: O(zones' corners) for what puts something somewhere, O(things²) for a trade,
    ///   else O(log fields + text).
    public func judge(
        _ intent: Intent, by actor: Actor, subject: EntityFacts? = nil, others: [EntityFacts] = []
    ) -> Verdict {
        do throws(Refusal) {
            try admit(intent, by: actor, subject: subject, others)
            return .accepted
        } catch {
            return .refused(error)
        }
    }

    private func admit(
        _ intent: Intent, by actor: Actor, subject: EntityFacts?, _ others: [EntityFacts]
    ) throws(Refusal) {
        try requireCapability(for: intent, of: actor)
        switch intent {
        case .say(let text):
            try requireSayable(text)
        case .create(let kind, let motion, let name):
            try requireCreatable(kind, by: actor)
            try requirePlaceable(motion, by: actor, within: sight)
            if let name { try requireName(name, of: kind) }
        case .delete(let id):
            let facts = try requireSubject(subject, id, of: actor)
            try requireDisposable(facts, by: actor)
        case .place(let id, let motion):
            let facts = try requireSubject(subject, id, of: actor)
            try requirePlacing(facts, by: actor)
            try requirePlaceable(motion, by: actor, within: sight)
        case .all(let parts): try requireWhole(parts)
        case .pickUp(let id):
            try requirePickUp(try requireSubject(subject, id, of: actor), by: actor)
        case .putDown(let id, let motion):
            try requireInHands(try requireSubject(subject, id, of: actor), of: actor.entity, actor)
            try requirePlaceable(motion, by: actor, within: hand)
        case .give(let id, let receiver):
            let facts = try requireSubject(subject, id, of: actor)
            try requireGift(facts, to: receiver, others.first { $0.id == receiver }, by: actor)
        case .trade(let other, let mine, let theirs):
            try requireTrade(
                with: try requireSubject(subject, other, of: actor), mine, theirs, others,
                by: actor)
        case .share(let id, let identity):
            try requireShare(
                try requireSubject(subject, id, of: actor), with: identity, by: actor)
        case .unshare(let id, let identity):
            let facts = try requireSubject(subject, id, of: actor)
            if identity != actor.identity { try requireDisposable(facts, by: actor) }
        case .handOver(let id, let identity):
            try requireDisposable(try requireSubject(subject, id, of: actor), by: actor)
            try requireAccount(identity)
        case .set(let id, _, _), .add(let id, _, _), .insert(let id, _, _), .remove(let id, _, _),
            .put(let id, _, key: _, _), .removeKey(let id, _, key: _):
            let facts = try requireSubject(subject, id, of: actor)
            try requireEdit(intent, of: facts, by: actor)
        }
    }

    private func requireCapability(for intent: Intent, of actor: Actor) throws(Refusal) {
        let needed: Capabilities
        let what: String
        switch intent {
        case .say: (needed, what) = (.speak, "speak")
        case .create, .delete, .place, .share, .unshare, .handOver:
            (needed, what) = (.build, "build")
        case .pickUp, .putDown, .give, .trade: (needed, what) = (.carry, "carry things")
        case .all: return  // Its parts need theirs.
        default: (needed, what) = (.edit, "edit")
        }
        guard !actor.capabilities.contains(needed) else { return }
        throw Refusal(
            rule: .capability,
            reason: "your token does not let you \(what); ask the operator for one that does")
    }

    private func requireSayable(_ text: String) throws(Refusal) {
        if text.isEmpty {
            throw Refusal(rule: .text, reason: "there is nothing to say; write something")
        }
        guard
            let fault = FieldDescription.fault(
                in: text, called: "chat", atMostBytes: WorldLimits.sayBytes)
        else { return }
        throw Refusal(
            rule: .text, reason: fault.reason,
            nearest: fault.nearest.isEmpty ? nil : .value(.text(fault.nearest)))
    }

    /// The subject is there, and near enough to be known.
    private func requireSubject(
        _ facts: EntityFacts?, _ id: EntityID, of actor: Actor
    ) throws(Refusal) -> EntityFacts {
        guard let facts, facts.id == id else {
            throw Refusal(
                rule: .unknownEntity, reason: "no such entity is near; it may have been deleted")
        }
        guard
            actor.role == .operator || facts.id == actor.entity
                || sight.covers(facts.position, from: actor.position)
        else {
            throw Refusal(
                rule: .reach, reason: "it is too far away; come within \(sight.metres) m of it")
        }
        return facts
    }
}

/// A distance that something must be within.
struct Reach: Sendable {
    let metres: Int
    let units: UInt64

    init(metres: Int) {
        self.metres = metres
        // Safe: metres of a valid description, at most 1,280.
        units = UInt64(metres) * UInt64(Position.unitsPerMetre)
    }

    func covers(_ position: Position, from place: Position) -> Bool {
        place.squaredDistance(to: position) <= units * units
    }
}
