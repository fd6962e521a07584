// The questions that only two policies ask: whether a bounded counter has so much to give, and
// whether an attachment leaves a forest.
//
// Both are answered for what is known here and now. The first answer is safe whatever others do
// meanwhile, since what this node has a right to nobody else can take. The second is not: two nodes
// may each let in a move that closes a circle with the other's, and reading breaks it (see
// Attachment).

import CairnBasics
import CairnCRDT

extension Door {
    /// Taking needs rights of this node's; adding gives it some, up to the range's end.
    func requireRights(
        for amount: Int64, in field: FieldDescription, _ facts: EntityFacts
    ) throws(Refusal) {
        let height = UInt64(clamping: facts.counterValue)
        let current = field.value(atHeight: height)
        guard amount < 0 else {
            return try requireFit(amount, in: field, at: current)
        }
        guard amount.magnitude > facts.rights else {
            return try requireModest(amount, in: field)
        }
        let range = field.range ?? FieldDescription.unbounded
        let isElsewhere = amount.magnitude <= height
        throw Refusal(
            rule: isElsewhere ? .rights : .range,
            reason: isElsewhere
                ? "of '\(field.name)', which stands at \(current), \(facts.rights) can be taken "
                    + "here now; try again, or take that"
                : "'\(field.name)' stands at \(current) and goes from \(range.words)",
            nearest: facts.rights == 0
                ? nil : .value(.integer(Self.limited(0 - Int64(clamping: facts.rights)))))
    }

    /// The parent is there, near enough to be known, and does not hang on the entity; or there is
    /// to be none.
    func requireAttachable(
        to value: Scalar, in field: FieldDescription, _ facts: EntityFacts, _ actor: Actor
    ) throws(Refusal) {
        if value == .entity(.none) { return }
        guard let attachment = facts.attachment, let place = attachment.parentPosition else {
            throw Refusal(
                rule: .unknownEntity,
                reason: "there is nothing near to hang it on; it may have been deleted")
        }
        guard actor.role == .operator || sight.covers(place, from: actor.position) else {
            throw Refusal(
                rule: .reach,
                reason:
                    "what it should hang on is too far away; come within \(sight.metres) m of it"
            )
        }
        guard !attachment.closesCircle else {
            throw Refusal(
                rule: .attachment,
                reason: "it would hang on itself; take what is in between off '\(field.name)' first"
            )
        }
        guard attachment.depth <= WorldLimits.attachmentDepth else {
            throw Refusal(
                rule: .attachment,
                reason: "more than \(WorldLimits.attachmentDepth) things would hang below one "
                    + "another, or more than \(WorldLimits.attachmentBranch) come along; hang it "
                    + "higher up")
        }
    }
}
