// What the door asks before one entity is hung on another.

public import CairnBasics
import CairnCRDT
import CairnGeometry

extension WorldState {
    /// What hanging `id` on `parent` would lead to now.
    ///
    /// - Complexity: O(depth + attachmentBranch · depth), both capped by the door's own limits
    ///   unless concurrent moves went beyond them.
    public func attachmentFacts(
        of id: EntityID, _ field: FieldID, to parent: EntityID
    ) -> AttachmentFacts {
        guard let position = motion(of: parent)?.position else {
            return AttachmentFacts(parentPosition: nil)
        }
        var facts = AttachmentFacts(parentPosition: position)
        facts.closesCircle = lattice.wouldHangOnItself(id, attachedTo: parent, field)
        if facts.closesCircle { return facts }
        let limit = WorldLimits.attachmentDepth + 1
        facts.depth = 1 + lattice.depth(of: parent, field, atMost: limit) + height(of: id, field)
        return facts
    }

    /// How many levels hang below an entity; more than the door allows when there are more than so
    /// many, or too many to look at.
    private func height(of id: EntityID, _ field: FieldID) -> Int {
        let limit = WorldLimits.attachmentDepth + 1
        var height = 0
        var looked = 0
        var level = [id]
        while height < limit {
            var next: [EntityID] = []
            for parent in level {
                for child in attachments.children(of: parent, field) {
                    looked += 1
                    guard looked <= WorldLimits.attachmentBranch else { return limit }
                    if lattice.parent(of: child, field) == parent { next.append(child) }
                }
            }
            if next.isEmpty { break }
            level = next
            height += 1
        }
        return height
    }
}
