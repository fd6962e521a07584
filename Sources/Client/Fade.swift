import CairnBasics
import CairnGeometry

/// How a correction is shown: the picture stays where it was and the difference to where it should
/// be fades, by half every 80 ms. It only ever shrinks, so what is shown comes nearer all the time
/// and moves in no frame by more than the correction.
struct Fade: Sendable {
    /// A correction longer than this is a teleport, and fading it would look like gliding: 4 m.
    static let limitUnits = 4.0 * 1_024
    private static let halfMilliseconds = 80.0

    private var offset = (x: 0.0, y: 0.0, z: 0.0)
    private var since = Instant.zero

    /// What is shown moves from `before` to `after` from now on, instead of at once.
    mutating func add(from before: Position, to after: Position, now: Instant) {
        guard before != after || offset != (0, 0, 0) else { return }
        let share = share(now: now)
        let x = Double(before.x) - Double(after.x)
        let y = Double(before.y) - Double(after.y)
        let z = Double(before.z) - Double(after.z)
        let isTeleport = Self.length(x, y, z) > Self.limitUnits
        let kept = isTeleport ? (x: 0.0, y: 0.0, z: 0.0) : (x: x, y: y, z: z)
        offset = (
            offset.x * share + kept.x, offset.y * share + kept.y, offset.z * share + kept.z
        )
        since = now
        // Many corrections at once add up to a teleport as well.
        if Self.length(offset.x, offset.y, offset.z) > 4 * Self.limitUnits { offset = (0, 0, 0) }
    }

    /// Where to show what is at `position`.
    func shown(_ position: Position, now: Instant) -> Position {
        let share = share(now: now)
        // Safe: an offset is at most four times the limit long.
        return Position(
            x: position.x &+ Int32(offset.x * share), y: position.y &+ Int32(offset.y * share),
            z: position.z &+ Int32(offset.z * share))
    }

    private static func length(_ x: Double, _ y: Double, _ z: Double) -> Double {
        (x * x + y * y + z * z).squareRoot()
    }

    private func share(now: Instant) -> Double {
        guard offset != (0, 0, 0), now > since else { return 1 }
        // Halves by repeated multiplication: exact enough for a picture, and no library call.
        var share = 1.0
        var left = (now - since).milliseconds / Self.halfMilliseconds
        while left >= 1 {
            share *= 0.5
            left -= 1
            if share < 1e-3 { return 0 }
        }
        return share * (1 - left / 2)
    }
}
