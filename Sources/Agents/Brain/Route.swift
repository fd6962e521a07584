// A way being walked, and whether it still gets anywhere.

import CairnBasics

/// Corner points from `Navigation`, how far along them a character is, and when it last advanced.
struct Route: Hashable, Sendable {
    /// This near to a corner, in metres, it counts as reached.
    static let arrival = 0.5
    /// A walker that came no nearer to its corner for so long is stuck.
    static let patience = TimeSpan.seconds(2)
    /// How often it looks for a way around whoever it is stuck at before it gives up.
    static let maximumDetours = 3
    /// Coming nearer by less than this, in metres, is dithering.
    private static let leastProgress = 0.2

    private var corners: [PlanarVector]
    private var next = 0
    private var detours = 0
    private var nearest = Double.infinity
    private var progressed: Instant

    init(_ corners: [PlanarVector], now: Instant) {
        self.corners = corners
        progressed = now
    }

    /// Where the route ends; nil for one without corners.
    var destination: PlanarVector? { corners.last }

    /// The corner to walk to; nil when the last one is reached.
    var target: PlanarVector? { next < corners.count ? corners[next] : nil }

    /// Takes note of where the walker is.
    mutating func advance(to position: PlanarVector, now: Instant) {
        while let target, position.distance(to: target) <= Self.arrival {
            next += 1
            nearest = .infinity
            progressed = now
        }
        guard let target else { return }
        let distance = position.distance(to: target)
        if distance < nearest - Self.leastProgress {
            nearest = distance
            progressed = now
        }
    }

    /// Takes another way; false when it has done so too often.
    mutating func detour(along corners: [PlanarVector], now: Instant) -> Bool {
        guard detours < Self.maximumDetours else { return false }
        self.corners = corners
        (next, nearest, progressed) = (0, .infinity, now)
        detours += 1
        return true
    }

    /// Standing on purpose is not being stuck.
    mutating func pause(now: Instant) { progressed = now }

    func isStuck(now: Instant) -> Bool { now - progressed > Self.patience }
}
