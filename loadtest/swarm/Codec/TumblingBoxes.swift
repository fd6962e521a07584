// Makes traces to measure with: a heap of cubes on the ground and a larger one that somebody drives
// through it. Cubes fall, land on their corners, roll over their edges with friction, push each other
// (as the balls within them, by impulses with friction, which turn them), and sleep once they rest.

import CairnBasics
import Foundation

/// A heap of cubes that a player's cube pushes about.
struct TumblingBoxes {
    private struct Body {
        var place: SIMD3<Double>
        var velocity = SIMD3<Double>.zero
        var spin = SIMD3<Double>.zero
        var turn = SIMD4<Double>(0, 0, 0, 1)
        var half: Double
        var mass: Double
        var restTime = 0.0
        var isAsleep = true
        var touchedAt = -1.0
    }

    private static let substeps = 4
    /// How fast the player's cube is driven, in metres a second.
    private static let pace = 9.0
    private static let gravity = 10.0
    private static let friction = 0.4
    private var bodies: [Body] = []
    private var random: SeededRandom
    private var goal = SIMD3<Double>.zero
    private var time = 0.0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        bodies.append(Body(place: [-12, 0, 1.5], half: 0.9, mass: 40, isAsleep: false))
        for index in 0..<Trace.cubes - 1 {
            bodies.append(
                Body(
                    place: [Double(index % 30) - 15, Double(index / 30) - 15, 0.2], half: 0.2,
                    mass: 0.3))
        }
    }

    /// The next frame of the trace, a 60th of a second later.
    mutating func next() -> [Int32] {
        let step = 1.0 / Double(Trace.hertz * Self.substeps)
        for _ in 0..<Self.substeps {
            drive(step)
            for index in bodies.indices where !bodies[index].isAsleep { move(index, step) }
            meet()
            time += step
        }
        return bodies.flatMap { numbers($0) }
    }

    private mutating func drive(_ step: Double) {
        let way = goal - bodies[0].place
        if way.x * way.x + way.y * way.y < 4 {
            goal = [Double(random.unit()) * 24 - 12, Double(random.unit()) * 24 - 12, 0]
        }
        let length = (way.x * way.x + way.y * way.y).squareRoot()
        let wish = SIMD3(
            way.x / max(length, 0.1) * Self.pace, way.y / max(length, 0.1) * Self.pace, 0)
        bodies[0].velocity +=
            (wish - SIMD3(bodies[0].velocity.x, bodies[0].velocity.y, 0)) * (3 * step)
    }

    private mutating func move(_ index: Int, _ step: Double) {
        bodies[index].velocity.z -= Self.gravity * step
        bodies[index].place += bodies[index].velocity * step
        let spin = bodies[index].spin * (step / 2)
        let turn = bodies[index].turn
        let change = SIMD4(
            spin.x * turn.w + spin.y * turn.z - spin.z * turn.y,
            spin.y * turn.w + spin.z * turn.x - spin.x * turn.z,
            spin.z * turn.w + spin.x * turn.y - spin.y * turn.x,
            -spin.x * turn.x - spin.y * turn.y - spin.z * turn.z)
        let sum = turn + change
        bodies[index].turn = sum / (sum * sum).sum().squareRoot()
        land(index)
        let motion =
            (bodies[index].velocity * bodies[index].velocity).sum()
            + 0.05 * (bodies[index].spin * bodies[index].spin).sum()
        bodies[index].restTime = motion < 0.05 ? bodies[index].restTime + step : 0
        if bodies[index].restTime > 0.5, index > 0 {
            bodies[index].isAsleep = true
            bodies[index].velocity = .zero
            bodies[index].spin = .zero
        }
    }

    /// Every corner below the ground is pushed out, and slides with friction.
    private mutating func land(_ index: Int) {
        var deepest = 0.0
        for corner in 0..<8 {
            let half = bodies[index].half
            let arm = rotated(
                [
                    corner & 1 > 0 ? half : -half, corner & 2 > 0 ? half : -half,
                    corner & 4 > 0 ? half : -half,
                ], bodies[index].turn)
            let depth = -(bodies[index].place.z + arm.z)
            guard depth > 0 else { continue }
            deepest = max(deepest, depth)
            push(index, at: arm, normal: [0, 0, 1], against: .zero, share: 0.35)
        }
        bodies[index].place.z += deepest * 0.4
    }

    /// An impulse at a point that ends the approach along a normal and slows what slides.
    private mutating func push(
        _ index: Int, at arm: SIMD3<Double>, normal: SIMD3<Double>, against other: SIMD3<Double>,
        share: Double
    ) {
        let speed = bodies[index].velocity + cross(bodies[index].spin, arm) - other
        let approach = (speed * normal).sum()
        guard approach < 0 else { return }
        let inertia = bodies[index].mass * bodies[index].half * bodies[index].half * 2 / 3
        let lever = cross(arm, normal)
        let yield = 1 / bodies[index].mass + (lever * lever).sum() / inertia
        let strength = -approach / yield * share * 1.1
        let sliding = speed - normal * approach
        let slide = (sliding * sliding).sum().squareRoot()
        var impulse = normal * strength
        if slide > 1e-6 {
            let grip = min(Self.friction * strength, slide / yield * share)
            impulse -= sliding / slide * grip
        }
        bodies[index].velocity += impulse / bodies[index].mass
        bodies[index].spin += cross(arm, impulse) / inertia
    }

    /// Lets cubes that overlap push each other; a cube in motion wakes those it meets.
    private mutating func meet() {
        var cells: [Int: [Int]] = [:]
        func cell(_ place: SIMD3<Double>, _ x: Int, _ y: Int) -> Int {
            (Int(place.x.rounded(.down)) + x + 4_096) * 8_192 + Int(place.y.rounded(.down)) + y
                + 4_096
        }
        for index in bodies.indices {
            cells[cell(bodies[index].place, 0, 0), default: []].append(index)
        }
        for index in bodies.indices where !bodies[index].isAsleep {
            for x in -1...1 {
                for y in -1...1 {
                    for other in cells[cell(bodies[index].place, x, y)] ?? [] where other != index {
                        if bodies[other].isAsleep || other > index { meet(index, other) }
                    }
                }
            }
        }
    }

    private mutating func meet(_ one: Int, _ two: Int) {
        let way = bodies[two].place - bodies[one].place
        let reach = (bodies[one].half + bodies[two].half) * 1.15
        let square = (way * way).sum()
        guard square < reach * reach, square > 1e-9 else { return }
        let distance = square.squareRoot()
        let normal = way / distance
        if bodies[two].isAsleep {
            bodies[two].isAsleep = false
            bodies[two].restTime = 0
        }
        let masses = bodies[one].mass + bodies[two].mass
        let speeds = (bodies[one].velocity, bodies[two].velocity)
        push(
            one, at: normal * bodies[one].half, normal: -normal, against: speeds.1,
            share: bodies[two].mass / masses)
        push(
            two, at: -normal * bodies[two].half, normal: normal, against: speeds.0,
            share: bodies[one].mass / masses)
        let overlap = (reach - distance) * 0.2
        bodies[one].place -= normal * (overlap * bodies[two].mass / masses)
        bodies[two].place += normal * (overlap * bodies[one].mass / masses)
        if one == 0 { bodies[two].touchedAt = time }
    }

    private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
        [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
    }

    private func rotated(_ v: SIMD3<Double>, _ q: SIMD4<Double>) -> SIMD3<Double> {
        let axis = SIMD3(q.x, q.y, q.z)
        let twice = cross(axis, v) * 2
        return v + twice * q.w + cross(axis, twice)
    }

    private func numbers(_ body: Body) -> [Int32] {
        var largest = 0
        for part in 1..<4 where abs(body.turn[part]) > abs(body.turn[largest]) { largest = part }
        let sign = body.turn[largest] < 0 ? -1.0 : 1.0
        let small = (0..<4).filter { $0 != largest }.map { part -> Int32 in
            let share = (body.turn[part] * sign * 2.0.squareRoot() + 1) / 2
            return Int32(max(0, min(511, (share * 511).rounded())))
        }
        let place = (0..<3).map { Int32((body.place[$0] * 512).rounded()) }
        return [Int32(largest)] + small + place + [body.touchedAt > time - 1 ? 1 : 0]
    }
}
