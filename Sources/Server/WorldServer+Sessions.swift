// The life of a session: joined (a slot, nothing else), entered (a body in the world, and state
// begins to flow), left (the body goes, others see it leave).

import CairnAnchors
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnTransport
import CairnWire
import CairnWorld

extension WorldServer {
    /// A connection has proven its token.
    mutating func admit(
        _ connection: ConnectionHandle, _ identity: ClientIdentity, now: Instant
    ) {
        let index = connection.index
        if sessions.contains(index) { removeSession(index) }
        subscriptions.insert(noInterest(of: index), at: index)
        let worldTime = worldTime(at: now)
        let session = Session(
            connection: connection, joinedAt: now, lastMotionAt: worldTime, performedAt: now,
            identity: identity, tally: MotionTally(now: identity.role == .device ? now : worldTime),
            limits: MovementLimits(maxSpeedUnits: 0, bounds: description.bounds),
            focus: description.spawns.first ?? .origin,
            budget: RateLimit(
                perSecond: configuration.budgetPerSecond, burst: configuration.budgetBurst))
        sessions.insert(session, at: index)
        counters.joins &+= 1
        if identity.identity >= Account.firstReserved {
            misbehave(index, "has an identity that is reserved; issue tokens below 2^62")
        }
    }

    /// A client has said what it wants to see: it gets its body and the world's description.
    mutating func enter(
        _ index: Int, _ entrance: Entrance, now: Instant, wallMilliseconds: UInt64
    ) {
        guard sessions[index].phase == .arriving else { return strain(index, now: now) }
        let wanted = Int(entrance.interestMetres)
        if wanted > 0 {
            subscriptions[index].interestMetres = min(wanted, radiusLimit(of: index))
        }
        subscriptions[index].verifies = entrance.wantsDigests
        sessions[index].phase = .welcomed
        expireLedgers(wallMilliseconds: wallMilliseconds)
        resume(index, entrance.session)
        let identity = sessions[index].identity
        if let kind = bodyKind(of: identity.role) {
            let entity = create(
                kind.id, owner: identity.identity, motion: Motion(position: spawn()),
                name: identity.name, wallMilliseconds: wallMilliseconds)
            sessions[index].entity = entity
            sessions[index].limits = description.movementLimits(of: kind)
            if kind.role == .device { sessions[index].tracker = DeviceTracker() }
        }
        let welcome = Welcome(
            entity: sessions[index].entity,
            resumption: resumption(of: entrance.session, wallMilliseconds: wallMilliseconds),
            isSessionKnown: isKnown(
                entrance, of: identity.identity, wallMilliseconds: wallMilliseconds),
            description: encodedDescription)
        send(.welcome(welcome), to: index)
    }

    /// What a client is told of before anything has been told.
    private func noInterest(of index: Int) -> Subscription {
        Subscription(
            interestMetres: description.interestMetres, rules: interestRules,
            bytesPerTick: configuration.usualBytesPerTick,
            stagger: UInt32(truncatingIfNeeded: index))
    }

    /// A client that comes back on a new connection leaves no second body behind, though nobody has
    /// noticed yet that its last connection is dead.
    private mutating func resume(_ index: Int, _ session: UInt64) {
        guard session != 0 else { return }
        sessions[index].session = session
        let identity = sessions[index].identity.identity
        for other in sessions.indices where other != index && sessions.contains(other) {
            guard sessions[other].removal == nil, sessions[other].session == session,
                sessions[other].identity.identity == identity
            else { continue }
            sessions[other].removal = CloseReason(.removed, "came back on another connection")
        }
    }

    /// A client has understood its welcome: from the next tick on it gets state.
    mutating func begin(_ index: Int, now: Instant) {
        guard sessions[index].phase == .welcomed else { return strain(index, now: now) }
        sessions[index].phase = .present
        clientCount += 1
        note(
            .joined(
                name: sessions[index].identity.name, identity: sessions[index].identity.identity,
                clients: clientCount))
    }

