/// A rotation followed by a translation: how coordinates in one frame become coordinates in
/// another.
///
/// Named `targetFromSource`, so that composition reads off: `worldFromDevice * deviceFromCamera`
/// is `worldFromCamera`. Seen the other way it is the pose of the source frame in the target.
@frozen public struct RigidTransform: Hashable, Sendable {
    /// Turns first. Of unit length.
    public var rotation: Quaternion
    /// Then moves, in metres: where the source frame's origin lies in the target.
    public var translation: Vector3

    @inlinable public init(
        rotation: Quaternion = .identity, translation: Vector3 = .zero
    ) {
        self.rotation = rotation
        self.translation = translation
    }

    /// The transform that changes nothing.
    public static let identity = RigidTransform()

    /// True when the translation is finite and the rotation of unit length, give or take rounding.
    public var isRigid: Bool { translation.isFinite && abs(rotation.norm - 1) <= 1e-6 }

    /// The transform back.
    @inlinable public var inverse: RigidTransform {
        let back = rotation.conjugate
        return RigidTransform(rotation: back, translation: -back.rotate(translation))
    }

    /// The point's coordinates in the target frame.
    @inlinable public func apply(_ point: Vector3) -> Vector3 {
        rotation.rotate(point) + translation
    }

    @inlinable public static func * (
        left: RigidTransform, right: RigidTransform
    ) -> RigidTransform {
        RigidTransform(
            rotation: left.rotation * right.rotation, translation: left.apply(right.translation))
    }
}

extension RigidTransform {
    /// The pose of a body of the world, in metres.
    public init(position: Position, orientation: Orientation) {
        self.init(rotation: Quaternion(orientation), translation: Vector3(position))
    }
}
