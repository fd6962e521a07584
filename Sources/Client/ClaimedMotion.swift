public import CairnBasics
public import CairnGeometry
public import CairnWorld

/// A device's own body, shown where the device says it is, as far as the server agrees.
///
/// The device's claim is shown at once. Where the server has put the body elsewhere, because the
/// claim was too far to be true, the claims after it are shown as far off as that one was, until the
/// server agrees again; changes of that fade (see `Fade`).
public struct ClaimedMotion: Sendable {
    /// Claims the server may still have to answer: three seconds at 20 Hz. Older ones are dropped.
    private static let pendingLimit = 64

    /// The newest that the server has answered, and all after it.
    private var claims: [PoseClaim] = []
    private var offset = Position.origin
    private var fade = Fade()

    public init() {}

    public mutating func take(_ claim: PoseClaim) {
        if claims.count == Self.pendingLimit { claims.removeFirst() }
        claims.append(claim)
    }

    /// Takes the server's word on the claim of a number.
    public mutating func reconcile(authoritative: Motion, processed sequence: UInt32, now: Instant)
    {
        guard let index = claims.firstIndex(where: { $0.sequence == sequence }) else { return }
        claims.removeFirst(index)
        let claimed = claims[0].motion.position
        let place = authoritative.position
        let correction = Position(
            x: place.x &- claimed.x, y: place.y &- claimed.y, z: place.z &- claimed.z)
        fade.add(from: offset, to: correction, now: now)
        offset = correction
    }

    /// Where to draw the body now; nil before the first claim.
    public func shown(now: Instant) -> Motion? {
        guard var motion = claims.last?.motion else { return nil }
        let place = motion.position
        motion.position = fade.shown(
            Position(x: place.x &+ offset.x, y: place.y &+ offset.y, z: place.z &+ offset.z),
            now: now)
        return motion
    }
}
