public import CairnBasics
public import CairnGeometry
public import CairnWorld

/// The own avatar, shown where the server will say it is once it has heard the latest inputs.
///
/// Every input is applied at once and kept. When the server's word arrives, it names the last
/// input it has processed: the rest is replayed on top of it with the server's own
/// `Movement.step`. Whatever error comes out is not shown as a jump: the picture keeps the old
/// place and lets the difference fade, by half every 80 ms.
public struct Prediction: Sendable {
    /// Inputs the server may still have to answer: three seconds at 20 Hz. Older ones are dropped.
    static let pendingLimit = 64
    /// A correction longer than this is a teleport, and fading it would look like gliding: 4 m.
    static let fadeLimitUnits = 4.0 * 1_024

    private let limits: MovementLimits
    private var pending: [SteeringInput] = []
    /// Where the avatar is by all inputs so far.
    public private(set) var motion: Motion
    private var fading = (x: 0.0, y: 0.0, z: 0.0)
    private var fadedAt: Instant?
    /// The length of the last correction in metres; 0 when the server agreed.
    public private(set) var lastCorrectionMetres = 0.0

    public init(motion: Motion, limits: MovementLimits) {
        self.motion = motion
        self.limits = limits
    }

    /// Applies the client's newest input.
    public mutating func apply(_ input: SteeringInput) {
        motion = Movement.step(motion, by: input, limits: limits)
        if pending.count == Self.pendingLimit { pending.removeFirst() }
        pending.append(input)
    }

    /// Takes the server's word and replays the inputs it has not processed yet.
    public mutating func reconcile(
        authoritative: Motion, processed sequence: UInt32, now: Instant
    ) {
        // Sequences wrap: an input is processed when it is not newer than the server's last.
        pending.removeAll { Int32(bitPattern: $0.sequence &- sequence) <= 0 }
        let before = motion.position
        motion = authoritative
        for input in pending { motion = Movement.step(motion, by: input, limits: limits) }
        fade(from: before, to: motion.position, now: now)
    }

    /// Where to draw the avatar now.
    public func shown(now: Instant) -> Motion {
        let share = remainingShare(now: now)
        var shown = motion
        shown.position = Position(
            x: motion.position.x &+ Int32(fading.x * share),
            y: motion.position.y &+ Int32(fading.y * share),
            z: motion.position.z &+ Int32(fading.z * share))
        return shown
    }

    private mutating func fade(from before: Position, to after: Position, now: Instant) {
        let share = remainingShare(now: now)
        let x = fading.x * share + Double(before.x) - Double(after.x)
        let y = fading.y * share + Double(before.y) - Double(after.y)
        let z = fading.z * share + Double(before.z) - Double(after.z)
        let length = (x * x + y * y + z * z).squareRoot()
        fading = length > Self.fadeLimitUnits ? (0, 0, 0) : (x, y, z)
        fadedAt = now
        let error = before.squaredDistance(to: after)
        lastCorrectionMetres = Double(error).squareRoot() / Double(Position.unitsPerMetre)
    }

    private func remainingShare(now: Instant) -> Double {
        guard let fadedAt else { return 0 }
        // Halves by repeated multiplication: exact enough for a picture, and no library call.
        var share = 1.0
        var left = (now - fadedAt).milliseconds / 80
        while left >= 1 {
            share *= 0.5
            left -= 1
            if share < 1e-3 { return 0 }
        }
        return share * (1 - left / 2)
    }
}
