// Who may put things into the world, move them and take them out, and where.

import CairnBasics
import CairnCRDT
import CairnGeometry

extension Door {
    /// Things are everybody's to create, characters the server's; bodies come with a session.
    func requireCreatable(_ id: KindID, by actor: Actor) throws(Refusal) {
        guard let kind = description.kind(id) else {
            throw Refusal(
                rule: .unknownKind, reason: "this world has no kind \(id.raw); see its description")
        }
        switch (kind.role, actor.role) {
        case (.object, _), (.npc, .npc), (.npc, .operator): return
        case (.npc, _):
            throw Refusal(
                rule: .role, reason: "a '\(kind.name)' is a character, which only the server plays")
        case (.avatar, _), (.device, _):
            throw Refusal(
                rule: .role, reason: "a '\(kind.name)' comes and goes with its session")
        }
    }

    /// Deleting, sharing and handing over: it is yours, and not somebody's body.
    func requireDisposable(_ facts: EntityFacts, by actor: Actor) throws(Refusal) {
        try requireCreatable(facts.kind, by: actor)
        guard actor.role == .operator || facts.id == actor.entity || owns(actor, facts) else {
            throw Refusal(
                rule: .ownership, reason: "it is not yours; only its owner may do that with it")
        }
    }

    /// Moving: it is yours or you keep it, it is not somebody's body, and nobody carries it.
    func requirePlacing(_ facts: EntityFacts, by actor: Actor) throws(Refusal) {
        try requireCreatable(facts.kind, by: actor)
        if actor.role == .operator { return }
        guard facts.id == actor.entity || owns(actor, facts) || facts.isKept else {
            throw Refusal(
                rule: .ownership,
                reason: "it is not yours; only its owner and its keepers may move it")
        }
        guard facts.holder == .none else {
            throw Refusal(rule: .held, reason: "somebody carries it; it must be put down first")
        }
    }

    /// The owner lets a client's account edit the thing, as long as there is room for it.
    func requireShare(
        _ facts: EntityFacts, with identity: UInt64, by actor: Actor
    ) throws(Refusal) {
        try requireDisposable(facts, by: actor)
        try requireAccount(identity)
        guard facts.holdsElement || facts.elementCount < WorldLimits.keepers else {
            throw Refusal(
                rule: .elements,
                reason: "it has \(WorldLimits.keepers) keepers already; take it from one first")
        }
    }

    func requireAccount(_ identity: UInt64) throws(Refusal) {
        guard !Account.isClient(identity) else { return }
        throw Refusal(
            rule: .range, reason: "no client has the account \(identity); they go from 1 to 2^62")
    }

    /// True when the entity is the sender's; what nobody owns is nobody's, not everybody's.
    func owns(_ actor: Actor, _ facts: EntityFacts) -> Bool {
        facts.owner != 0 && facts.owner == actor.identity
    }

    func requireName(_ name: String, of kind: KindID) throws(Refusal) {
        guard let fault = FieldDescription.builtIn(.name, of: kind)?.fault(in: .text(name))
        else { return }
        throw Refusal(fault)
    }

    /// The motion is one of rest, in bounds, in reach and outside every zone that forbids it.
    func requirePlaceable(
        _ motion: Motion, by actor: Actor, within reach: Reach
    ) throws(Refusal) {
        let rule: Refusal.Rule
        let reason: String
        if motion.velocity != .zero {
            (rule, reason) = (.rest, "things are put down at rest; send no velocity")
        } else if !description.bounds.contains(motion.position) {
            (rule, reason) = (
                .bounds, "that is outside the world; choose a place inside its bounds"
            )
        } else if actor.role != .operator && !reach.covers(motion.position, from: actor.position) {
            (rule, reason) = (
                .reach, "that is too far away; choose a place within \(reach.metres) m of you"
            )
        } else if actor.role != .operator, let zone = zone(forbidding: motion.position) {
            (rule, reason) = (.noGo, "nothing may be put in '\(zone.name)'; choose a place outside")
        } else {
            return
        }
        throw Refusal(
            rule: rule, reason: reason,
            nearest: placeable(near: motion, for: actor, within: reach).map { .motion($0) })
    }

    private func zone(forbidding position: Position) -> ZoneDescription? {
        noGo.first { $0.contains(position) }
    }

    /// A motion near the wish that would be accepted; nil where none was found.
    private func placeable(
        near wish: Motion, for actor: Actor, within reach: Reach
    ) -> Motion? {
        var motion = wish
        motion.velocity = .zero
        motion.position = description.bounds.clamped(motion.position)
        if actor.role == .operator { return motion }
        let start = description.bounds.clamped(actor.position)
        let way = squareRootRoundedUp(start.squaredDistance(to: motion.position))
        motion.position = start.moved(towards: motion.position, way: reach.units, of: way)
        while let zone = zone(forbidding: motion.position) {
            let outside = place(outside: zone, near: motion.position) {
                reach.covers($0, from: actor.position)
            }
            guard let outside else { return nil }
            motion.position = outside
        }
        return reach.covers(motion.position, from: actor.position) ? motion : nil
    }

    /// The nearest of the places just beyond each edge of `zone` where things may be put.
    private func place(
        outside zone: ZoneDescription, near position: Position, where reaches: (Position) -> Bool
    ) -> Position? {
        guard var previous = zone.polygon.last else { return nil }
        var nearest: Position?
        for corner in zone.polygon {
            for candidate in position.beyondEdge(from: previous, to: corner)
            where description.bounds.contains(candidate) && reaches(candidate)
                && self.zone(forbidding: candidate) == nil
            {
                if let best = nearest,
                    position.squaredDistance(to: best) <= position.squaredDistance(to: candidate)
                {
                    continue
                }
                nearest = candidate
            }
            previous = corner
        }
        return nearest
    }
}

extension Position {
    /// The foot of the perpendicular on an edge, a quarter of a metre to either side of it.
    fileprivate func beyondEdge(from start: PlanarPoint, to end: PlanarPoint) -> [Position] {
        let dx = Double(end.x) - Double(start.x)
        let dy = Double(end.y) - Double(start.y)
        let length = (dx * dx + dy * dy).squareRoot()
        guard length > 0 else { return [] }
        let along =
            ((Double(x) - Double(start.x)) * dx + (Double(y) - Double(start.y)) * dy)
            / (length * length)
        let part = max(0, min(1, along))
        return [-256.0, 256.0].compactMap { margin in
            Position(
                metresX: (Double(start.x) + part * dx + margin * dy / length) / 1024,
                (Double(start.y) + part * dy - margin * dx / length) / 1024, Double(z) / 1024)
        }
    }
}

extension Refusal {
    init(_ fault: ValueFault) {
        self.init(
            rule: fault.rule, reason: fault.reason, nearest: fault.nearest.map { .value($0) })
    }
}
