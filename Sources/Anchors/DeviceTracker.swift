public import CairnBasics
import CairnGeometry

/// One device on its way from first sighting to a steady place in the world.
///
///     searching --solved--> placed --refused, or nothing new--> coasting --too long--> searching
///                              ^------------ solved ---------------'
///
/// A pure state machine: reports and time in, statuses out. It keeps the latest sighting of each
/// anchor, solves at most five times a second, and tells the device only what it would notice.
/// While nothing confirms a pose it stays, for the device's own tracking carries it well for a
/// while. Holds at most `SightingReport.maximumCount` sightings, whatever the device sends.
public struct DeviceTracker: Sendable {
    public enum State: Hashable, Sendable {
        /// No pose; the reason, once there was an attempt.
        case searching(DeviceRegistration.Refusal?)
        /// The latest attempt confirmed the pose.
        case placed
        /// A pose that later attempts did not confirm, or that has not been checked for a while.
        case coasting
    }

    /// What became of the sightings of one report.
    public struct Tally: Hashable, Sendable {
        public var acceptedCount = 0
        public var refusedCount = 0
        /// Why the first refused one was.
        public var firstRefusal: SightingRefusal?

        mutating func refuse(_ reason: SightingRefusal) {
            refusedCount += 1
            firstRefusal = firstRefusal ?? reason
        }
    }

    /// A solve costs up to a millisecond, and nobody moves an anchor faster than this shows.
    public static let solveInterval = TimeSpan.milliseconds(200)
    /// Each sighting costs this much of a device's time: 30 a second...
    static let costPerSighting = TimeSpan(nanoseconds: 33_333_333)
    /// ...and this much may be saved up, which is 30 at once.
    static let maximumAllowance = TimeSpan.seconds(1)
    /// Older sightings have drifted too far to be of use.
    static let sightingLifetime = TimeSpan.seconds(30)
    /// How fast visual tracking drifts: half a percent of a walking pace. Sightings age by it.
    static let driftMetresPerSecond = 0.005
    /// A pose that nothing confirms for this long is given up: by then it has drifted by 30 cm.
    static let coastingLimit = TimeSpan.seconds(60)
    /// Corrections smaller than both of these are kept back; people do not see them, but they see
    /// what trembles.
    static let deadbandMetres = 0.02
    static let deadbandRadians = radians(degrees: 0.3)

    public private(set) var state = State.searching(nil)
    /// The pose that the device was last told, if it still counts.
    public private(set) var pose: DevicePose?
    /// That pose with its whole covariance, as an edge for a `FrameGraph`.
    public private(set) var worldFromDevice: UncertainTransform?

    private var session: UInt32?
    private var epoch: UInt32 = 0
    /// The latest of each anchor, in the order of their first arrival.
    private var sightings: [Sighting] = []
    private var allowance = maximumAllowance
    private var allowanceAt = Instant.zero
    private var solvedAt: Instant?
    private var confirmedAt = Instant.zero
    private var solveDue: Instant?
    private var status: DeviceStatus?

    public init() {}

    // MARK: Input

    /// Takes in a report; solves at once when the last solve is long enough ago.
    public mutating func handle(
        _ report: SightingReport, anchors: AnchorMap, now: Instant
    ) -> Tally {
        var tally = Tally()
        guard enter(report.session) else {
            for _ in report.sightings { tally.refuse(.staleSession) }
            return tally
        }
        refillAllowance(now)
        for sighting in report.sightings {
            do throws(SightingRefusal) {
                try take(sighting, anchors: anchors, now: now)
                tally.acceptedCount += 1
            } catch {
                tally.refuse(error)
            }
        }
        if tally.acceptedCount > 0, solveDue == nil {
            solveDue = max(now, solvedAt.map { $0 + Self.solveInterval } ?? now)
        }
        handleTimeout(anchors: anchors, now: now)
        return tally
    }

    /// Does what is due; call it at `nextTimeout`, or oftener.
    public mutating func handleTimeout(anchors: AnchorMap, now: Instant) {
        if let due = solveDue, due <= now {
            solveDue = nil
            solve(anchors: anchors, now: now)
        }
        if state == .placed, now - confirmedAt > Self.sightingLifetime { state = .coasting }
        if state == .coasting, now - confirmedAt > Self.coastingLimit {
            giveUp(.tooFew)
        }
    }

    // MARK: Output

    /// When `handleTimeout` is next worth calling.
    public var nextTimeout: Instant? {
        let limit: Instant? =
            switch state {
            case .searching: nil
            // Past the limit, not at it, because it is exclusive.
            case .placed: confirmedAt + Self.sightingLifetime + TimeSpan(nanoseconds: 1)
            case .coasting: confirmedAt + Self.coastingLimit + TimeSpan(nanoseconds: 1)
            }
        guard let solveDue, let limit else { return solveDue ?? limit }
        return min(solveDue, limit)
    }

