// What a session has had performed of late, so that an edit whose answer was lost is answered again
// and not performed again: after a lost connection, after a crash, and on another node.
//
// The outcomes are a field of a ledger in the lattice (see LedgerIndex), written in the same record of
// the journal as the edit itself: a crash loses both or neither. Each boot of each node writes a
// ledger of its own and nobody else's, so the field is a register with one writer, and what is known
// of a session is the union over its ledgers.

import CairnBasics
import CairnWorld

/// The newest intents of a session that were performed, and what they created.
struct SessionOutcomes: Equatable {
    struct Outcome: Equatable {
        var number: UInt32
        /// `EntityID.none` for an intent that creates nothing.
        var created: EntityID
    }

    let session: UInt64
    /// Ascending by number; none is `SessionLimits.window` or more below the last.
    private(set) var outcomes: [Outcome] = []

    init(session: UInt64) { self.session = session }

    enum Answer: Equatable {
        case performed(created: EntityID)
        /// Not performed: it may be judged now.
        case open
        /// An honest client has had the answer to an intent so far back.
        case forgotten
    }

    func answer(to number: UInt32) -> Answer {
        if let outcome = outcomes.first(where: { $0.number == number }) {
            return .performed(created: outcome.created)
        }
        return isForgotten(number) ? .forgotten : .open
    }

    /// What an intent created; nil when it is not known to have created anything.
    func created(by number: UInt32) -> EntityID? {
        guard case .performed(let created) = answer(to: number), created != .none else {
            return nil
        }
        return created
    }

    mutating func note(_ number: UInt32, created: EntityID) {
        guard !isForgotten(number), !outcomes.contains(where: { $0.number == number }) else {
            return
        }
        let place = outcomes.firstIndex { number < $0.number } ?? outcomes.count
        outcomes.insert(Outcome(number: number, created: created), at: place)
        let kept = outcomes.firstIndex { !isForgotten($0.number) } ?? 0
        outcomes.removeFirst(kept)
    }

    mutating func join(_ other: SessionOutcomes) {
        for outcome in other.outcomes { note(outcome.number, created: outcome.created) }
    }

    private func isForgotten(_ number: UInt32) -> Bool {
        guard let newest = outcomes.last?.number, newest >= SessionLimits.window else {
            return false
        }
        return number <= newest - SessionLimits.window
    }
}

extension SessionOutcomes {
    //     session: 8 bytes; per outcome, descending: varint(distance to the one above) (the first: its
    //     number), varint(created)
    var encoded: [UInt8] {
        let room = 8 + outcomes.count * 15
        let bytes = try? encodeBytes(capacity: room) { (writer) throws(CodecError) in
            try writer.put(session)
            var above: UInt32?
            for outcome in outcomes.reversed() {
                try writer.putVarint(UInt64(above.map { $0 - outcome.number } ?? outcome.number))
                try writer.putVarint(outcome.created.raw)
                above = outcome.number
            }
        }
        return bytes ?? []
    }

    /// - Throws: for bytes that `encoded` does not give; peers send them.
    init(decoding bytes: RawSpan) throws(CodecError) {
        var reader = ByteReader(bytes)
        self.init(session: try reader.get(UInt64.self))
        var above: UInt32?
        while reader.remaining > 0 {
            let distance = UInt32(
                truncatingIfNeeded: try reader.getVarint(atMost: UInt64(UInt32.max)))
            guard outcomes.count < SessionLimits.window else { throw .tooLarge }
            if let above, distance == 0 || distance > above { throw .malformed }
            let number = above.map { $0 - distance } ?? distance
            let created = EntityID(raw: try reader.getVarint())
            outcomes.insert(Outcome(number: number, created: created), at: 0)
            above = number
        }
    }
}
