// Looks at a simulated world as players do, sixty times a second, and holds every picture against
// where the server had everybody at the moment that was shown.

import CairnBasics
import CairnClient
import CairnGeometry
import CairnServer
import CairnWorld
import Simulator

/// Where a server had its bodies, tick by tick.
struct Truth {
    private var places: [UInt32: [EntityID: Position]] = [:]
    private var seenTick: Tick?

    /// Call after every millisecond.
    mutating func follow(_ world: borrowing Simulation, _ bodies: [EntityID]) {
        let tick = world.server.tick
        guard tick != seenTick else { return }
        seenTick = tick
        var here: [EntityID: Position] = [:]
        for body in bodies { here[body] = world.server.motion(of: body)?.position }
        places[tick.number &- 1] = here
    }

    /// On a straight line between two ticks.
    func place(of body: EntityID, at moment: (origin: Tick, ticks: Double)) -> Position? {
        let whole = moment.ticks.rounded(.down)
        guard whole >= 0 else { return nil }
        let tick = moment.origin + UInt32(whole)
        guard let from = places[tick.number]?[body], let to = places[tick.number &+ 1]?[body]
        else { return nil }
        let share = moment.ticks - whole
        return from.moved(
            x: Double(to.x - from.x) * share, y: Double(to.y - from.y) * share,
            z: Double(to.z - from.z) * share)
    }
}

func metres(_ one: Position, _ other: Position) -> Double {
    Double(one.squaredDistance(to: other)).squareRoot() / Double(Position.unitsPerMetre)
}

/// Somebody who walks about at walking speed, turns, and stops now and then.
struct Stroller {
    static let speed = 1.4
    private var random: SeededRandom
    private var until = Instant.zero
    private var wish = Velocity.zero

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func wish(from place: Position, now: Instant) -> Velocity {
        guard now >= until else { return wish }
        until = now + .milliseconds(400 + Int64(random.below(1_600)))
        if random.chance(Ratio(1, in: 4)) {
            wish = .zero
            return wish
        }
        // Back to the middle from too far out, so that all stay in view of one another.
        let here = place.metres
        var (x, y) = (random.unit() * 2 - 1, random.unit() * 2 - 1)
        if abs(here.x) > 8 { x = here.x > 0 ? -1 : 1 }
        if abs(here.y) > 8 { y = here.y > 0 ? -1 : 1 }
        let length = max(0.01, (x * x + y * y).squareRoot())
        wish = Velocity(
            metresPerSecondX: x / length * Self.speed, y / length * Self.speed, 0)
        return wish
    }
}

/// A crowd of strollers, and what each saw of the others.
struct Watching: ~Copyable {
    var world: Simulation
    private var truth = Truth()
    private var strollers: [Stroller]
    private var bodies: [EntityID] = []
    private var last: [Int: (place: Position, at: Instant)] = [:]
    private(set) var errors: [Double] = []
    /// Of each frame, how much further somebody went than walking takes, in metres.
    private(set) var leaps: [Double] = []
    private(set) var ownLeaps: [Double] = []
    /// For as long as it is false nothing is recorded.
    var records = true
    private var frameAt: Instant
    private static let frame = TimeSpan.microseconds(16_667)

    init(_ world: consuming Simulation, seed: UInt64) {
        strollers = (0..<world.actors.count).map { Stroller(seed: seed &* 1_000 &+ UInt64($0)) }
        bodies = world.actors.map { $0.client.entity }
        frameAt = world.now
        self.world = world
    }

    mutating func run(for span: TimeSpan) {
        let end = world.now + span
        while world.now < end {
            world.run(for: .milliseconds(1))
            truth.follow(world, bodies)
            guard world.now >= frameAt else { continue }
            frameAt = frameAt + Self.frame
            for index in bodies.indices { act(index) }
        }
    }

    private mutating func act(_ index: Int) {
        let now = world.now
        let place = world.server.motion(of: bodies[index])?.position ?? .origin
        let wish = strollers[index].wish(from: place, now: now)
        world.actors[index].client.steer(velocity: wish, orientation: .identity, animation: 1)
        for other in bodies.indices {
            let key = index * 1_000 + other
            guard
                let shown = world.actors[index].client.motion(of: bodies[other], now: now)?
                    .position
            else {
                last[key] = nil
                continue
            }
            if let before = last[key], records {
                let allowed = Stroller.speed * (now - before.at).seconds
                let leap = metres(before.place, shown) - allowed
                if other == index { ownLeaps.append(leap) } else { leaps.append(leap) }
            }
            last[key] = (shown, now)
            guard other != index, records,
                let moment = world.actors[index].client.presentedMoment(now: now),
                let real = truth.place(of: bodies[other], at: moment)
            else { continue }
            errors.append(metres(shown, real))
        }
    }

    func percentile(_ share: Double) -> Double {
        let sorted = errors.sorted()
        return sorted.isEmpty ? .infinity : sorted[Int(Double(sorted.count - 1) * share)]
    }

    var worstLeap: Double { leaps.max() ?? .infinity }
    var worstOwnLeap: Double { ownLeaps.max() ?? .infinity }

    func statistics(_ index: Int) -> ClientStatistics { world.actors[index].client.statistics }
}
