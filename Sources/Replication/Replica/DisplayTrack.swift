// Where to show one entity when: the last states that were told of it, joined to a path that never
// jumps, whatever comes late or not at all.
//
// Holds true:
// - What is on screen at the moment in which news arrives stays where it is; only what comes after
//   follows the news. So a wrong guess is left smoothly, and nothing snaps.
// - The path is no faster than `MotionPath.speedLimit` times the body itself, or what takes a
//   quarter of the way to the truth in a tick, whichever is more: three inputs that the server got
//   in one tick are no leap (see `MotionPath.reached`).
// - Beyond the newest state the path goes on by the velocity for `extrapolationLimit`, then it
//   stands; and what it is off by when that begins fades within `blendTime`.
// - An entity that is told every few ticks only is shown further in the past, by as many ticks as
//   are missing, so that it too is shown between two states. That changes by a fifth of the time
//   that passes, so nothing runs visibly faster or slower for it.
// - A way too long for that is taken at once.
//
// Moments are ticks since the first that the receiver heard, in Double: exact to a microsecond for
// years. Costs 430 bytes an entity, and some fifty operations for each state taken.

import CairnGeometry
import CairnWorld

/// What the tracks of one receiver have in common.
struct DisplayRules: Sendable {
    /// Beyond the newest state motion goes on by its velocity for so long: a wrong guess of half a
    /// second looks worse than standing still.
    static let extrapolationLimit = 0.25
    /// How long it takes in seconds until what was guessed is forgotten.
    static let blendTime = 0.2
    /// Missing ticks that an entity is shown further in the past for, at most.
    static let longestLag = 16.0
    static let lagSlew = 0.2

    let tickHertz: Int
    var extrapolationTicks: Double { Self.extrapolationLimit * Double(tickHertz) }
    var blendTicks: Double { Self.blendTime * Double(tickHertz) }
}

/// What became of shown motion, over all entities.
public struct DisplayCounts: Hashable, Sendable {
    /// Ticks that moving entities were shown for, and for how many of these beyond all that was
    /// known of them.
    public internal(set) var movingTicks = 0.0
    public internal(set) var extrapolatedTicks = 0.0
    /// Guesses that were wrong by more than a centimetre, and by how many metres the worst was.
    public internal(set) var returns: UInt64 = 0
    public internal(set) var longestReturnMetres = 0.0
    /// Ways that were taken at once because they were too long to be shown.
    public internal(set) var snaps: UInt64 = 0
}

/// The path of one entity.
struct DisplayTrack: Sendable {
    private struct Knot {
        var time = 0.0
        var motion = Motion(position: .origin)
    }

    static let knotCount = 8

    private var knots = InlineArray<8, Knot>(repeating: Knot())
    private var first = 0
    private(set) var count = 0
    /// The newest state as it was told; the newest knot may be another place at another time.
    private var told = Knot()
    /// How many ticks further in the past the entity is shown: `lag` at `lagAt`, on its way to
    /// `wantedLag`.
    private var lag = 0.0
    private var lagAt = 0.0
    private var wantedLag = 0.0
    private var lastGap = 1.0

    private func knot(_ number: Int) -> Knot { knots[(first &+ number) & (Self.knotCount - 1)] }

    mutating func clear() { self = DisplayTrack() }

    /// Where to show the entity; the caller has seen to it that there is a state.
    func motion(at moment: Double, _ rules: DisplayRules) -> Motion {
        shown(at: moment - lag(at: moment), rules)
    }

    /// Takes a newer state.
    /// - Parameter time: Of the state.
    /// - Parameter moment: What is on screen now; nil where nobody looks yet.
    mutating func take(
        _ motion: Motion, at time: Double, shownAt moment: Double?, _ rules: DisplayRules,
        _ counts: inout DisplayCounts
    ) {
        guard count > 0 else {
            told = Knot(time: time, motion: motion)
            return append(told, needing: -.infinity)
        }
        guard time > told.time else { return }
        var now = -Double.infinity
        let end = knot(count - 1).time
        if let moment {
            follow(gap: time - told.time, at: moment)
            now = moment - lag(at: moment)
            keepWhatIsShown(at: now, until: time, rules, &counts)
        }
        let before = told
        told = Knot(time: time, motion: motion)
        if now > end { countReturn(at: now, from: before, rules, &counts) }
        makeRoom(needing: now)
        let from = knot(count - 1)
        guard time > from.time else { return }
        var next = told
        let (place, isSnap) = MotionPath.reached(
            from: Course(from.motion), to: Course(motion), ticks: time - from.time,
            tickHertz: rules.tickHertz)
        next.motion.position = place
        if isSnap { counts.snaps &+= 1 }
        append(next, needing: now)
    }
}

// MARK: - What is shown

extension DisplayTrack {
    private func shown(at moment: Double, _ rules: DisplayRules) -> Motion {
        var number = count - 1
        if moment >= knot(number).time { return beyond(moment, rules) }
        while number > 0 {
            number -= 1
            let older = knot(number)
            if moment >= older.time {
                return Self.between(older, knot(number + 1), moment, rules.tickHertz)
            }
        }
        return knot(0).motion
    }

