// Intents at the door, and what becomes of those that pass. Players, operators and characters all
// come this way; there is no other.

import CairnAgents
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnStore
import CairnWire
import CairnWorld

extension WorldServer {
    /// How far a voice carries: across a plaza's table, not across the plaza.
    static let hearingMetres: UInt32 = 20
    /// Speech kept for the agents' next view.
    static let heardLimit = 256

    /// Judges one intent of a client and answers it.
    mutating func take(
        _ intent: Intent, number: UInt32, of index: Int, now: Instant, wallMilliseconds: UInt64
    ) {
        guard let session = sessions[index] else { return }
        guard session.phase == .present else { return strain(index, now: now) }
        guard isInTime(intent, of: index, now: now) else {
            refuse(
                Refusal(
                    rule: .rate, reason: "too many intents at once; wait a second"),
                number: number, to: index)
            return strain(index, now: now)
        }
        let outcomes = outcomes(
            of: session.identity.identity, session: session.session,
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
        let actor = actor(of: session)
        if case .refused(let refusal) = door.judge(intent, by: actor, subject: facts(for: intent)) {
            if refusal.rule == .rights { noteRightsWish(intent) }
            return refuse(refusal, number: number, to: index)
        }
        if let refusal = lackOfRoom(for: intent, by: actor) {
            return refuse(refusal, number: number, to: index)
        }
        performing = Lattice()
        let created = perform(intent, by: actor, now: now, wallMilliseconds: wallMilliseconds)
        let effects = takeEffects()
        if intent.isLasting {
            remember(
                number, created: created, of: actor.identity, session: session.session,
                wallMilliseconds: wallMilliseconds)
        }
        counters.intentsAccepted &+= 1
        confirm(number, created: created, effects: effects, to: index, now: now)
    }

    /// Answers what has become of an intent, without performing it.
    mutating func answer(
        _ number: UInt32, of index: Int, now: Instant, wallMilliseconds: UInt64
    ) {
        guard let session = sessions[index] else { return }
        guard session.phase == .present, sessions[index]?.intents.admit(now: now) == true else {
            return strain(index, now: now)
        }
        let outcomes = outcomes(
            of: session.identity.identity, session: session.session,
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
        let newest = max(number, sessions[index]?.performedIntent ?? 0)
        sessions[index]?.performedIntent = newest
        sessions[index]?.performedAt = now
        guard !gathered.isEmpty || journal.uncommittedRecords > 0 else {
            return send(.durable(through: number), to: index)
        }
        let sequence = journal.lastSequence + (gathered.isEmpty ? 0 : 1)
        sessions[index]?.awaitingDurability.append((number, sequence))
    }

    /// What the intent at hand has done to fields of entities that were there before it.
    private mutating func takeEffects() -> [Effect] {
        guard let done = performing else { return [] }
        performing = nil
        let effects = done.embryoIDs.sorted().flatMap { id in
            (done[id]?.fields ?? []).filter { $0.id != .placement }.map {
                Effect(entity: id, field: $0.id, delta: $0.state)
            }
        }
        return effects.count <= Effect.limit ? effects : []
    }

    /// Whether a client may have another intent judged now.
    private mutating func isInTime(_ intent: Intent, of index: Int, now: Instant) -> Bool {
        guard sessions[index]?.intents.admit(now: now) == true,
            sessions[index]?.awaitingDurability.count ?? 0 < Session.awaitingLimit
        else { return false }
        guard case .say = intent else { return true }
        return sessions[index]?.voice.admit(now: now) == true
    }

    /// Does what the door has let in.
    ///
    /// - Returns: The new entity of a creation, `EntityID.none` otherwise.
    @discardableResult
    mutating func perform(
        _ intent: Intent, by actor: Actor, now: Instant, wallMilliseconds: UInt64
    ) -> EntityID {
        switch intent {
        case .create(let kind, let motion, let name):
            return create(
                kind, owner: actor.identity, motion: motion, name: name,
                wallMilliseconds: wallMilliseconds)
        case .place(let id, let motion):
            place(id, motion, wallMilliseconds: wallMilliseconds)
        case .say(let text): say(text, by: actor, now: now)
        case .delete(let id):
            commit(author.delete(id, in: world.lattice))
        case .set, .add, .insert, .remove, .put, .removeKey:
            edit(intent, wallMilliseconds: wallMilliseconds)
        }
        return .none
    }

    /// Edits one field by its policy; nothing happens where that cannot be.
    mutating func edit(_ intent: Intent, wallMilliseconds: UInt64) {
        guard let id = intent.subject, let field = intent.field,
            let kind = world.lattice[id]?.life?.kind,
            let rules = description.field(field, of: kind),
            let delta = intent.written(
                by: &author, under: rules, in: world.lattice, wallMilliseconds: wallMilliseconds)
        else { return }
        commit(delta)
    }

    /// Tells everyone in earshot, and the agents.
    private mutating func say(_ text: String, by actor: Actor, now: Instant) {
        let radius = Self.hearingMetres * UInt32(Position.unitsPerMetre)
        let squaredRadius = UInt64(radius) * UInt64(radius)
        let name = world.lattice[actor.entity]?.latest(.name)
        let speaker = if case .text(let text)? = name { text } else { "" }
        for index in sessions.indices {
            guard let session = sessions[index], session.phase == .present else { continue }
            let place = self.place(of: session)
            // Spectators hear what they look at: they have no ears of their own to be near.
            let isNear =
                session.entity == .none
                || place.squaredDistance(to: actor.position) <= squaredRadius
            guard isNear, sessions[index]?.ears.admit(now: now) == true else { continue }
            send(.heard(speaker: actor.entity, name: speaker, text: text), to: index)
        }
        if heard.count == Self.heardLimit { heard.removeFirst() }
        heard.append(
            HeardSpeech(from: actor.entity, position: actor.position, text: text, tick: tick))
    }

    private mutating func place(_ id: EntityID, _ motion: Motion, wallMilliseconds: UInt64) {
        var resting = motion
        resting.velocity = .zero
        if let row = world.table.row(of: id) { world.move(row: row, to: resting) }
        commit(
            author.set(
                id, .placement, .bytes(resting.restingBytes), wallMilliseconds: wallMilliseconds))
    }

    private mutating func refuse(
        _ refusal: Refusal, number: UInt32, to index: Int
    ) {
        counters.intentsRefused &+= 1
        send(.refused(number: number, refusal), to: index)
    }

    private func actor(of session: Session) -> Actor {
        let role: ActorRole =
            switch session.identity.role {
            case .device: .device
            case .operator: .operator
            case .player, .spectator: .player
            }
        let granted = Capabilities(rawValue: session.identity.capabilities)
        return Actor(
            identity: session.identity.identity, role: role,
            capabilities: session.identity.role == .spectator ? .spectator : granted,
            entity: session.entity, position: place(of: session))
    }

    /// Where a session is, without copying it.
    func place(ofSession index: Int) -> Position {
        guard let entity = sessions[index]?.entity else { return .origin }
        return world.motion(of: entity)?.position ?? sessions[index]?.focus ?? .origin
    }

    /// Where a session is: its body, or where it looks.
    func place(of session: Session) -> Position {
        world.motion(of: session.entity)?.position ?? session.focus
    }

    /// What the door must know of the entity that an intent names.
    func facts(for intent: Intent) -> EntityFacts? {
        guard let id = intent.subject, let row = world.table.row(of: id) else { return nil }
        var facts = EntityFacts(
            id: id, kind: world.table.kinds[row], owner: world.table.owners[row],
            position: world.table.motions[row].position)
        guard let field = intent.field else { return facts }
        if case .set(_, _, .entity(let parent)) = intent,
            description.field(field, of: facts.kind)?.policy == .attachment
        {
            facts.attachment = world.attachmentFacts(of: id, field, to: parent)
        }
        guard let state = world.lattice[id]?[field] else { return facts }
        switch (state, intent) {
        case (.set(let set), .insert(_, _, let element)),
            (.set(let set), .remove(_, _, let element)):
            facts.elementCount = set.count
            facts.holdsElement = set.contains(element)
        case (.map(let map), .put(_, _, let key, _)), (.map(let map), .removeKey(_, _, let key)):
            facts.elementCount = map.count
            facts.holdsElement = map[key] != nil
        case (.counter(let counter), _): facts.counterValue = counter.value
        case (.bounded(let counter), _):
            facts.counterValue = Int64(clamping: counter.aboveBound)
            facts.rights = counter.inheritableRights(of: author.replica)
        default: break
        }
        return facts
    }
}