    /// What to tell the device, if anything is new; only the latest counts.
    public mutating func pollStatus() -> DeviceStatus? { status.take() }
}

// MARK: - Sightings

extension DeviceTracker {
    /// True when the report's session is the present one, or a new one, which starts from nothing.
    private mutating func enter(_ reported: UInt32) -> Bool {
        if let session {
            // Session numbers wrap; half the circle ahead is newer.
            let ahead = Int32(bitPattern: reported &- session)
            guard ahead != 0 else { return true }
            guard ahead > 0 else { return false }
        }
        session = reported
        epoch = 0
        sightings.removeAll()
        solveDue = nil
        pose = nil
        worldFromDevice = nil
        state = .searching(nil)
        status = nil
        return true
    }

    private mutating func refillAllowance(_ now: Instant) {
        let elapsed = max(.zero, now - allowanceAt)
        allowance = min(Self.maximumAllowance, allowance + min(elapsed, Self.maximumAllowance))
        allowanceAt = now
    }

    private mutating func take(
        _ sighting: Sighting, anchors: AnchorMap, now: Instant
    ) throws(SightingRefusal) {
        guard allowance >= Self.costPerSighting else { throw .tooMany }
        allowance = allowance - Self.costPerSighting
        guard anchors[sighting.anchor] != nil else { throw .unknownAnchor }
        let admitted = try SightingGate.admit(sighting, now: now)
        if let index = sightings.firstIndex(where: { $0.anchor == admitted.anchor }) {
            guard sightings[index].capturedAt < admitted.capturedAt else { throw .superseded }
            sightings[index] = admitted
            return
        }
        if sightings.count == DeviceRegistration.maximumCount,
            let oldest = sightings.indices.min(by: {
                sightings[$0].capturedAt < sightings[$1].capturedAt
            })
        {
            sightings.remove(at: oldest)
        }
        sightings.append(admitted)
    }
}

// MARK: - Solving

extension DeviceTracker {
    private mutating func solve(anchors: AnchorMap, now: Instant) {
        solvedAt = now
        sightings.removeAll {
            now - $0.capturedAt > Self.sightingLifetime || anchors[$0.anchor] == nil
        }
        var correspondences: [DeviceRegistration.Correspondence] = []
        for sighting in sightings {
            guard let anchor = anchors[sighting.anchor] else { continue }
            var aged = sighting
            let drift = max(0, (now - sighting.capturedAt).seconds) * Self.driftMetresPerSecond
            aged.sigmaMetres = hypotenuse(sighting.sigmaMetres, drift)
            correspondences.append(.init(aged, of: anchor))
        }
        switch DeviceRegistration.solve(correspondences) {
        case .success(let solution): place(by: solution, now: now)
        case .failure(let reason):
            if pose == nil { giveUp(reason) } else { state = .coasting }
        }
    }

    private mutating func giveUp(_ reason: DeviceRegistration.Refusal) {
        pose = nil
        worldFromDevice = nil
        guard state != .searching(reason), let session else { return }
        state = .searching(reason)
        status = .searching(session: session, reason: reason)
    }

    private mutating func place(by solution: DeviceRegistration.Solution, now: Instant) {
        guard let session, let observer = latestObserver else { return }
        state = .placed
        confirmedAt = now
        let edge = solution.worldFromDevice
        let here = edge.covariance.moved(by: edge.transform.rotation.rotate(observer))
        let grade = QualityGrade(
            positionSigmaMetres: here.positionSigmaMetres,
            rotationSigmaRadians: here.rotationSigmaRadians, before: pose?.grade)
        if let pose, pose.grade == grade,
            !isNoticeable(pose.worldFromDevice, edge.transform, at: observer)
        {
            return
        }
        epoch &+= 1
        let told = DevicePose(
            session: session, epoch: epoch, worldFromDevice: edge.transform,
            positionSigmaMetres: here.positionSigmaMetres,
            rotationSigmaRadians: here.rotationSigmaRadians, grade: grade,
            inlierCount: UInt8(clamping: solution.inlierCount),
            sightingCount: UInt8(clamping: solution.sightingCount), solvedAt: now)
        pose = told
        worldFromDevice = edge
        status = .placed(told)
    }

    /// Where the device was at its newest sighting, in its own frame.
    private var latestObserver: Vector3? {
        sightings.max { $0.capturedAt < $1.capturedAt }?.observer
    }

    /// True when going from one pose to the other moves the picture at the device by more than the
    /// deadband. Judged where the device is, not at the origin of its frame, which may be far.
    private func isNoticeable(
        _ told: RigidTransform, _ solved: RigidTransform, at observer: Vector3
    ) -> Bool {
        (told.apply(observer) - solved.apply(observer)).length > Self.deadbandMetres
            || told.rotation.angle(to: solved.rotation) > Self.deadbandRadians
    }
}
