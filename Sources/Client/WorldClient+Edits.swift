// The way of an edit on this side: into the outbox and into view, out when its turn comes, and out of
// both when it is answered.

public import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
public import CairnWorld

extension WorldClient {
    /// Asks for a change of shared state; while away too. It is shown at once, as far as it can be
    /// foreseen, and taken back when it is refused.
    ///
    /// What the intent is about may be something that an earlier intent creates: name it by
    /// `EntityID(createdBy:)`.
    ///
    /// - Parameter now: When the picture was drawn that the application acts on; by it the server
    ///   judges what is near enough. Without it the picture is that of when the intent goes out.
    /// - Returns: The intent's number, which `accepted`, `durable` or `refused` will name.
    @discardableResult
    public mutating func submit(_ intent: Intent, now: Instant? = nil) -> UInt32 {
        let seen = now.flatMap { seenMoment(for: intent, now: $0) }
        let (number, refusal) = outbox.append(intent, seen: seen)
        if let refusal {
            note(.refused(intent: number, refusal))
        } else {
            foresee(intent, number: number)
        }
        return number
    }

    /// Hands the stream what may go out.
    mutating func sendEdits(now: Instant) {
        guard isPresent else { return }
        while let (number, message) = outbox.nextMessage() {
            let bytes = (outbox.edit(number)?.byteCount ?? 0) + Self.editOverhead
            guard pace.wait(now: now) == .zero, bytePace.admit(cost: bytes, now: now),
                pace.admit(now: now)
            else { return }
            send(sighted(message, now: now))
            outbox.noteSent(number)
        }
    }

    /// The message with the moment that was on the screen, where that matters.
    private func sighted(_ message: ClientMessage, now: Instant) -> ClientMessage {
        guard case .intent(let number, let intent) = message,
            (outbox.edit(number)?.byteCount ?? .max) + PresentedMoment.encodedByteCount
                <= ClientMessage.byteLimit,
            let seen = outbox.edit(number)?.seen ?? seenMoment(for: intent, now: now)
        else { return message }
        return .seenIntent(number: number, seen: seen, intent)
    }

    /// Which moment of the one that an intent is about is drawn; nil where nearness does not matter.
    private func seenMoment(for intent: Intent, now: Instant) -> PresentedMoment? {
        let whom = intent.parts.lazy.compactMap { part in
            switch part {
            case .pickUp(let thing): thing
            case .give(_, let body): body
            case .trade(let body, _, _): body
            default: nil
            }
        }.first
        guard let whom, let moment = presentedMoment(now: now) else { return nil }
        var ticks = moment.ticks
        if let seen, let row = seen.row(of: key(whom)) {
            ticks -= seen.lag(row: row, at: moment)
        }
        return PresentedMoment(origin: moment.origin, ticks: ticks)
    }

    mutating func takeAccepted(
        _ number: UInt32, created: EntityID, _ effects: [Effect], now: Instant
    ) {
        for effect in effects {
            replica?.join(
                effect.delta, effect.field, of: effect.entity, performedIntent: number)
        }
        guard outbox.accept(number, created: created) != nil else { return }
        foresight.accept(number, created: created, now: now)
        homecoming?.accept(number)
        note(.accepted(intent: number, created: created))
        endHomecoming()
    }

    mutating func takeRefused(_ number: UInt32, _ refusal: Refusal) {
        guard let edit = outbox.refuse(number) else { return }
        takeBack(edit)
        homecoming?.refuse(number, refusal)
        note(.refused(intent: number, refusal))
        endHomecoming()
    }

    mutating func takeDurable(through number: UInt32) {
        outbox.settle(through: number)
        note(.durable(through: number))
    }

    private mutating func endHomecoming() {
        guard let done = homecoming, done.open.isEmpty else { return }
        homecoming = nil
        note(.caughtUp(done))
    }
}

// MARK: - Foresight

extension WorldClient {
    /// Lays all open edits over what is shown, as after a restart.
    mutating func resumeForesight() {
        foresight = Foresight()
        for edit in outbox.edits where !edit.isAccepted && !edit.isUnsure {
            lay(edit.intent, number: edit.number)
        }
    }

    private mutating func foresee(_ intent: Intent, number: UInt32) {
        lay(intent, number: number)
        if case .create = intent { note(.appeared(EntityID(createdBy: number))) }
        guard let subject = intent.subject else { return }
        if case .delete = intent {
            note(.disappeared(subject, wasDeleted: true))
        } else {
            note(.changed(subject))
        }
    }

    private mutating func lay(_ intent: Intent, number: UInt32) {
        let outbox = outbox
        foresight.add(intent, number: number) { id in
            id.creatingIntent.flatMap { outbox.id(createdBy: $0) } ?? id
        }
    }

    /// Takes a refused edit out of view.
    private mutating func takeBack(_ edit: OpenEdit) {
        if let thing = foresight.removeProvisional(edit.number) {
            note(.disappeared(EntityID(createdBy: thing.number), wasDeleted: true))
        }
        for taken in foresight.remove(edit.number) {
            guard kindID(of: taken.subject) != nil else { continue }
            if case .delete = taken.intent {
                note(.appeared(taken.subject))
            } else {
                note(.changed(taken.subject))
            }
        }
    }

    /// Lets go of accepted edits whose effect is in what is shown.
    mutating func settleForesight(now: Instant) {
        guard !foresight.isEmpty, stale == nil, let entities = replica?.entities else { return }
        var settled = foresight
        settled.settle(now: now) { edit in isShown(edit, in: entities, now: now) }
        let ended = settled.settleProvisionals(now: now) { entities.row(of: $0) != nil }
        foresight = settled
        for handle in ended { note(.disappeared(handle, wasDeleted: false)) }
    }

    private func isShown(
        _ edit: Foresight.Edit, in entities: ReplicaEntities, now: Instant
    ) -> Bool {
        guard let row = entities.row(of: edit.subject) else {
            // Gone, as was wished; or not there yet, and then it brings the edit with it.
            if case .delete = edit.intent { return true }
            return foresight.provisional(edit.subject) == nil
        }
        if let field = edit.intent.field {
            return entities.performedIntent(field, row: row) >= edit.number
        }
        guard case .place(_, let motion) = edit.intent,
            let moment = playback?.presentationTick(now: now)
        else { return false }
        return entities.shownMotion(row: row, at: moment).position == motion.position
    }
}
