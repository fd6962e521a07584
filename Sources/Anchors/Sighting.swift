public import CairnBasics
public import CairnGeometry

/// A device saw an anchor: where it was in the frame in which the device tracks itself.
public struct Sighting: Hashable, Sendable {
    /// The rotation of the anchor's axes into the device's frame, and its standard deviation.
    public struct Facing: Hashable, Sendable {
        public var deviceFromAnchor: Quaternion
        public var sigmaRadians: Double

        public init(deviceFromAnchor: Quaternion, sigmaRadians: Double) {
            self.deviceFromAnchor = deviceFromAnchor
            self.sigmaRadians = sigmaRadians
        }
    }

    public var anchor: AnchorID
    /// Where the anchor was, in metres in the device's frame.
    public var position: Vector3
    /// Where the camera was at that moment, in the same frame.
    public var observer: Vector3
    /// How the anchor was turned, when the sensor can tell.
    public var facing: Facing?
    /// The standard deviation of the position along each axis in metres.
    public var sigmaMetres: Double
    /// When the light arrived, on the server's clock as the device estimates it.
    public var capturedAt: Instant

    public init(
        anchor: AnchorID, position: Vector3, observer: Vector3, facing: Facing? = nil,
        sigmaMetres: Double, capturedAt: Instant
    ) {
        self.anchor = anchor
        self.position = position
        self.observer = observer
        self.facing = facing
        self.sigmaMetres = sigmaMetres
        self.capturedAt = capturedAt
    }

    /// How far the anchor was from the camera, in metres.
    public var rangeMetres: Double { (position - observer).length }
}

/// The sightings a device sends at once, all in the same tracking session.
public struct SightingReport: Hashable, Sendable {
    /// Counts up whenever the device's tracking starts anew and its frame with it.
    public var session: UInt32
    /// At most `maximumCount`.
    public var sightings: [Sighting]

    /// No registration uses more anchors than this (`DeviceRegistration.maximumCount`).
    public static let maximumCount = 24

    public init(session: UInt32, sightings: [Sighting]) {
        self.session = session
        self.sightings = sightings
    }
}

/// Why a sighting was not used.
public enum SightingRefusal: Error, Hashable, Sendable, CaseIterable {
    /// A number is NaN or infinite, a rotation is not of unit length, or a sigma is not positive.
    case malformed
    /// Nearer or farther than a camera can measure, or too far from the device's origin.
    case outOfRange
    /// So uncertain that it could only mislead.
    case tooUncertain
    /// Captured too long ago.
    case tooOld
    /// Captured in the future: the device's clock is off.
    case fromTheFuture
    /// The world has no such anchor.
    case unknownAnchor
    /// A newer sighting of the same anchor is already known.
    case superseded
    /// From a tracking session that has ended.
    case staleSession
    /// The device sends more than its rate allows.
    case tooMany
}

/// What a sighting must be to count.
public enum SightingGate {
    /// Nearer than a hand's breadth a camera does not focus; farther than 100 m it cannot range.
    public static let rangeMetres = 0.05...100.0
    /// Nobody walks farther than this in one tracking session; it keeps every pose within what the
    /// wire can carry.
    public static let maximumCoordinateMetres = 100_000.0
    /// No camera measures an anchor better than this; smaller claims are raised to it.
    public static let sigmaFloorMetres = 0.01
    /// What is less certain than this tells nothing that satellites do not.
    public static let sigmaCeilingMetres = 5.0
    /// The same for orientations: smaller claims are raised.
    public static let facingSigmaFloorRadians = radians(degrees: 0.5)
    /// A device's estimate of where it is drifts while a sighting is under way.
    public static let maximumAge = TimeSpan.seconds(2)
    /// How far a well-kept clock may be ahead.
    public static let maximumLead = TimeSpan.milliseconds(50)

    /// The sighting as it is to be used, its sigmas raised to their floors.
    /// - Throws: why it must not be used.
    public static func admit(
        _ sighting: Sighting, now: Instant
    ) throws(SightingRefusal) -> Sighting {
        let range = sighting.rangeMetres
        guard range.isFinite, sighting.position.isFinite, sighting.sigmaMetres > 0 else {
            throw .malformed
        }
        let farthest = max(
            abs(sighting.position.x), abs(sighting.position.y), abs(sighting.position.z))
        guard rangeMetres.contains(range), farthest <= maximumCoordinateMetres else {
            throw .outOfRange
        }
        guard sighting.sigmaMetres <= sigmaCeilingMetres else { throw .tooUncertain }
        let age = now - sighting.capturedAt
        guard age <= maximumAge else { throw .tooOld }
        guard age >= .zero - maximumLead else { throw .fromTheFuture }
        var admitted = sighting
        admitted.sigmaMetres = max(sighting.sigmaMetres, sigmaFloorMetres)
        if let facing = sighting.facing {
            guard let unit = Quaternion(nearUnit: facing.deviceFromAnchor),
                facing.sigmaRadians > 0, facing.sigmaRadians.isFinite
            else { throw .malformed }
            admitted.facing = Sighting.Facing(
                deviceFromAnchor: unit,
                sigmaRadians: max(facing.sigmaRadians, facingSigmaFloorRadians))
        }
        return admitted
    }
}
