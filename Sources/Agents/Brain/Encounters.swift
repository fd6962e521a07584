// Whom a character has met, so that it greets once and does not lead anyone in circles.

import CairnBasics

/// The last times a character did something with somebody; the oldest are forgotten first.
struct Encounters: Sendable {
    enum Kind: Hashable, Sendable { case greeted, guided }

    /// Most meetings remembered: more than come by a character within a cool-down.
    static let capacity = 256

    private struct Entry: Sendable {
        var kind: Kind
        var person: EntityID
        var time: Instant
    }
    /// Ascending by time.
    private var entries: [Entry] = []

    mutating func note(_ kind: Kind, with person: EntityID, at time: Instant) {
        entries.removeAll { $0.kind == kind && $0.person == person }
        if entries.count == Self.capacity { entries.removeFirst() }
        entries.append(Entry(kind: kind, person: person, time: time))
    }

    /// When it last happened; nil when never or too long ago to remember.
    /// - Complexity: O(capacity)
    func last(_ kind: Kind, with person: EntityID) -> Instant? {
        entries.last { $0.kind == kind && $0.person == person }?.time
    }

    /// True when it happened at most `span` before `now`.
    func happened(
        _ kind: Kind, with person: EntityID, within span: TimeSpan, of now: Instant
    ) -> Bool {
        last(kind, with: person).map { now - $0 <= span } ?? false
    }
}
