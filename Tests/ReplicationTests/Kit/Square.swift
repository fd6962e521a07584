import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnWorld

/// A square full of people who walk about, turn now and then and stay in it, all from one seed.
struct Square: ~Copyable {
    var world: WorldState
    private var random: SeededRandom
    /// Half the square's edge, in position units.
    private let reach: Int32

    static let person = KindID(1)

    init(people: Int, metres: Int32, cellMetres: Int = 8, seed: UInt64) {
        world = WorldState(cellMetres: cellMetres, bodyKinds: [Self.person])
        random = SeededRandom(seed: seed)
        reach = metres * 512
        let replica = ReplicaID(node: 1, boot: 1)
        var author = Author(replica: replica, clock: HybridClock(replica: replica))
        for _ in 0..<people {
            var (id, delta) = author.create(kind: Self.person, owner: 7, wallMilliseconds: 1)
            let motion = Motion(position: somewhere())
            delta.join(
                author.set(id, .placement, .bytes(motion.restingBytes), wallMilliseconds: 1))
            world.apply(delta)
        }
        for row in world.table.rows { turn(row) }
    }

    /// The next tick, in which everybody goes a step.
    mutating func step() {
        world.beginTick(world.tick + 1)
        for row in world.table.rows {
            if random.chance(Ratio(1, in: 40)) { turn(row) }
            var motion = world.table.motions[row]
            let (x, y) = (motion.velocity.x, motion.velocity.y)
            motion.position.x &+= Int32(x) / 5
            motion.position.y &+= Int32(y) / 5
            if abs(motion.position.x) >= reach {
                motion.velocity.x = motion.position.x > 0 ? -abs(x) : abs(x)
            }
            if abs(motion.position.y) >= reach {
                motion.velocity.y = motion.position.y > 0 ? -abs(y) : abs(y)
            }
            world.move(row: row, to: motion)
        }
    }

    /// Rows by their distance from a place, nearest first.
    func rowsByDistance(from place: Position) -> [Int] {
        let distances = world.table.rows.map {
            world.table.motions[$0].position.squaredDistance(to: place)
        }
        return world.table.rows.sorted { distances[$0] < distances[$1] }
    }

    private mutating func turn(_ row: Int) {
        var motion = world.table.motions[row]
        motion.velocity = Velocity(
            x: Int16(random.below(720)) - 360, y: Int16(random.below(720)) - 360, z: 0)
        motion.orientation = Orientation(yaw: random.unit() * 6)
        world.move(row: row, to: motion)
    }

    private mutating func somewhere() -> Position {
        Position(
            x: Int32(random.below(UInt32(2 * reach))) - reach,
            y: Int32(random.below(UInt32(2 * reach))) - reach, z: 0)
    }
}
