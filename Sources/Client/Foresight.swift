// Edits shown before the server has answered them, laid over what it has said so far. Nothing here
// changes the replica: an edit that is refused is lifted off again, and what is below is the
// server's state as if the edit had never been.
//
// Holds true: an edit is shown once. It is laid over a field until the field's state contains it,
// which is known in two ways: the answer brings the edit's own delta, joined into the replica in the
// same moment; and state that overtakes the answer comes with the number of the newest intent in
// it (see TickFrame). Both are joins, so it does not matter which is first.

import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnWorld

/// What the own edits make of the world while they are open.
struct Foresight {
    /// One edit to one entity.
    struct Edit {
        let number: UInt32
        /// What it is about, by `key`.
        var subject: EntityID
        let intent: Intent
        /// Accepted, and shown until then for the state that is still under way; nil while open.
        var endsAt: Instant?
    }

    /// A thing that is not in the replica yet.
    struct Provisional {
        let number: UInt32
        /// The handle, and from the answer on the id.
        var key: EntityID
        let kind: KindID
        let motion: Motion
        let name: String?
        /// A thing of the same kind that came into view at the same place, while no answer has said
        /// whether it is this one.
        var twin: EntityID?
        var endsAt: Instant?
    }

    /// How long an accepted edit is shown at most while its effect has not come: it was outdone by
    /// somebody else's, or is out of sight.
    static let patience = TimeSpan.seconds(2)

    private(set) var edits: [Edit] = []
    private(set) var provisionals: [Provisional] = []

    var isEmpty: Bool { edits.isEmpty && provisionals.isEmpty }
}

// MARK: - The life of an edit

extension Foresight {
    /// Lays an intent over the world.
    /// - Parameter key: Turns a handle into the id where that is known.
    mutating func add(_ intent: Intent, number: UInt32, key: (EntityID) -> EntityID) {
        if case .create(let kind, let motion, let name) = intent {
            provisionals.append(
                Provisional(
                    number: number, key: EntityID(createdBy: number), kind: kind, motion: motion,
                    name: name))
        } else if let subject = intent.subject {
            edits.append(Edit(number: number, subject: key(subject), intent: intent))
        }
    }

    /// Takes an intent off again.
    /// - Returns: What it was about.
    mutating func remove(_ number: UInt32) -> [Edit] {
        let removed = edits.filter { $0.number == number }
        edits.removeAll { $0.number == number }
        return removed
    }

    mutating func removeProvisional(_ number: UInt32) -> Provisional? {
        guard let index = provisionals.firstIndex(where: { $0.number == number }) else {
            return nil
        }
        return provisionals.remove(at: index)
    }

    /// The server has performed an intent.
    mutating func accept(_ number: UInt32, created: EntityID, now: Instant) {
        let end = now + Self.patience
        for index in edits.indices where edits[index].number == number {
            edits[index].endsAt = end
        }
        guard created != .none else { return }
        let handle = EntityID(createdBy: number)
        for index in provisionals.indices where provisionals[index].number == number {
            provisionals[index].key = created
            provisionals[index].endsAt = end
        }
        for index in edits.indices where edits[index].subject == handle {
            edits[index].subject = created
        }
    }

    /// Lets go of accepted edits for which `isDone`, or whose time is up.
    mutating func settle(now: Instant, isDone: (Edit) -> Bool) {
        edits.removeAll { edit in
            guard let end = edit.endsAt else { return false }
            return now >= end || isDone(edit)
        }
    }

    /// Lets go of the things that are in view now.
    /// - Returns: The handles that are not shown any more.
    mutating func settleProvisionals(now: Instant, isInView: (EntityID) -> Bool) -> [EntityID] {
        var ended: [EntityID] = []
        provisionals.removeAll { thing in
            guard let end = thing.endsAt, now >= end || isInView(thing.key) else { return false }
            ended.append(EntityID(createdBy: thing.number))
            return true
        }
        return ended
    }

    /// A thing has come into view that may be one of those awaited.
    mutating func meet(_ id: EntityID, kind: KindID, at position: Position) {
        let index = provisionals.firstIndex {
            $0.twin == nil && $0.endsAt == nil && $0.kind == kind && $0.motion.position == position
        }
        if let index { provisionals[index].twin = id }
    }
}

// MARK: - What is shown

extension Foresight {
    func provisional(_ key: EntityID) -> Provisional? {
        provisionals.first { $0.key == key || EntityID(createdBy: $0.number) == key }
    }

    /// True for what an open edit has deleted.
    func hides(_ key: EntityID) -> Bool {
        edits.contains { edit in
            guard edit.subject == key, case .delete = edit.intent else { return false }
            return true
        }
    }

    /// Where an open edit has put something.
    func placement(of key: EntityID) -> Motion? {
        let last = edits.last { edit in
            guard edit.subject == key, case .place = edit.intent else { return false }
            return true
        }
        guard case .place(_, var motion)? = last?.intent else { return nil }
        motion.velocity = .zero
        return motion
    }

    /// A field as it will be once the open edits are performed.
    ///
    /// - Parameter contained: The newest intent that `state` contains.
    /// - Complexity: O(open edits), and for each of the field what the edit takes.
    func field(
        _ rules: FieldDescription, of key: EntityID, over state: FieldState?, contained: UInt32
    ) -> FieldState? {
        var shown = state
        for edit in edits
        where edit.subject == key && edit.number > contained && edit.intent.field == rules.id {
            shown = edit.intent.foreseen(on: shown, by: rules)
        }
        return shown
    }
}
