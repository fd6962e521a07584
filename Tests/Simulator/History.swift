// What every actor asked for and what it was told, with when: all that the history checker knows.
//
// Nothing here comes from the lattice. Values, places and outcomes are kept in words of their own, so
// that a mistake in the lattice's idea of a thing cannot be the checker's idea of it as well.

import CairnBasics

/// A value as an actor wrote it, or as a node shows it.
enum HistoryValue: Hashable, Sendable {
    case nothing
    case number(Int64)
    case text(String)
    case entity(UInt64)
    case place(x: Int32, y: Int32, z: Int32)
}

/// A field of an entity.
struct HistoryField: Hashable, Sendable {
    var entity: UInt64
    var field: UInt16
}

/// One thing to be done.
enum HistoryAction: Sendable {
    /// What comes to be has no name of its own until its maker is told.
    case create(name: HistoryValue?, at: HistoryValue)
    case delete(UInt64)
    /// A value for a field whose rule says what becomes of it: see `HistoryRule`.
    case write(HistoryField, HistoryValue)
    case add(HistoryField, Int64)
    case insert(HistoryField, HistoryValue)
    case remove(HistoryField, HistoryValue)
    case put(HistoryField, key: HistoryValue, HistoryValue)
    case removeKey(HistoryField, key: HistoryValue)
    /// A thing goes into somebody's hands, and from then on where people go.
    case carry(UInt64)
}

/// How concurrent edits of a field are to come out.
enum HistoryRule: Sendable {
    case latest, counter, set, map, maximum, minimum, everyValue, parent
    /// As a counter, never under the bound.
    case bounded(from: Int64)
}

/// What was asked for at once, and what came of it.
struct HistoryEdit: Sendable {
    let actor: Int
    let actions: [HistoryAction]
    let sentAt: Instant
    /// Which run of which node was asked; where it was done, once that is known.
    var node: UInt8
    var boot: UInt32
    var acceptedAt: Instant?
    var durableAt: Instant?
    var isRefused = false
    /// True when it may have been done at another node than the one that told of it.
    var mayBeElsewhere = false
    /// The entity that a creation made.
    var created: UInt64 = 0
}

final class History {
    private(set) var edits: [HistoryEdit] = []
    private var makers: [UInt64: Int] = [:]

    /// The actor that was told it made the entity.
    func maker(of entity: UInt64) -> Int? { makers[entity] }

    /// Somebody asks for something.
    /// - Returns: What to call the edit by.
    func sent(
        _ actions: [HistoryAction], by actor: Int, to node: UInt8, boot: UInt32, at now: Instant
    ) -> Int {
        edits.append(
            HistoryEdit(actor: actor, actions: actions, sentAt: now, node: node, boot: boot))
        return edits.count - 1
    }

    func accepted(_ edit: Int, by node: UInt8, boot: UInt32, created: UInt64, at now: Instant) {
        edits[edit].acceptedAt = now
        edits[edit].node = node
        edits[edit].boot = boot
        edits[edit].created = created
        if created != 0 { makers[created] = edits[edit].actor }
    }

    func durable(_ edit: Int, at now: Instant) { edits[edit].durableAt = now }

    /// What was accepted once and is refused when it is asked for again may have been done.
    func refused(_ edit: Int) { edits[edit].isRefused = edits[edit].acceptedAt == nil }

    /// Its actor has gone to another node to hear of it.
    func wandered(_ edit: Int) { edits[edit].mayBeElsewhere = true }

    /// For comparing two runs.
    var digest: UInt64 {
        var digest = StateDigest()
        for edit in edits {
            digest.combine(UInt64(bitPattern: edit.sentAt.nanoseconds))
            digest.combine(UInt64(bitPattern: edit.acceptedAt?.nanoseconds ?? -1))
            digest.combine(UInt64(bitPattern: edit.durableAt?.nanoseconds ?? -1))
            digest.combine(edit.isRefused ? 1 : 0)
            digest.combine(edit.created)
        }
        return digest.value
    }
}
