// Where everyone was lately: a short tail behind whoever moves.
//
// A ring of pictures of all moving entities, without their ids: a tail needs dots, not names.
// Memory is at most `pictureCount` × `maximumDots` points.
import CairnBasics
import CairnGeometry

/// The dots behind those who move, the oldest picture first.
struct Trails: Sendable {
    private(set) var pictures: [[MapPoint]] = []
    private var lastTick: Tick?

    /// A picture every 0.4 s and twelve of them make tails of about five seconds.
    static let pictureCount = 12
    static let picturesPerSecond = 2.5
    /// More dots than this would hide the map that they are drawn on.
    static let maximumDots = 2_048

    /// Takes a picture when the last one is old enough by the world's own clock.
    mutating func record(_ scene: Scene) {
        guard let tick = scene.status.tick else { return }
        if let lastTick {
            let hertz = Double(max(1, scene.status.hertz))
            let seconds = Double(tick.steps(since: lastTick)) / hertz
            // A tick that goes backwards is another server's: begin again.
            if seconds < 0 { pictures = [] }
            if seconds >= 0, seconds < 1 / Self.picturesPerSecond { return }
        }
        lastTick = tick
        let moving = scene.entities.lazy.filter { $0.groundSpeed > Glyphs.standingSpeed }
        if pictures.count >= Self.pictureCount { pictures.removeFirst() }
        pictures.append(moving.prefix(Self.maximumDots).map(\.place))
    }
}
