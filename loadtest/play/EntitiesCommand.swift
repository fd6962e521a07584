import ArgumentParser
import CairnBasics
import CairnCRDT
import CairnGeometry
import CairnReplication
import CairnRuntime
import CairnWorld
import Foundation

/// Many entities, all of them walking, and some of them clients: what it takes in a tick to keep the
/// spatial hash, and to find for every client what it follows, what comes in and goes out of its
/// sight, and who is near. In this process, without a network; what is told is planned and
/// acknowledged, but not timed.
struct EntitiesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entities",
        abstract: "What the hash and the interest of many entities cost a tick.")

    @Option(help: "How many walk.") var entities = 10_000
    @Option(help: "How many of them are clients.") var clients = 1_000
    @Option(help: "The edge of the square they walk in, in metres.") var metres: Int32 = 1_000
    @Option(help: "The edge of a cell, in metres.") var cellMetres = 16
    @Option(help: "How far a client is told of others, in metres.") var interestMetres = 48
    @Option(help: "Ticks to measure.") var ticks = 200
    @Option(help: "The bar in milliseconds.") var bar = 1.5

    func run() throws {
        guard entities >= clients, clients >= 1 else {
            throw ValidationError("--clients takes 1 to as many as --entities.")
        }
        var walkers = Walkers(entities, metres: metres, cellMetres: cellMetres)
        var crowd = Watchers(clients, interestMetres: interestMetres)
        for _ in 0..<40 {
            _ = walkers.step()
            _ = crowd.watch(walkers.world)
        }
        var hash: [Double] = []
        var interest: [Double] = []
        for _ in 0..<ticks {
            hash.append(walkers.step())
            interest.append(crowd.watch(walkers.world))
        }
        let sums = zip(hash, interest).map { $0 + $1 }.sorted()
        let sum = sums[sums.count / 2]
        print(
            String(
                format: "{\"entities\": %d, \"clients\": %d, \"hashMs\": %.3f, "
                    + "\"interestMs\": %.3f, \"msPerTick\": %.3f, \"p95MsPerTick\": %.3f, "
                    + "\"pagesPerClient\": %.1f, \"barMs\": %.2f}",
                entities, clients, hash.sorted()[hash.count / 2],
                interest.sorted()[interest.count / 2], sum, sums[sums.count * 95 / 100],
                crowd.pagesPerClient, bar))
        guard sum <= bar else { throw ExitCode(1) }
    }
}

/// The world and how everybody in it goes.
private struct Walkers: ~Copyable {
    var world: WorldState
    private var steps: [Position] = []
    private var random = SeededRandom(seed: 5)
    private let reach: Int32

    init(_ count: Int, metres: Int32, cellMetres: Int) {
        let kind = KindID(1)
        world = WorldState(cellMetres: cellMetres, bodyKinds: [kind])
        reach = metres * 512
        let replica = ReplicaID(node: 1, boot: 1)
        var author = Author(replica: replica, clock: HybridClock(replica: replica))
        for _ in 0..<count {
            var (id, delta) = author.create(kind: kind, owner: 7, wallMilliseconds: 1)
            let place = Position(x: somewhere(), y: somewhere(), z: 0)
            let motion = Motion(position: place)
            delta.join(
                author.set(id, .placement, .bytes(motion.restingBytes), wallMilliseconds: 1))
            world.apply(delta)
            steps.append(
                Position(
                    x: Int32(random.below(144)) - 72, y: Int32(random.below(144)) - 72, z: 0))
        }
    }

    /// Everybody goes a step of a walker's twentieth of a second; returns milliseconds.
    mutating func step() -> Double {
        world.beginTick(world.tick + 1)
        let start = MonotonicClock.now()
        for row in world.table.rows {
            var motion = world.table.motions[row]
            if abs(motion.position.x &+ steps[row].x) > reach { steps[row].x = -steps[row].x }
            if abs(motion.position.y &+ steps[row].y) > reach { steps[row].y = -steps[row].y }
            motion.position.x &+= steps[row].x
            motion.position.y &+= steps[row].y
            world.move(row: row, to: motion)
        }
        return (MonotonicClock.now() - start).milliseconds
    }

    private mutating func somewhere() -> Int32 {
        Int32(random.below(UInt32(2 * reach))) - reach
    }
}

/// Clients in the first rows, and what they are told.
private struct Watchers: ~Copyable {
    private var subscriptions: RowTable<Subscription>
    private var store = BlockStore(tickHertz: 20)
    private var plan = TickPlan()
    private var packet: UInt64 = 0

    init(_ count: Int, interestMetres: Int) {
        subscriptions = RowTable(capacity: count)
        for index in 0..<count {
            subscriptions.insert(
                Subscription(
                    interestMetres: interestMetres, bytesPerTick: 1_200, stagger: UInt32(index)),
                at: index)
        }
    }

    /// Tells everybody a tick; returns the milliseconds that finding out what took.
    mutating func watch(_ world: borrowing WorldState) -> Double {
        store.beginTick(world: world)
        packet += 1
        var sum = 0.0
        for index in subscriptions.indices {
            let place = world.table.motions[index].position
            subscriptions.prefetch(index + 2)
            if index + 1 < subscriptions.indices.count { subscriptions[index + 1].prefetch() }
            let start = MonotonicClock.now()
            subscriptions[index].beginTick(
                centre: place, store: store, world: world, plan: &plan)
            sum += (MonotonicClock.now() - start).milliseconds
            _ = subscriptions[index].planPacket(
                room: 1_100, store: &store, world: world, plan: &plan)
            subscriptions[index].packetSent(number: packet)
            subscriptions[index].acknowledged(number: packet)
        }
        return sum
    }

    var pagesPerClient: Double {
        var sum = 0
        for index in subscriptions.indices { sum += subscriptions[index].pageCount }
        return Double(sum) / Double(subscriptions.indices.count)
    }
}
