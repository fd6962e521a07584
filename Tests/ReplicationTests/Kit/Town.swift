import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

/// A world in which entities are born, walk, jump, stand, are edited and die, all from one seed.
struct Town: ~Copyable {
    var world: WorldState
    var author: Author
    var random: SeededRandom
    var ids: [EntityID] = []
    /// Half the edge of the square that everybody stays in, in metres.
    var reach: Int32 = 60
    let tickHertz: Int
    private var wall: UInt64 = 1_000

    static let name = FieldID(1)
    static let score = FieldID(2)
    static let tags = FieldID(3)
    static let notes = FieldID(4)

    init(seed: UInt64, cellMetres: Int = 16, tickHertz: Int = 20) {
        world = WorldState(cellMetres: cellMetres)
        let replica = ReplicaID(node: 1, boot: 1)
        author = Author(replica: replica, clock: HybridClock(replica: replica))
        random = SeededRandom(seed: seed)
        self.tickHertz = tickHertz
    }

    mutating func beginTick() {
        wall += 50
        world.beginTick(world.tick + 1)
    }

    /// Creates an entity that stands at a place.
    @discardableResult mutating func create(at motion: Motion, kind: UInt16 = 1) -> EntityID {
        var (id, delta) = author.create(kind: KindID(kind), owner: 7, wallMilliseconds: wall)
        delta.join(
            author.set(id, .placement, .bytes(motion.restingBytes), wallMilliseconds: wall))
        world.apply(delta)
        ids.append(id)
        return id
    }

    @discardableResult mutating func createSomewhere() -> EntityID {
        create(at: Motion(position: randomPosition()), kind: UInt16(1 + random.below(3)))
    }

    mutating func delete(_ id: EntityID) {
        world.apply(author.delete(id, in: world.lattice))
        ids.removeAll { $0 == id }
    }

    mutating func rename(_ id: EntityID, _ name: String) {
        world.apply(author.set(id, Self.name, .text(name), wallMilliseconds: wall))
    }

    /// Puts a note on an entity's board.
    mutating func pin(_ id: EntityID, key: String, _ text: String) {
        world.apply(
            author.put(
                id, Self.notes, key: key, .text(text), in: world.lattice, wallMilliseconds: wall))
    }

    /// One of the edits that players make.
    mutating func editSomething() {
        guard let id = pick() else { return }
        switch random.below(7) {
        case 0: rename(id, "name \(random.below(1_000))")
        case 1:
            world.apply(
                author.add(id, Self.score, Int64(random.below(9)) - 4, in: world.lattice))
        case 2, 3:
            world.apply(
                author.insert(
                    id, Self.tags, .integer(Int64(random.below(6))), in: world.lattice))
        case 4:
            world.apply(
                author.remove(
                    id, Self.tags, .integer(Int64(random.below(6))), in: world.lattice))
        case 5: pin(id, key: "k\(random.below(8))", "note \(random.below(1_000))")
        default:
            world.apply(author.removeKey(id, Self.notes, "k\(random.below(8))", in: world.lattice))
        }
    }

    /// Moves everybody a little, a few a lot.
    mutating func walk() {
        for id in ids {
            guard let row = world.table.row(of: id) else { continue }
            var motion = world.table.motions[row]
            switch random.below(40) {
            case 0: motion.position = randomPosition()
            case 1...4: motion.velocity = randomVelocity()
            case 5...7: motion.velocity = .zero
            case 8:
                motion.orientation = Orientation(bits: UInt32(truncatingIfNeeded: random.next()))
            case 9: motion.orientation = Orientation(yaw: random.unit() * 6)
            case 10: motion.animation = UInt8(random.below(4))
            default: break
            }
            let hertz = Int32(tickHertz)
            motion.position.x = clamp(motion.position.x &+ Int32(motion.velocity.x) * 4 / hertz)
            motion.position.y = clamp(motion.position.y &+ Int32(motion.velocity.y) * 4 / hertz)
            world.move(row: row, to: motion)
        }
    }

    mutating func pick() -> EntityID? {
        ids.isEmpty ? nil : ids[Int(random.below(UInt32(ids.count)))]
    }

    mutating func randomPosition() -> Position {
        let span = UInt32(2 * reach * 1_024)
        return Position(
            x: Int32(random.below(span)) - reach * 1_024,
            y: Int32(random.below(span)) - reach * 1_024,
            z: Int32(random.below(20 * 1_024)) - 10 * 1_024)
    }

    private mutating func randomVelocity() -> Velocity {
        Velocity(
            x: Int16(random.below(4_000)) - 2_000, y: Int16(random.below(4_000)) - 2_000, z: 0)
    }

    private func clamp(_ coordinate: Int32) -> Int32 {
        max(-reach * 1_024, min(reach * 1_024, coordinate))
    }
}
