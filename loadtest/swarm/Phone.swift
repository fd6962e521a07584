// A phone in a real place. It knows two frames apart: where it truly is, which only the simulation
// of its camera uses, and its own tracking frame, which began wherever it was switched on. What it
// sends is measured in its own frame with noise; what it learns from the server is where that frame
// lies in the world, and how well it learned it shows in where it sees NPCs.

import CairnAnchors
import CairnBasics
import CairnGeometry
import CairnWorld

/// The camera and tracker of one phone bot.
struct Phone {
    /// How far its camera recognises an anchor.
    private static let sightMetres = 90.0
    /// Noise of a measured anchor, per axis.
    private static let sigmaMetres = 0.02
    private static let reportPeriod = TimeSpan.seconds(1)
    /// Height of the hand that holds it.
    private static let handMetres = 1.4

    private var random: SeededRandom
    /// The truth: a turn about the vertical and a shift, as gravity-aligned tracking has it.
    private let worldFromOwn: RigidTransform
    private var body: Position?
    private var facing = Orientation.identity
    private var velocity = Velocity.zero
    private var movedAt: Instant?
    private var reportDue = Instant.zero
    /// What the server says of the same.
    private var learned: RigidTransform?
    private(set) var errorsMillimetres: [Int] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        worldFromOwn = RigidTransform(
            rotation: Quaternion(yaw: random.unit() * 6.28),
            translation: Vector3(random.unit() * 40 - 20, random.unit() * 40 - 20, 0))
    }

    /// True once the server has told where the phone's frame lies.
    var isPlaced: Bool { learned != nil }

    /// Takes the server's word on the phone's frame.
    mutating func take(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes.rawBytes)
        guard let status = try? DeviceStatus(decoding: &reader) else { return }
        switch status {
        case .placed(let pose): learned = pose.worldFromDevice
        case .searching: learned = nil
        }
    }

    /// The person who holds it walks about, whether it has been placed yet or not.
    mutating func move(
        walk: inout Walk, start: Position?, in description: WorldDescription, now: Instant
    ) {
        guard var place = body ?? start else { return }
        let passed = now - (movedAt ?? now)
        movedAt = now
        let step = walk.step(from: place, in: description, now: now)
        let metres = step.velocity.metresPerSecond
        let units = Double(Position.unitsPerMetre) * min(passed.seconds, 0.2)
        place.x &+= Int32(metres.x * units)
        place.y &+= Int32(metres.y * units)
        velocity = step.velocity
        facing = step.orientation
        body = place
    }

    /// Where the phone says that it is: its own tracking, placed in the world as the server said.
    func claim() -> Motion? {
        guard let learned, let body else { return nil }
        let own = worldFromOwn.inverse.apply(Vector3(body))
        guard let position = Position(learned.apply(own)) else { return nil }
        return Motion(position: position, velocity: velocity, orientation: facing)
    }

    /// What the camera sees, once a second, encoded for the server.
    mutating func pollSightings(
        of description: WorldDescription, now: Instant, serverNow: Instant
    ) -> [UInt8]? {
        guard now >= reportDue, let body else { return nil }
        reportDue = now + Self.reportPeriod
        let camera = Vector3(body) + Vector3(0, 0, Self.handMetres)
        var report = SightingReport(session: 1, sightings: [])
        for (index, anchor) in description.anchors.enumerated() {
            let place = Vector3(anchor.position)
            guard (place - camera).length < Self.sightMetres,
                report.sightings.count < SightingReport.maximumCount
            else { continue }
            report.sightings.append(
                Sighting(
                    anchor: AnchorID(UInt16(index)),
                    position: worldFromOwn.inverse.apply(place) + noise(),
                    observer: worldFromOwn.inverse.apply(camera), sigmaMetres: Self.sigmaMetres,
                    capturedAt: serverNow))
        }
        guard !report.sightings.isEmpty else { return nil }
        return try? encodeBytes(capacity: 2_048) { (writer) throws(CodecError) in
            try report.encode(into: &writer)
        }
    }

    /// Sees an NPC in its own frame by what it has learned, and by the truth, and keeps how far the
    /// two lie apart: what a person would see as an NPC beside its true place.
    mutating func compare(characterAt position: Position) {
        guard let learned, errorsMillimetres.count < 4_096 else { return }
        let seen = learned.inverse.apply(Vector3(position))
        let truth = worldFromOwn.inverse.apply(Vector3(position))
        errorsMillimetres.append(Int((seen - truth).length * 1_000))
    }

    /// About normal noise on three axes: the sum of twelve uniform numbers (Irwin and Hall).
    private mutating func noise() -> Vector3 {
        var axes = [0.0, 0.0, 0.0]
        for axis in 0..<3 {
            var sum = -6.0
            for _ in 0..<12 { sum += random.unit() }
            axes[axis] = sum * Self.sigmaMetres
        }
        return Vector3(axes[0], axes[1], axes[2])
    }
}
