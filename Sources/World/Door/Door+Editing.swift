// Who may change which field of what, and to what.

import CairnBasics
import CairnCRDT

extension Door {
    /// - Precondition: the intent is an edit: it names a field.
    func requireEdit(
        _ intent: Intent, of facts: EntityFacts, by actor: Actor
    ) throws(Refusal) {
        guard let id = intent.field, let field = description.field(id, of: facts.kind) else {
            throw Refusal(
                rule: .unknownField,
                reason: "'\(description.kind(facts.kind)?.name ?? "this kind")' has no such field; "
                    + "see the world's description")
        }
        try requireWriter(of: field, facts, actor)
        try requirePolicy(of: field, fits: intent)
        switch intent {
        case .set(_, _, let value):
            try requireFit(value, in: field)
            if field.policy == .attachment {
                try requireAttachable(to: value, in: field, facts, actor)
            }
        case .add(_, _, let amount) where field.policy == .bounded:
            try requireRights(for: amount, in: field, facts)
        case .add(_, _, let amount): try requireFit(amount, in: field, at: facts.counterValue)
        case .insert(_, _, let element):
            try requireFit(element, in: field)
            try requireRoom(in: field, facts, for: "element")
        case .put(_, _, let key, let value):
            try requireFit(key: key, in: field)
            try requireFit(value, in: field)
            try requireRoom(in: field, facts, for: "key")
        default:
            break  // Taking out what is not there changes nothing, so it needs no rule.
        }
    }

    private func requireWriter(
        of field: FieldDescription, _ facts: EntityFacts, _ actor: Actor
    ) throws(Refusal) {
        if field.id != .name, !field.id.isAuthored {
            throw Refusal(
                rule: .ownership,
                reason: "'\(field.name)' is not set; there are intents that change it")
        }
        if actor.role == .operator { return }
        let isAllowed: Bool
        let who: String
        switch field.writers {
        case .anyone: return
        case .owner:
            isAllowed = facts.id == actor.entity || owns(actor, facts) || facts.isKept
            who = "the owner"
        case .server: (isAllowed, who) = (false, "the server")
        case .npc: (isAllowed, who) = (actor.role == .npc, "the world's characters")
        }
        guard !isAllowed else { return }
        throw Refusal(rule: .ownership, reason: "only \(who) may change '\(field.name)'")
    }

    private func requirePolicy(
        of field: FieldDescription, fits intent: Intent
    ) throws(Refusal) {
        switch (field.policy, intent) {
        case (.latest, .set), (.maximum, .set), (.minimum, .set), (.multiValue, .set),
            (.attachment, .set), (.counter, .add), (.bounded, .add), (.set, .insert),
            (.set, .remove), (.map, .put), (.map, .removeKey):
            return
        default: break
        }
        let edits =
            switch field.policy {
            case .latest: "a single value; set it"
            case .counter: "a counter; add to it"
            case .set: "a set; insert and remove elements"
            case .map: "a map; put and remove keys"
            case .maximum: "a maximum; set the value that may raise it"
            case .minimum: "a minimum; set the value that may lower it"
            case .multiValue: "one value, or several that nobody has chosen from; set it"
            case .bounded: "a bounded counter; add to it, or a negative amount to take from it"
            case .attachment: "an attachment; set the entity to hang on, or none"
            }
        throw Refusal(rule: .policy, reason: "'\(field.name)' is \(edits)")
    }

    private func requireFit(_ value: Scalar, in field: FieldDescription) throws(Refusal) {
        if let fault = field.fault(in: value) { throw Refusal(fault) }
    }

    /// The largest amount of one addition, about 10^12. The sums of a counter saturate at 2^63, and a
    /// few additions without a limit would pin it there for good.
    static let largestAmount: Int64 = 1 << 40

    /// A counter stays in its range: the amount that would take it beyond is refused, with the
    /// amount that takes it to the end.
    func requireFit(
        _ amount: Int64, in field: FieldDescription, at current: Int64
    ) throws(Refusal) {
        let (sum, overflows) = current.addingReportingOverflow(amount)
        let range = field.range ?? Int64.min...Int64.max
        if overflows || !range.contains(sum) {
            let end = amount < 0 ? range.lowerBound : range.upperBound
            let rest = end.subtractingReportingOverflow(current)
            throw Refusal(
                rule: .range,
                reason: "'\(field.name)' stands at \(current) and goes from \(range.words)",
                nearest: rest.overflow || (rest.partialValue < 0) != (amount < 0)
                    ? nil : .value(.integer(Self.limited(rest.partialValue))))
        }
        try requireModest(amount, in: field)
    }

    func requireModest(_ amount: Int64, in field: FieldDescription) throws(Refusal) {
        guard amount != Self.limited(amount) else { return }
        throw Refusal(
            rule: .range,
            reason: "'\(field.name)' changes by at most \(Self.largestAmount) at once",
            nearest: .value(.integer(Self.limited(amount))))
    }

    static func limited(_ amount: Int64) -> Int64 {
        max(-largestAmount, min(largestAmount, amount))
    }

    private func requireFit(key: String, in field: FieldDescription) throws(Refusal) {
        if key.isEmpty {
            throw Refusal(rule: .text, reason: "a key of '\(field.name)' has at least one letter")
        }
        guard
            let fault = FieldDescription.fault(
                in: key, called: "a key of '\(field.name)'", atMostBytes: WorldLimits.keyBytes)
        else { return }
        throw Refusal(rule: .text, reason: fault.reason)
    }

    private func requireRoom(
        in field: FieldDescription, _ facts: EntityFacts, for what: String
    ) throws(Refusal) {
        guard !facts.holdsElement, facts.elementCount >= field.maximumElements else { return }
        throw Refusal(
            rule: .elements,
            reason: "'\(field.name)' is full with \(field.maximumElements); remove a \(what) first")
    }
}
