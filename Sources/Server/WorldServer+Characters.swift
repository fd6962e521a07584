// NPCs. A tick hands out a view of the world and takes back wishes, whenever they come: it never
// waits for a brain. The wishes pass the same door and the same tally as a player's.

public import CairnAgents
public import CairnBasics
import CairnGeometry
import CairnWire
import CairnWorld

extension WorldServer {
    /// The owner of a character: a bit that no client's identity has, and its persona.
    static func characterOwner(persona: Int) -> UInt64 {
        Account.firstReserved | UInt64(persona)
    }

    /// The newest picture of the world for the agents, once for each that is due.
    public mutating func pollAgentsView() -> AgentsView? { agentsView.take() }

    /// Takes what the agents want.
    public mutating func handle(_ output: AgentOutput, now: Instant, wallMilliseconds: UInt64) {
        precondition(transmitCursor == nil, "drain pollTransmit before the next wish")
        newestWallMilliseconds = wallMilliseconds
        let worldTime = worldTime(at: now)
        for spawn in output.spawns { admit(spawn, now: now, wallMilliseconds: wallMilliseconds) }
        for intent in output.intents {
            switch intent {
            case .steer(let entity, let velocity, let facing, let animation):
                guard let index = characterIndex(of: entity) else { continue }
                characters[index].wish.velocity = velocity
                characters[index].wish.orientation = facing
                characters[index].wish.animation = animation
                characters[index].wishedAt = worldTime
            case .say(let entity, let text):
                speak(text, by: entity, now: now, wallMilliseconds: wallMilliseconds)
            }
        }
        if let plan = output.plan {
            note(.planned(characters: plan.placements.count, guaranteedRatio: plan.guaranteedRatio))
        }
    }

    /// Creates a character, once for each persona.
    private mutating func admit(_ spawn: Spawn, now: Instant, wallMilliseconds: UInt64) {
        guard description.personas.indices.contains(spawn.persona),
            !characters.contains(where: { $0.persona == spawn.persona })
        else { return }
        let persona = description.personas[spawn.persona]
        guard let kind = description.kind(persona.kind) else { return }
        let place = description.bounds.clamped(spawn.position)
        // Before it has a body, a character stands where it would like to be.
        let actor = Actor(
            identity: Self.characterOwner(persona: spawn.persona), role: .npc,
            capabilities: .build, entity: .none, position: place)
        let wish = Motion(position: place)
        guard
            let entity = bring(
                kind.id, named: persona.name, at: wish, by: actor, now: now,
                wallMilliseconds: wallMilliseconds)
        else { return }
        // Ids of one boot ascend, so the array stays in their order.
        characters.append(
            Character(
                entity: entity, persona: spawn.persona,
                limits: description.movementLimits(of: kind),
                tally: MotionTally(now: worldTime(at: now)),
                wish: SteeringInput(sequence: 0, durationMilliseconds: 1, velocity: .zero),
                wishedAt: worldTime(at: now)))
    }

    /// Creates a character's body where it would be, or at the nearest place that the door offers;
    /// nil when that takes it nowhere.
    private mutating func bring(
        _ kind: KindID, named name: String, at motion: Motion, by actor: Actor, now: Instant,
        wallMilliseconds: UInt64
    ) -> EntityID? {
        var motion = motion
        for _ in 0..<2 {
            do throws(Refusal) {
                let prepared = try prepare(
                    .create(kind, motion, name: name), by: actor, now: now,
                    wallMilliseconds: wallMilliseconds)
                return complete(prepared, by: actor, now: now)
            } catch {
                counters.characterRefusals &+= 1
                guard case .motion(let nearest)? = error.nearest else { return nil }
                motion = nearest
            }
        }
        return nil
    }

    private mutating func speak(
        _ text: String, by entity: EntityID, now: Instant, wallMilliseconds: UInt64
    ) {
        guard let index = characterIndex(of: entity), let motion = world.motion(of: entity),
            characters[index].speech.admit(now: now)
        else { return }
        let actor = Actor(
            identity: Self.characterOwner(persona: characters[index].persona), role: .npc,
            capabilities: .speak, entity: entity, position: motion.position)
        do throws(Refusal) {
            let prepared = try prepare(
                .say(text), by: actor, now: now, wallMilliseconds: wallMilliseconds)
            complete(prepared, by: actor, now: now)
        } catch {
            counters.characterRefusals &+= 1
        }
    }

    /// Carries out every character's wish for the length of one tick.
    mutating func stepCharacters(at worldTime: Instant) {
        for index in characters.indices {
            guard let row = world.table.row(of: characters[index].entity) else { continue }
            guard worldTime - characters[index].wishedAt <= Character.wishLifetime else {
                stop(row: row)
                continue
            }
            characters[index].inputs.add(worldPeriod)
            while let milliseconds = characters[index].inputs.next() {
                step(characterAt: index, row: row, milliseconds: milliseconds, at: worldTime)
            }
        }
    }

    private mutating func step(
        characterAt index: Int, row: Int, milliseconds: UInt8, at worldTime: Instant
    ) {
        characters[index].wish.sequence &+= 1
        characters[index].wish.durationMilliseconds = milliseconds
        let wish = characters[index].wish
        guard characters[index].tally.admit(wish, now: worldTime) == .admitted else {
            counters.characterRefusals &+= 1
            return
        }
        let moved = Movement.step(
            world.table.motions[row], by: wish, limits: characters[index].limits)
        world.move(row: row, to: moved)
    }

    /// Makes the next picture for the agents when it is due.
    mutating func updateAgentsView(at worldTime: Instant) {
        guard worldTime >= agentsViewDue, !description.personas.isEmpty, isFounder
        else { return }
        agentsViewDue = worldTime + configuration.agentsPeriod
        var view = AgentsView(
            tick: tick, now: worldTime, bounds: description.bounds, zones: description.zones,
            anchors: description.anchors.map {
                AnchorFix(position: $0.position, sigmaMetres: $0.sigmaMetres)
            })
        for index in sessions.indices where sessions.contains(index) {
            guard let motion = world.motion(of: sessions[index].entity) else { continue }
            view.people.append(
                PersonSighting(
                    id: sessions[index].entity, position: motion.position,
                    velocity: motion.velocity,
                    isDevice: sessions[index].identity.role == .device))
        }
        view.people += guests
        for character in characters {
            guard let motion = world.motion(of: character.entity) else { continue }
            view.npcs.append(
                NPCSighting(id: character.entity, persona: character.persona, motion: motion))
        }
        view.heard = heard
        heard.removeAll(keepingCapacity: true)
        agentsView = view
    }

    private func characterIndex(of entity: EntityID) -> Int? {
        characters.firstIndex { $0.entity == entity }
    }
}
