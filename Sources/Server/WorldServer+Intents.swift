// Intents at the door, and what becomes of those that pass. Players, operators and characters all
// come this way; there is no other.
//
// An intent is written before it counts: on a draft of the entities that it names, part by part, each
// judged as the parts before it leave the world. What it would make is then weighed against the
// sender's room and budget. Only then does the draft become the world, as one delta; a refusal at any
// point leaves nothing behind.

import CairnAgents
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnStore
import CairnWire
import CairnWorld

/// An intent that has been written and not yet happened.
struct PreparedIntent {
    var draft: Draft
    /// The entities that it made; none of a whole's is told apart in the answer.
    var created: [EntityID] = []
    /// What is said, and to how many.
    var speech: (text: String, listeners: Int)?
    /// An offer that is made or taken up.
    var trade: TradeOffer?
    /// Whether both sides of an exchange have agreed to it.
    var isTradeAgreed = false

    /// What it does to fields of entities that were there before it, for the answer; none where
    /// there are too many to name.
    var effects: [Effect] {
        let effects = draft.delta.embryoIDs.sorted().flatMap { id in
            (draft.delta[id]?.fields ?? []).filter { $0.id != .placement }.map {
                Effect(entity: id, field: $0.id, delta: $0.state)
            }
        }
        return effects.count <= Effect.limit ? effects : []
    }
}

extension WorldServer {
    /// Judges one intent of a client and answers it.
    mutating func take(
        _ intent: Intent, number: UInt32, seen: PresentedMoment? = nil, of index: Int,
        now: Instant, wallMilliseconds: UInt64
    ) {
        guard sessions[index].phase == .present else { return strain(index, now: now) }
        if let refusal = lackOfTime(for: intent, of: index, now: now) {
            refuse(refusal, number: number, to: index)
            return strain(index, now: now)
        }
        let outcomes = outcomes(
            of: sessions[index].identity.identity, session: sessions[index].session,
            wallMilliseconds: wallMilliseconds)
        switch outcomes.answer(to: number) {
        case .performed(let created):
            return confirm(number, created: created, to: index, now: now)
        case .forgotten: return refuse(Self.tooOld, number: number, to: index)
        case .open: break
        }
        guard let intent = intent.resolvingHandles({ outcomes.created(by: $0) }) else {
            let refusal = Refusal(
                rule: .unknownEntity,
                reason: "what it is about was not created; see the answer to that")
            return refuse(refusal, number: number, to: index)
        }
        do throws(Refusal) {
            var actor = actor(of: index)
            actor.seen = seen
            let prepared = try prepare(
                intent, by: actor, now: now, wallMilliseconds: wallMilliseconds)
            let cost = cost(of: prepared, parts: intent.parts.count)
            if let refusal = sessions[index].budget.refusal(of: cost, now: now) {
                author.abandon(prepared.draft)
                throw refusal
            }
            let created = complete(prepared, by: actor, now: now)
            if intent.isLasting {
                remember(
                    number, created: created, of: actor.identity,
                    session: sessions[index].session, wallMilliseconds: wallMilliseconds)
            }
            counters.intentsAccepted &+= 1
            confirm(
                number, created: created, effects: prepared.effects, to: index, now: now)
        } catch {
            refuse(error, number: number, to: index)
        }
    }

    /// Answers what has become of an intent, without performing it.
    mutating func answer(
        _ number: UInt32, of index: Int, now: Instant, wallMilliseconds: UInt64
    ) {
        guard sessions[index].phase == .present, sessions[index].intents.admit(now: now) else {
            return strain(index, now: now)
        }
        let outcomes = outcomes(
            of: sessions[index].identity.identity, session: sessions[index].session,
            wallMilliseconds: wallMilliseconds)
        guard case .performed(let created) = outcomes.answer(to: number) else {
            return refuse(Self.tooOld, number: number, to: index)
        }
        confirm(number, created: created, to: index, now: now)
    }

    private static let tooOld = Refusal(
        rule: .tooOld,
        reason: "nobody here knows any more whether it was done; look, and do it again if not")

    /// Tells a client that its intent is part of the world, and when that is on the disk.
    private mutating func confirm(
        _ number: UInt32, created: EntityID, effects: [Effect] = [], to index: Int, now: Instant
    ) {
        send(.accepted(number: number, created: created, effects: effects), to: index)
        let newest = max(number, sessions[index].performedIntent ?? 0)
        sessions[index].performedIntent = newest
        sessions[index].performedAt = now
        guard !gathered.isEmpty || journal.uncommittedRecords > 0 else {
            return send(.durable(through: number), to: index)
        }
        let sequence = journal.lastSequence + (gathered.isEmpty ? 0 : 1)
        sessions[index].awaitingDurability.append((number, sequence))
    }

