public import CairnBasics
public import CairnGeometry
public import CairnWorld

/// The own avatar, shown where the server will say it is once it has heard the latest inputs.
///
/// Every input is applied at once and kept. When the server's word arrives, it names the last
/// input it has processed: the rest is replayed on top of it with the server's own
/// `Movement.step`. Whatever error comes out is not shown as a jump but fades (see `Fade`).
///
/// Inputs are as coarse as ticks and frames are finer: what an input moves is shown over the time
/// that it lasted, so the picture is one input behind and moves at the avatar's own speed.
public struct Prediction: Sendable {
    /// Inputs the server may still have to answer: three seconds at 20 Hz. Older ones are dropped.
    static let pendingLimit = 64

    private let limits: MovementLimits
    private var pending: [SteeringInput] = []
    /// Where the avatar is by all inputs so far.
    public private(set) var motion: Motion
    /// Where it was before the newest, when that came, and how long it lasted.
    private var start: Position
    private var startedAt = Instant.zero
    private var duration = TimeSpan.zero
    private var fade = Fade()
    /// The length of the last correction in metres; 0 when the server agreed.
    public private(set) var lastCorrectionMetres = 0.0
    /// Corrections of more than a centimetre, and the longest of all.
    public private(set) var corrections: UInt64 = 0
    public private(set) var longestCorrectionMetres = 0.0

    public init(motion: Motion, limits: MovementLimits) {
        self.motion = motion
        self.limits = limits
        start = motion.position
    }

    /// Applies the client's newest input; several that come at one moment are shown as one.
    ///
    /// - Parameter timeScale: Seconds of the world in one of the client's, in 0.25...1: what the
    ///   input moves is shown over as much longer.
    public mutating func apply(_ input: SteeringInput, timeScale: Double = 1, now: Instant) {
        let nanoseconds = Double(input.durationMilliseconds) * 1e6 / max(0.1, timeScale)
        let length = TimeSpan(nanoseconds: Int64(nanoseconds))
        if now == startedAt {
            duration = duration + length
        } else {
            // What the input before has not been shown of yet fades in beside this one.
            fade.add(from: base(now: now), to: motion.position, now: now)
            start = motion.position
            startedAt = now
            duration = length
        }
        motion = Movement.step(motion, by: input, limits: limits)
        if pending.count == Self.pendingLimit { pending.removeFirst() }
        pending.append(input)
    }

    /// Takes the server's word and replays the inputs it has not processed yet.
    public mutating func reconcile(
        authoritative: Motion, processed sequence: UInt32, now: Instant
    ) {
        settle(processed: sequence)
        let before = motion.position
        motion = authoritative
        for input in pending { motion = Movement.step(motion, by: input, limits: limits) }
        let after = motion.position
        // The step being shown moves along with its end.
        start = Position(
            x: start.x &+ (after.x &- before.x), y: start.y &+ (after.y &- before.y),
            z: start.z &+ (after.z &- before.z))
        fade.add(from: before, to: after, now: now)
        lastCorrectionMetres =
            Double(before.squaredDistance(to: after)).squareRoot()
            / Double(Position.unitsPerMetre)
        guard lastCorrectionMetres > 0.01 else { return }
        corrections &+= 1
        longestCorrectionMetres = max(longestCorrectionMetres, lastCorrectionMetres)
    }

    /// Takes the server's word that it has processed inputs, with nothing to add: they have put the
    /// avatar where they did here.
    public mutating func settle(processed sequence: UInt32) {
        // Sequences wrap: an input is processed when it is not newer than the server's last.
        pending.removeAll { Int32(bitPattern: $0.sequence &- sequence) <= 0 }
    }

    /// Where to draw the avatar now.
    public func shown(now: Instant) -> Motion {
        var shown = motion
        shown.position = fade.shown(base(now: now), now: now)
        return shown
    }

    /// Where it is on the way of the newest input.
    private func base(now: Instant) -> Position {
        let passed = now - startedAt
        guard passed < duration else { return motion.position }
        let share = max(0, passed.milliseconds / duration.milliseconds)
        let end = motion.position
        func part(_ from: Int32, _ to: Int32) -> Int32 {
            // Safe: a step is short, and its part no longer; a wrapped one goes round as it came.
            from &+ Int32(Double(to &- from) * share)
        }
        return Position(x: part(start.x, end.x), y: part(start.y, end.y), z: part(start.z, end.z))
    }
}
