import CairnGeometry

/// A yaw and a translation: all that is open between two frames that agree about down.
struct GravityAlignedPose {
    let yaw: Double
    let translation: Vector3
    private let cosineYaw: Double
    private let sineYaw: Double

    init(yaw: Double, translation: Vector3) {
        self.yaw = yaw
        self.translation = translation
        cosineYaw = cosine(yaw)
        sineYaw = sine(yaw)
    }

    /// The pose with this yaw that takes `source` to `target`.
    init(yaw: Double, taking source: Vector3, to target: Vector3) {
        let turn = GravityAlignedPose(yaw: yaw, translation: .zero)
        self.init(yaw: yaw, translation: target - turn.apply(source))
    }

    func apply(_ point: Vector3) -> Vector3 {
        Vector3(
            cosineYaw * point.x - sineYaw * point.y + translation.x,
            sineYaw * point.x + cosineYaw * point.y + translation.y, point.z + translation.z)
    }

    var transform: RigidTransform {
        RigidTransform(rotation: Quaternion(yaw: yaw), translation: translation)
    }
}