    /// Why a client may not have another intent judged now; nil when it may.
    private mutating func lackOfTime(
        for intent: Intent, of index: Int, now: Instant
    ) -> Refusal? {
        guard sessions[index].awaitingDurability.count < Session.awaitingLimit else {
            return Refusal(
                rule: .rate, reason: "too many of your edits wait for the disk; wait a moment")
        }
        let count = max(1, min(intent.parts.count, Intent.maximumParts))
        if let refusal = sessions[index].intents.refusal(of: count, .rate, now: now) {
            return refusal
        }
        switch intent {
        // An offer is told to somebody, as speech is.
        case .say, .trade: return sessions[index].voice.refusal(of: 1, .rate, now: now)
        default: return nil
        }
    }

    /// Judges an intent and writes it on a draft.
    ///
    /// - Throws: why not; the author is then where it was.
    mutating func prepare(
        _ intent: Intent, by actor: Actor, now: Instant, wallMilliseconds: UInt64
    ) throws(Refusal) -> PreparedIntent {
        if case .all = intent, case .refused(let refusal) = door.judge(intent, by: actor) {
            throw refusal
        }
        try requireOneAttachment(in: intent)
        var prepared = PreparedIntent(draft: draft(for: intent))
        do throws(Refusal) {
            for (index, part) in intent.parts.enumerated() {
                do throws(Refusal) {
                    try admit(part, by: actor, prepared.draft)
                    if case .trade = part {
                        try prepareTrade(part, by: actor, into: &prepared, now: now)
                    }
                    try write(
                        part, by: actor, into: &prepared, wallMilliseconds: wallMilliseconds)
                } catch {
                    var refusal = error
                    if case .all = intent { refusal.part = UInt8(truncatingIfNeeded: index + 1) }
                    throw refusal
                }
            }
            if let refusal = lackOfRoom(for: prepared, of: intent, by: actor) { throw refusal }
        } catch {
            author.abandon(prepared.draft)
            throw error
        }
        return prepared
    }

    /// What hangs on what is known of the world and not of a draft, so a whole attaches once.
    private func requireOneAttachment(in intent: Intent) throws(Refusal) {
        guard case .all(let parts) = intent else { return }
        var attachments = 0
        for (index, part) in parts.enumerated() {
            guard case .set(let id, let field, .entity) = part,
                let row = world.table.row(of: id),
                description.field(field, of: world.table.kinds[row])?.policy == .attachment
            else { continue }
            attachments += 1
            guard attachments > 1 else { continue }
            throw Refusal(
                rule: .whole, reason: "a whole attaches one thing; attach the others after it",
                part: UInt8(truncatingIfNeeded: index + 1))
        }
    }

    private mutating func admit(_ part: Intent, by actor: Actor, _ draft: borrowing Draft)
        throws(Refusal)
    {
        var actor = actor
        switch part {
        case .pickUp, .give, .trade: actor.load = load(of: actor.entity, in: draft)
        default: break
        }
        let verdict = door.judge(
            part, by: actor, subject: facts(for: part, by: actor, in: draft),
            others: part.others.compactMap { facts(of: $0, by: actor, in: draft) })
        if case .refused(let refusal) = verdict {
            if refusal.rule == .rights { noteRightsWish(part) }
            throw refusal
        }
    }

    /// Makes a prepared intent happen.
    ///
    /// - Returns: The new entity of a creation, `EntityID.none` otherwise.
    @discardableResult
    mutating func complete(
        _ prepared: PreparedIntent, by actor: Actor, now: Instant
    ) -> EntityID {
        if !prepared.draft.delta.isEmpty { commit(prepared.draft.delta) }
        if let speech = prepared.speech { say(speech.text, by: actor, now: now) }
        if let trade = prepared.trade { settle(trade, isAgreed: prepared.isTradeAgreed) }
        return prepared.created.count == 1 ? prepared.created[0] : .none
    }

    mutating func refuse(_ refusal: Refusal, number: UInt32, to index: Int) {
        counters.intentsRefused &+= 1
        send(.refused(number: number, refusal), to: index)
    }

    private func actor(of index: Int) -> Actor {
        let identity = sessions[index].identity
        let role: ActorRole =
            switch identity.role {
            case .device: .device
            case .operator: .operator
            case .player, .spectator: .player
            }
        let granted = Capabilities(rawValue: identity.capabilities)
        return Actor(
            identity: identity.identity, role: role,
            capabilities: identity.role == .spectator ? .spectator : granted,
            entity: sessions[index].entity, position: place(ofSession: index))
    }

    /// Where a session is: its body, or where it looks.
    func place(ofSession index: Int) -> Position {
        world.motion(of: sessions[index].entity)?.position ?? sessions[index].focus
    }
}
