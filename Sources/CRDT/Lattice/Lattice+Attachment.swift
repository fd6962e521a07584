// The forest of attachments, read from what is written: see Attachment for the rule and the reason.
//
// An attachment stands while both of its ends live. Every entity has one parent at most, so the way
// up from anywhere ends, or runs into one circle. Brent's cycle search ("An improved Monte Carlo
// factorization algorithm", 1980) walks it in constant memory.

public import CairnBasics

extension Lattice {
    /// What an entity is attached to: nil when it stands free, because nothing is written, or one
    /// of the two does not live, or its attachment is the latest of those that form a circle.
    ///
    /// Following parents always ends.
    /// - Complexity: O(depth)
    public func parent(of id: EntityID, _ field: FieldID) -> EntityID? {
        Attachment.parent(of: id) { standing($0, field) }
    }

    /// How many entities are above one, as attachments hold; stops counting at `limit`.
    /// - Complexity: O(limit · depth)
    public func depth(of id: EntityID, _ field: FieldID, atMost limit: Int) -> Int {
        var depth = 0
        var here = id
        while depth < limit, let parent = parent(of: here, field) {
            here = parent
            depth += 1
        }
        return depth
    }

    /// The entities attached to one, ascending.
    /// - Complexity: O(entities · depth)
    public func children(of id: EntityID, _ field: FieldID) -> [EntityID] {
        rows.indices.map { rows[$0].id }.filter { parent(of: $0, field) == id }.sorted()
    }

    /// True when attaching `id` to `parent` now would close a circle.
    /// - Complexity: O(depth)
    public func wouldHangOnItself(
        _ id: EntityID, attachedTo parent: EntityID, _ field: FieldID
    ) -> Bool {
        parent == id
            || Attachment.latest(onTheWayFrom: parent, to: id) { standing($0, field) } != nil
    }

    /// The attachment of an entity to another, while both live.
    private func standing(_ id: EntityID, _ field: FieldID) -> Attachment? {
        guard contains(id), let attachment = self[id]?[field]?.attachment,
            let parent = attachment.written, contains(parent)
        else { return nil }
        return attachment
    }
}

extension Attachment {
    /// What an entity is attached to, by the attachments that stand.
    ///
    /// - Parameter standing: the attachment of an entity, nil where there is none or one of its two
    ///   ends is not there.
    /// - Complexity: O(depth) calls
    public static func parent(
        of id: EntityID, standing: (EntityID) -> Attachment?
    ) -> EntityID? {
        guard let mine = standing(id), let parent = mine.written, parent != id else { return nil }
        guard let latest = latest(onTheWayFrom: parent, to: id, standing: standing) else {
            return parent
        }
        return latest < mine ? nil : parent
    }

    /// The latest attachment on the way up from one entity to another; nil when it does not lead
    /// there.
    fileprivate static func latest(
        onTheWayFrom start: EntityID, to end: EntityID, standing: (EntityID) -> Attachment?
    ) -> Attachment? {
        var latest: Attachment?
        var here = start
        // On a circle without `end` the way comes back to the mark, once that lies on the circle
        // and is left standing for as many steps as the circle has.
        var (mark, steps, patience) = (start, 0, 1)
        while let attachment = standing(here), let next = attachment.written {
            latest = max(latest ?? attachment, attachment)
            if next == end { return latest }
            if next == mark { return nil }
            steps += 1
            if steps == patience { (mark, steps, patience) = (next, 0, patience * 2) }
            here = next
        }
        return nil
    }
}
