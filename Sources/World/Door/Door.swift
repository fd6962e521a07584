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
    /// How far a hand reaches, in position units: as far as the eye, because a client keeps what
    /// it sees until it is a cell beyond its interest.
    let reachUnits: UInt64
    let noGo: [ZoneDescription]

    /// - Precondition: the description has no faults.
    public init(_ description: WorldDescription) {
        self.description = description
        // Safe: both are metres of a valid description, at most 1,280 together.
        reachUnits =
            UInt64(description.interestMetres + description.cellMetres)
            * UInt64(Position.unitsPerMetre)
        noGo = description.zones.filter { $0.role == .noGo }
    }

    /// Judges one intent.
    ///
    /// - Parameter subject: what the world knows of the entity that `intent.subject` names; nil
    ///   where there is none, or none that the sender is told of.
    /// - Complexity: O(zones' corners) for `create` and `place`, else O(log fields + text).
    public func judge(
        _ intent: Intent, by actor: Actor, subject: EntityFacts? = nil
    ) -> Verdict {
        do throws(Refusal) {
            try admit(intent, by: actor, subject: subject)
            return .accepted
        } catch {
            return .refused(error)
        }
    }

    private func admit(
        _ intent: Intent, by actor: Actor, subject: EntityFacts?
    ) throws(Refusal) {
        try requireCapability(for: intent, of: actor)
        switch intent {
        case .say(let text):
            try requireSayable(text)
        case .create(let kind, let motion, let name):
            try requireCreatable(kind, by: actor)
            try requirePlaceable(motion, by: actor)
            if let name { try requireName(name, of: kind) }
        case .delete(let id):
            let facts = try requireSubject(subject, id, of: actor)
            try requireDisposable(facts, by: actor)
        case .place(let id, let motion):
            let facts = try requireSubject(subject, id, of: actor)
            try requireDisposable(facts, by: actor)
            try requirePlaceable(motion, by: actor)
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
        case .create, .delete, .place: (needed, what) = (.build, "build")
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
        guard actor.role == .operator || facts.id == actor.entity || reaches(facts.position, actor)
        else {
            throw Refusal(
                rule: .reach, reason: "it is too far away; come within \(reachMetres) m of it")
        }
        return facts
    }

    func reaches(_ position: Position, _ actor: Actor) -> Bool {
        actor.position.squaredDistance(to: position) <= reachUnits * reachUnits
    }

    var reachMetres: Int { description.interestMetres + description.cellMetres }
}