    /// A connection is gone; whatever body it had goes too.
    mutating func leave(_ connection: ConnectionHandle, reason: CloseReason) {
        guard let index = sessionIndex(of: connection) else { return }
        takeBody(of: index)
        let (identity, phase) = (sessions[index].identity, sessions[index].phase)
        removeSession(index)
        counters.leaves &+= 1
        guard phase == .present else { return }
        clientCount -= 1
        note(
            .left(
                name: identity.name, identity: identity.identity,
                reason: "\(reason)", clients: clientCount))
    }

    /// Forgets a session and what its client has been told.
    mutating func removeSession(_ index: Int) {
        sessions.remove(index)
        subscriptions.remove(index)
    }

    /// Deletes the body of a client, if it has one.
    private mutating func takeBody(of index: Int) {
        let entity = sessions[index].entity
        guard entity != .none else { return }
        putDown(all: world.things(carriedBy: entity))
        forgetOffers(of: entity)
        commit(author.delete(entity, in: world.lattice))
        sessions[index].entity = .none
    }

    /// Takes the bodies of the clients that must go out of the world, and marks those that never
    /// come in. Before the tick is encoded, since within a tick everyone is told of one world; the
    /// goodbye itself goes out with the packets.
    mutating func endUnwelcome(now: Instant) {
        for index in sessions.indices where sessions.contains(index) {
            if sessions[index].phase != .present,
                now - sessions[index].joinedAt > Session.entranceLimit
            {
                misbehave(index, "has not entered in time")
            }
            if sessions[index].removal != nil { takeBody(of: index) }
        }
    }

    /// A spectator looks elsewhere, as soon as its limit allows; a body sees from where it stands.
    mutating func look(_ index: Int, at position: Position, radiusMetres: Int, now: Instant) {
        guard sessions[index].phase == .present, sessions[index].entity == .none,
            sessions[index].glances.admit(now: now)
        else { return strain(index, now: now) }
        sessions[index].pendingLook = (position, radiusMetres)
        takeLook(of: index, now: now)
    }

    /// Takes the looks that came too fast, as the limit allows: of each client the latest.
    mutating func takePendingLooks(now: Instant) {
        for index in sessions.indices where sessions.contains(index) {
            takeLook(of: index, now: now)
        }
    }

    private mutating func takeLook(of index: Int, now: Instant) {
        guard let look = sessions[index].pendingLook, sessions[index].looks.admit(now: now)
        else { return }
        sessions[index].pendingLook = nil
        sessions[index].focus = description.bounds.clamped(look.place)
        subscriptions[index].interestMetres = max(
            1, min(look.radiusMetres, radiusLimit(of: index)))
    }

    /// Whose body a role has: players and devices have one, spectators and operators do not.
    private func bodyKind(of role: ClientRole) -> KindDescription? {
        switch role {
        case .player: description.firstKind(of: .avatar)
        case .device: description.firstKind(of: .device) ?? description.firstKind(of: .avatar)
        case .spectator, .operator: nil
        }
    }

    /// Bodies see four times as far as the world's author thought right at most; who only watches
    /// may see a whole plaza at once.
    private func radiusLimit(of index: Int) -> Int {
        let limit = sessions[index].entity == .none ? 512 : description.interestMetres * 4
        return min(limit, WorldLimits.interestMetres.upperBound)
    }

    /// The next place to enter at: the spawns in turn, each a little to the side of the one before,
    /// so that two hundred people do not stand in one another.
    private mutating func spawn() -> Position {
        let spawns = description.spawns.isEmpty ? [.origin] : description.spawns
        let turn = nextSpawn
        nextSpawn &+= 1
        var place = spawns[turn % spawns.count]
        let ring = turn / spawns.count % 64
        let step = Position.unitsPerMetre * 3 / 2
        place.x &+= Int32(ring % 8 - 4) &* step
        place.y &+= Int32(ring / 8 - 4) &* step
        return description.bounds.clamped(place)
    }
}
