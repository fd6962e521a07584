/// The local tangent plane at a place of the Earth: x East, y North, z up (ENU, EPSG method 9837).
///
/// A plane, so it leaves the ground: 0.8 mm at 100 m, 8 cm at 1 km, 8 m at 10 km. Two frames are
/// therefore related through ECEF, never by adding coordinates.
public struct TangentFrame: Hashable, Sendable {
    /// The place where the plane touches; the frame's origin.
    public let origin: GeodeticPosition
    /// Turns East, North, up into ECEF, both in metres.
    public let ecefFromENU: RigidTransform

    public init(at origin: GeodeticPosition) {
        self.origin = origin
        // z up, tipped from the Earth's axis down to the latitude, then turned to the longitude.
        let turn = Quaternion(yaw: radians(degrees: 90 + origin.longitudeDegrees))
        let tip = Quaternion(
            axis: Vector3(1, 0, 0), angle: radians(degrees: 90 - origin.latitudeDegrees))
        ecefFromENU = RigidTransform(rotation: turn * tip, translation: origin.ecef)
    }

    /// East, North and up of a place, in metres.
    public func enu(of place: GeodeticPosition) -> Vector3 {
        // Differences first: both are long, and only their difference matters.
        ecefFromENU.rotation.conjugate.rotate(place.ecef - ecefFromENU.translation)
    }

    /// The place at East, North and up in metres; nil where it is not finite or out of range.
    public func place(atENU metres: Vector3) -> GeodeticPosition? {
        GeodeticPosition(ecef: ecefFromENU.apply(metres))
    }
}