    private static func between(
        _ older: Knot, _ newer: Knot, _ moment: Double, _ tickHertz: Int
    ) -> Motion {
        let span = newer.time - older.time
        let ticks = moment - older.time
        let share =
            older.motion.velocity == .zero ? max(0, ticks - span + 1) / min(1, span) : ticks / span
        var motion = share < 0.5 ? older.motion : newer.motion
        motion.position = MotionPath.position(
            from: Course(older.motion), to: Course(newer.motion), span: span, ticks: ticks,
            tickHertz: tickHertz)
        motion.orientation = older.motion.orientation.turned(
            to: newer.motion.orientation, share: max(0, min(1, share)))
        return motion
    }

    /// By the newest state, from where the path has come to.
    private func beyond(_ moment: Double, _ rules: DisplayRules) -> Motion {
        let end = knot(count - 1)
        var motion = told.motion
        motion.position = guess(moment, rules)
        let left = max(0, 1 - (moment - end.time) / rules.blendTicks)
        guard left > 0 else { return motion }
        let start = guess(end.time, rules)
        motion.position = motion.position.moved(
            x: (Double(end.motion.position.x) - Double(start.x)) * left,
            y: (Double(end.motion.position.y) - Double(start.y)) * left,
            z: (Double(end.motion.position.z) - Double(start.z)) * left)
        motion.orientation = end.motion.orientation.turned(
            to: motion.orientation, share: 1 - left)
        return motion
    }

    private func guess(_ moment: Double, _ rules: DisplayRules) -> Position {
        let ticks = max(0, min(moment - told.time, rules.extrapolationTicks))
        return Course(told.motion).position(after: ticks, tickHertz: rules.tickHertz)
    }

    /// How many ticks further in the past than `moment` the entity is shown.
    func lag(at moment: Double) -> Double {
        let way = wantedLag - lag
        guard way != 0 else { return lag }
        let step = max(0, moment - lagAt) * DisplayRules.lagSlew
        return way > 0 ? min(wantedLag, lag + step) : max(wantedLag, lag - step)
    }
}

// MARK: - The knots

extension DisplayTrack {
    /// What is on screen and not known becomes part of the path.
    private mutating func keepWhatIsShown(
        at now: Double, until time: Double, _ rules: DisplayRules,
        _ counts: inout DisplayCounts
    ) {
        let gap = time - told.time
        let end = knot(count - 1).time
        let isMoving = told.motion.velocity != .zero
        if isMoving { counts.movingTicks += gap }
        guard now > end else { return }
        if isMoving { counts.extrapolatedTicks += min(gap, now - end) }
        let last = Knot(time: time - 1, motion: shown(at: time - 1, rules))
        append(Knot(time: now, motion: shown(at: now, rules)), needing: now)
        // Who rests is not told of: it did until the tick before the news.
        if !isMoving, last.time > now { append(last, needing: now) }
    }

    /// Holds what was shown by guessing against where the entity was, as is known now.
    private func countReturn(
        at now: Double, from before: Knot, _ rules: DisplayRules, _ counts: inout DisplayCounts
    ) {
        let place =
            now > told.time
            ? guess(now, rules) : Self.between(before, told, now, rules.tickHertz).position
        let metres =
            Double(place.squaredDistance(to: knot(count - 1).motion.position)).squareRoot()
            / Double(Position.unitsPerMetre)
        guard metres > 0.01 else { return }
        counts.returns &+= 1
        counts.longestReturnMetres = max(counts.longestReturnMetres, metres)
    }

    /// How far apart states are decides how far in the past they are shown. Two gaps in a row, since
    /// one may be a loss; a body that rests is not told of at all.
    private mutating func follow(gap: Double, at moment: Double) {
        guard told.motion.velocity != .zero else { return }
        lag = lag(at: moment)
        lagAt = moment
        wantedLag = max(0, min(DisplayRules.longestLag, min(gap, lastGap) - 1))
        lastGap = gap
    }

    private mutating func append(_ knot: Knot, needing moment: Double) {
        makeRoom(needing: moment)
        knots[(first &+ count) & (Self.knotCount - 1)] = knot
        count += 1
    }

    /// The oldest knot goes; while all are still to come, the newest, for which the next stands in.
    private mutating func makeRoom(needing moment: Double) {
        guard count == Self.knotCount else { return }
        if knot(1).time <= moment || moment == -.infinity {
            first = (first &+ 1) & (Self.knotCount - 1)
        }
        count -= 1
    }
}

extension Orientation {
    /// The normalised mean of two rotations, weighted: within a degree of the exact arc for the
    /// turns that one tick allows.
    func turned(to other: Orientation, share: Double) -> Orientation {
        guard self != other else { return self }
        let a = Quaternion(self)
        var b = Quaternion(other)
        if a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w < 0 {
            b = Quaternion(x: -b.x, y: -b.y, z: -b.z, w: -b.w)
        }
        let rest = 1 - share
        return Orientation(
            x: a.x * rest + b.x * share, y: a.y * rest + b.y * share,
            z: a.z * rest + b.z * share, w: a.w * rest + b.w * share) ?? other
    }
}
