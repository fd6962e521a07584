// Where to draw somebody at a moment between two ticks, or a little beyond the last.

import CairnBasics
import CairnGeometry
import CairnReplication

extension ReplicaEntities {
    /// Beyond the newest state motion goes on by its velocity for so long, then it stops: a wrong
    /// guess of half a second looks worse than standing still.
    static let extrapolationLimit = TimeSpan.milliseconds(250)

    /// The motion of a row at `ticks` after `origin`.
    ///
    /// Between two samples the position is linear and the orientation takes the shorter way; a
    /// sample without velocity holds until the tick before the next.
    func motion(row: Int, at moment: (origin: Tick, ticks: Double), tickHertz: Int) -> Motion {
        var newer: MotionSample?
        for number in 0..<Self.sampleCount {
            guard let sample = sample(number, row: row) else { break }
            let age = moment.ticks - Double(sample.tick.steps(since: moment.origin))
            if age >= 0 {
                guard let newer else { return extrapolated(sample, ticks: age, tickHertz) }
                return interpolated(from: sample, to: newer, ticks: age)
            }
            newer = sample
        }
        return newer?.motion ?? motions[row]
    }

    private func extrapolated(_ sample: MotionSample, ticks: Double, _ tickHertz: Int) -> Motion {
        let seconds = min(ticks / Double(tickHertz), Self.extrapolationLimit.seconds)
        let speed = sample.motion.velocity.metresPerSecond
        var motion = sample.motion
        let scale = seconds * Double(Position.unitsPerMetre)
        motion.position = Position(
            x: motion.position.x &+ Int32(speed.x * scale),
            y: motion.position.y &+ Int32(speed.y * scale),
            z: motion.position.z &+ Int32(speed.z * scale))
        return motion
    }

    private func interpolated(
        from older: MotionSample, to newer: MotionSample, ticks: Double
    ) -> Motion {
        let span = Double(newer.tick.steps(since: older.tick))
        var share = older.motion.velocity == .zero ? ticks - (span - 1) : ticks / span
        // Always in 0...1 between the ticks of an honest server; others may lie half a circle apart.
        share = max(0, min(1, share))
        var motion = share < 0.5 ? older.motion : newer.motion
        let from = older.motion.position
        let to = newer.motion.position
        motion.position = Position(
            x: part(share, from: from.x, to: to.x), y: part(share, from: from.y, to: to.y),
            z: part(share, from: from.z, to: to.z))
        motion.orientation = turned(older.motion.orientation, newer.motion.orientation, share)
        return motion
    }

    private func part(_ share: Double, from start: Int32, to end: Int32) -> Int32 {
        // Safe: the way may have 33 bits, but what it leads to lies between the two.
        start &+ Int32(truncatingIfNeeded: Int64((Double(end) - Double(start)) * share))
    }

    /// The normalised mean of two rotations, weighted: within a degree of the exact arc for the
    /// turns that one tick allows.
    private func turned(_ from: Orientation, _ to: Orientation, _ share: Double) -> Orientation {
        guard from != to else { return from }
        let a = Quaternion(from)
        var b = Quaternion(to)
        if a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w < 0 {
            b = Quaternion(x: -b.x, y: -b.y, z: -b.z, w: -b.w)
        }
        let rest = 1 - share
        return Orientation(
            x: a.x * rest + b.x * share, y: a.y * rest + b.y * share,
            z: a.z * rest + b.z * share, w: a.w * rest + b.w * share) ?? to
    }
}
